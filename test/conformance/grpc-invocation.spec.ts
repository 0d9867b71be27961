import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { HTTPExtension } from '../../lib/protocol/proto/generated/common.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { grpcCall } from './grpc-wire.js';
import { RecordingApp } from './recording-app.js';

const VERBS = {
  GET: 1,
  HEAD: 2,
  POST: 3,
  PUT: 4,
  DELETE: 5,
  OPTIONS: 7,
  PATCH: 9,
} as const;

describe('service invocation over gRPC', () => {
  const app = new RecordingApp();
  let callee: Sidecar;
  let caller: Sidecar;

  beforeAll(async () => {
    await app.listen();
    callee = await startSidecar({ appId: 'callee', app });
    caller = await startSidecar({ appId: 'caller', beside: callee });
  });
  afterAll(async () => {
    await caller?.stop();
    await callee?.stop();
    await app.close();
  });

  const invoke = (
    verb: HTTPExtension['verb'],
    method: string,
    {
      id = 'callee',
      body,
      contentType = '',
      querystring = '',
      headers = {},
    }: {
      id?: string;
      body?: string;
      contentType?: string;
      querystring?: string;
      headers?: Record<string, string>;
    } = {},
  ) =>
    grpcCall(
      caller,
      'invokeService',
      {
        id,
        message: {
          method,
          contentType,
          httpExtension: { verb, querystring },
          ...(body !== undefined && {
            data: { typeUrl: '', value: Buffer.from(body) },
          }),
        },
      },
      headers,
    );

  it.each(Object.entries(VERBS))('forwards %s', async (name, verb) => {
    app.on(`${name} /verbs`, { body: name });
    const { code, response } = await invoke(verb, 'verbs');
    expect(code).toBe(0);
    expect(response?.data?.value.toString()).toBe(name === 'HEAD' ? '' : name);
    await app.next(`${name} /verbs`);
  });

  it('forwards path, query, body, content type and headers', async () => {
    app.on('POST /g/x', {
      headers: {
        'content-type': 'text/x-own; charset=utf-8',
        'x-app': 'yes',
        'set-cookie': ['a=1', 'b=2'],
        'cache-control': 'no-store',
      },
      body: 'made',
    });
    const answer = await invoke(VERBS.POST, 'g/x', {
      body: '{"a":1}',
      contentType: 'application/json',
      querystring: 'a=1&b=%20',
      headers: {
        'x-meta': 'm',
        accept: 'text/plain',
        authorization: 'Bearer t',
      },
    });
    expect(answer.response).toMatchObject({
      contentType: 'text/x-own; charset=utf-8',
      data: { typeUrl: '', value: Buffer.from('made') },
    });
    expect(answer.headers).toMatchObject({
      'dapr-http-status': ['200'],
      'dapr-content-type': ['text/x-own; charset=utf-8'],
      'dapr-cache-control': ['no-store'],
      'dapr-date': [expect.any(String)],
      'x-app': ['yes'],
      'set-cookie': ['a=1', 'b=2'],
    });
    expect(answer.headers).not.toHaveProperty('date');
    expect(answer.headers).not.toHaveProperty('dapr-content-length');
    const received = await app.next('POST /g/x');
    expect(received.url).toBe('/g/x?a=1&b=%20');
    expect(received.text).toBe('{"a":1}');
    expect(received.headers).toMatchObject({
      'content-type': 'application/json',
      'x-meta': 'm',
      accept: 'text/plain',
      authorization: 'Bearer t',
      'dapr-caller-app-id': 'caller',
      'dapr-callee-app-id': 'callee',
      'dapr-authority': `127.0.0.1:${caller.grpcPort}`,
      'dapr-grpc-accept-encoding': expect.any(String),
      'user-agent': expect.stringContaining('grpc-node-js'),
      traceparent: expect.any(String),
    });
    expect(received.headers).not.toHaveProperty('te');
    expect(received.headers).not.toHaveProperty('grpc-timeout');
  });

  it('forwards no body and no content type where there are none', async () => {
    app.on('PUT /bare', {});
    await invoke(VERBS.PUT, 'bare');
    const { headers, text } = await app.next('PUT /bare');
    expect(text).toBe('');
    expect(headers).not.toHaveProperty('content-type');
  });

  it('takes the name of a method for a path that is not escaped', async () => {
    app.on('GET /a%20b/%C3%BC', {});
    expect((await invoke(VERBS.GET, '/a b//ü')).code).toBe(0);
    await app.next('GET /a%20b/%C3%BC');
  });

  it.each([
    [201, 0],
    [204, 0],
    [301, 2],
    [400, 13],
    [401, 16],
    [403, 7],
    [404, 5],
    [408, 1],
    [409, 6],
    [418, 2],
    [429, 8],
    [500, 2],
    [501, 12],
    [503, 14],
    [504, 4],
  ])('answers a %i of the app with code %i', async (status, code) => {
    app.on('GET /status', {
      status,
      headers: { 'x-app': 'y' },
      ...(status !== 204 && { body: 'because' }),
    });
    const answer = await invoke(VERBS.GET, 'status');
    expect(answer.code).toBe(code);
    expect(answer.headers).toMatchObject({
      'dapr-http-status': [String(status)],
      'x-app': ['y'],
    });
    if (code === 0) return;
    expect(answer.details).toEqual([
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        domain: 'dapr.io',
        reason: answer.message,
        metadata: {
          'http.code': String(status),
          'http.error_message': 'because',
        },
      },
    ]);
  });

  it('tells the beginning of a failed answer, and nothing of one in bytes', async () => {
    const body = 'x'.repeat(100);
    app.on('GET /long', { status: 500, body });
    const { details } = await invoke(VERBS.GET, 'long');
    expect(details).toMatchObject([
      { metadata: { 'http.error_message': body.slice(0, 63) } },
    ]);
    app.on('GET /bytes', { status: 500, body: Buffer.from('00fffe', 'hex') });
    const bytes = await invoke(VERBS.GET, 'bytes');
    expect(bytes).toMatchObject({ code: 2, details: [] });
    expect(bytes.headers['dapr-http-status']).toEqual(['500']);
  });

  it('says nothing of the type of what comes without one', async () => {
    app.on('GET /untyped', { body: '{"a":1}' });
    const { response, headers } = await invoke(VERBS.GET, 'untyped');
    expect(response?.contentType).toBe('');
    expect(headers).not.toHaveProperty('dapr-content-type');
  });

  it.each([
    ['an unknown app', 'nobody', 'x'],
    ['a method that is no path', 'callee', 'a?b'],
    ['an escape that is none', 'callee', 'a%b'],
    ['a sidecar without an app', 'caller', 'x'],
  ])('of %s fails', async (_what, id, method) => {
    const answer = await invoke(VERBS.GET, method, { id });
    expect(answer).toMatchObject({ code: 13, details: [] });
    expect(answer.message).toMatch(
      new RegExp(`^failed to invoke, id: ${id}, err: `),
    );
    expect(answer.headers).not.toHaveProperty('dapr-http-status');
  });

  it('answers what HTTP has once, though the app gave it twice', async () => {
    app.on('GET /twice', { headers: { Etag: ['1', '2'] }, body: 'both' });
    const { code, response } = await invoke(VERBS.GET, 'twice');
    expect(code).toBe(0);
    expect(response?.data?.value.toString()).toBe('both');
    await app.next('GET /twice');
  });

  it('of no app fails, first of all', async () => {
    for (const message of [
      { method: 'x', contentType: '' },
      {
        method: 'x',
        contentType: '',
        httpExtension: { verb: 1, querystring: '' },
      },
    ] as const)
      expect(
        await grpcCall(caller, 'invokeService', { id: '', message }),
      ).toMatchObject({
        code: 13,
        message: 'failed to invoke, id: , err: app id is empty',
      });
  });

  it.each([
    [{ httpExtension: { verb: 0, querystring: '' } }, 'invalid HTTP verb'],
    [{ httpExtension: { verb: 6, querystring: '' } }, 'invalid HTTP verb'],
    [{}, 'missing HTTP extension field'],
  ] as const)('without a verb fails: %j', async (extension, words) => {
    const message = { method: 'x', contentType: '', ...extension };
    const request = { id: 'callee', message };
    const answer = await grpcCall(caller, 'invokeService', request);
    expect(answer.code).toBe(13);
    expect(answer.message).toContain(words);
  });
});
