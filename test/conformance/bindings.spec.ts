import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component, resources } from './components.js';
import { RecordingApp, type Received } from './recording-app.js';
import { call, errorOf, messageOf } from './wire.js';

const cron = (name: string, metadata: Record<string, string> = {}): string =>
  component('bindings.cron', name, { schedule: '@every 1s', ...metadata });

/** Bindings with a retry policy, and what the app answers them. */
const RETRIED = { ok: 200, created: 201, empty: 204, failed: 500 };

describe('an input binding', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;

  beforeAll(async () => {
    app
      .on('OPTIONS /wanted', {})
      .on('POST /wanted', {})
      .on('OPTIONS /no-method', { status: 405 })
      .on('POST /no-method', {})
      .on('OPTIONS /no-content', { status: 204 })
      .on('POST /no-content', {})
      .on('OPTIONS /refused', { status: 500 })
      .on('POST /refused', {})
      .on('POST /unknown', {})
      .on('OPTIONS /own/route', {})
      .on('POST /own/route', {})
      .on('OPTIONS /f%C3%BCr%20alle', {})
      .on('POST /f%C3%BCr%20alle', {})
      .on('POST /input', {})
      .on('OPTIONS /failing', {})
      .on('POST /failing', { status: 500 })
      .on('OPTIONS /cut', {})
      .on('POST /cut', 'cut')
      .on('OPTIONS /six', {})
      .on('POST /six', {})
      .on('OPTIONS /zoned', {})
      .on('POST /zoned', {})
      .on('OPTIONS /slow', {});
    for (const [name, status] of Object.entries(RETRIED))
      app.on(`OPTIONS /${name}`, {}).on(`POST /${name}`, { status });
    await app.listen();
    sidecar = await startSidecar({
      app,
      resources: resources(
        cron('wanted'),
        cron('no-method'),
        cron('no-content'),
        cron('unknown'),
        cron('refused'),
        cron('routed', { route: '/own/route' }),
        cron('escaped', { route: '/für alle' }),
        cron('input', { direction: 'input' }),
        cron('failing'),
        cron('cut'),
        cron('six', { schedule: '* * * * * *' }),
        cron('zoned', { schedule: 'CRON_TZ=Asia/Kolkata * * * * * *' }),
        cron('slow'),
        ...Object.keys(RETRIED).map((name) => cron(name)),
        policyFor(Object.keys(RETRIED)),
      ),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  it('is probed with OPTIONS', () => {
    const [probe] = app.received('OPTIONS /wanted');
    expect(probe?.headers['content-type']).toBe('application/json');
    expect(probe?.headers).not.toHaveProperty('traceparent');
    expect(app.received('OPTIONS /wanted')).toHaveLength(1);
  });

  it('comes as POST without a body, but as JSON, with its metadata as headers', async () => {
    const { headers, text } = await app.next('POST /wanted');
    expect(text).toBe('');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      readtimeutc: expect.stringMatching(
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC$/,
      ),
      timezone: 'Local',
      traceparent: '00-00000000000000000000000000000000-0000000000000000-00',
    });
  });

  it('comes again and again', async () => {
    const [first, , third] = await app.count('POST /wanted', 3);
    // Both by the clock of the sidecar; each may be late, the first as well.
    const readAt = (one?: Received): number =>
      Date.parse(String(one?.headers.readtimeutc).replace(' +0000 UTC', 'Z'));
    expect(readAt(third) - readAt(first)).toBeGreaterThan(1_000);
  });

  it.each(['no-method', 'no-content'])(
    'is wanted when the probe of it is answered as by %s',
    async (name) => {
      await app.next(`POST /${name}`);
    },
  );

  it.each(['unknown', 'refused'])(
    'is not wanted when the probe of it is answered as by %s',
    async (name) => {
      await app.count('POST /wanted', 2);
      expect(app.received(`OPTIONS /${name}`)).toHaveLength(1);
      expect(app.received(`POST /${name}`)).toEqual([]);
    },
  );

  it('comes to its route where it names one', async () => {
    await app.next('POST /own/route');
    expect(app.received('OPTIONS /routed')).toEqual([]);
  });

  it('comes to a route that a request can’t hold as it is', async () => {
    await app.next('POST /f%C3%BCr%20alle');
  });

  it('is not probed when its direction says input', async () => {
    await app.next('POST /input');
    expect(app.received('OPTIONS /input')).toEqual([]);
  });

  it('takes schedules of six fields, with or without a time zone', async () => {
    await app.next('POST /six');
    const { headers } = await app.next('POST /zoned');
    expect(headers.timezone).toBe('Local');
  });

  it.each(['failing', 'cut'])('goes on when the app is %s', async (name) => {
    await app.count(`POST /${name}`, 2);
  });

  it('does not wait for a slow handler', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    app.on('POST /slow', () => gate.then(() => ({})));
    const before = app.received('POST /slow').length;
    await app.count('POST /slow', before + 2);
    release();
  });

  it('of cron can’t be invoked', async () => {
    const answer = await call(sidecar, 'POST', '/v1.0/bindings/wanted', {
      operation: 'delete',
    });
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_INVOKE_OUTPUT_BINDING',
    });
    expect(messageOf(answer)).toBe(
      "error invoking output binding wanted: couldn't find output binding wanted",
    );
  });

  it('that is unknown is answered 500 when it is invoked', async () => {
    const answer = await call(sidecar, 'PUT', '/v1.0/bindings/nope', {
      operation: 'create',
      data: 1,
    });
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_INVOKE_OUTPUT_BINDING',
    });
    expect(messageOf(answer)).toBe(
      "error invoking output binding nope: couldn't find output binding nope",
    );
  });

  it.each([
    '',
    '{oops',
    '{"operation":"create","metadata":{"a":1}}',
    '{"operation":"create","metadata":[]}',
    '{"operation":"create","data":1e400}',
  ])('invoked with %j is answered 400', async (body) => {
    const answer = await call(sidecar, 'POST', '/v1.0/bindings/wanted', body);
    expect(errorOf(answer)).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    });
  });

  it.each<[keyof typeof RETRIED, number]>([
    ['ok', 1],
    ['created', 3],
    ['empty', 3],
    ['failed', 3],
  ])(
    'under a retry policy that is answered as %s is delivered %i times',
    async (name, times) => {
      const ticks = (): unknown[] =>
        app.received(`POST /${name}`).map(({ headers }) => headers.readtimeutc);
      await app.until(() => new Set(ticks()).size > 1, `two ticks of ${name}`);
      const [first] = ticks();
      expect(ticks().filter((tick) => tick === first)).toHaveLength(times);
    },
  );
});

function policyFor(names: readonly string[]): string {
  const targets = names.map(
    (name) => `      ${name}:
        inbound:
          retry: thrice
`,
  );
  return `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata:
  name: policy
spec:
  policies:
    retries:
      thrice:
        policy: constant
        duration: 20ms
        maxRetries: 2
  targets:
    components:
${targets.join('')}`;
}
