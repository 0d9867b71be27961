import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hostname } from 'node:os';
import type { RecordingApp } from '../../conformance/recording-app.js';
import { call } from '../../conformance/wire.js';
import { fixture, type Recording } from '../../support/recordings.js';
import { Stage } from '../../support/stage.js';

interface Exchange {
  readonly name: string;
  readonly request: Recording['request'];
  readonly response: Recording['response'] | null;
  /** What the called application received, and what it answered. */
  readonly received?: Recording['request'];
  readonly answered?: Recording['response'];
}

// Of the connection and of the client of then.
const IGNORED = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'date',
  'host',
  'keep-alive',
  'transfer-encoding',
  'user-agent',
]);

type Pairs = readonly (readonly [string, string])[];

/** All values of each header, however Node shows doubled ones, in an order that does not vary. */
function values(pairs: Pairs): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (const [name, value] of pairs)
    if (!IGNORED.has(name.toLowerCase()))
      (headers[name.toLowerCase()] ??= []).push(
        value.replace(/\bvm\b/, hostname()),
      );
  for (const name of Object.keys(headers)) headers[name]?.sort();
  return headers;
}

function pairsOf(raw: readonly string[]): Pairs {
  return raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : [],
  );
}

function bodyOf(message: { body?: string; bodyBase64?: string }): Buffer {
  return message.bodyBase64
    ? Buffer.from(message.bodyBase64, 'base64')
    : Buffer.from(message.body ?? '');
}

const forwarded = fixture<Exchange>('sidecar-invocations').filter(
  ({ received, answered, name }) =>
    received && answered && name !== 'response header above 4 KiB',
);

describe('what daprd forwarded', () => {
  let stage: Stage;
  let callee: RecordingApp;
  beforeAll(async () => {
    stage = await Stage.open({ appId: 'caller' });
    callee = (await stage.join('callee')).app;
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it.each(forwarded)(
    'arrives and is answered alike: $name',
    async ({ request, response, received, answered }) => {
      const target = /invoke\/caller\//.test(request.url) ? stage.app : callee;
      const [path] = received!.url.split('?');
      const endpoint = `${received!.method} ${path}`;
      target.on(endpoint, {
        status: answered!.status,
        headers: Object.fromEntries(answered!.headers ?? []),
        body: bodyOf(answered!),
      });
      const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(request.url)?.[1];
      const answer = await call(
        stage.sidecar,
        request.method,
        port ? request.url.replace(port, String(callee.port)) : request.url,
        request.body === undefined && !request.bodyBase64
          ? undefined
          : bodyOf(request),
        Object.fromEntries(request.headers ?? []),
      );
      expect(answer.status).toBe(response!.status);
      expect(answer.body).toEqual(
        request.method === 'HEAD' ? Buffer.alloc(0) : bodyOf(response!),
      );
      expect(answer.headers).toMatchObject(
        Object.fromEntries(
          (response!.headers ?? []).map(([name, value]) => [
            name,
            name === 'set-cookie' ? [value] : value,
          ]),
        ),
      );
      const arrived = target.received(endpoint).at(-1)!;
      expect(arrived.url).toBe(received!.url);
      expect(arrived.body).toEqual(bodyOf(received!));
      expect(values(pairsOf(arrived.rawHeaders))).toEqual(
        values(received!.headers ?? []),
      );
    },
  );
});
