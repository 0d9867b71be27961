import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { RecordingApp, type Received } from './recording-app.js';
import { call, errorOf, messageOf } from './wire.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('service invocation', () => {
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
    verb: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => call(caller, verb, `/v1.0/invoke/callee/method/${path}`, body, headers);
  /** What the application receives under `path` of this call. */
  const forwarded = async (
    verb: string,
    path: string,
    target: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Received> => {
    app.on(`${verb} ${target}`, {});
    expect((await invoke(verb, path, body, headers)).status).toBe(200);
    return app.next(`${verb} ${target}`);
  };

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])(
    'forwards %s as it is',
    async (verb) => {
      await forwarded(verb, `verbs/${verb}`, `/verbs/${verb}`);
    },
  );

  it('forwards the query as it was sent', async () => {
    const { url } = await forwarded('GET', 'query?x=1&y=%20z&x=2&e', '/query');
    expect(url).toBe('/query?x=1&y=%20z&x=2&e');
  });

  it.each<[string, string, string]>([
    ['an encoded slash', 'a%2Fb', '/a/b'],
    ['a space', 'a%20b', '/a%20b'],
    ['a plus sign', 'a+b', '/a+b'],
    ['letters beyond ASCII', '%C3%BC', '/%C3%BC'],
    ['a colon and an at sign', 'a:b@c', '/a:b@c'],
    ['double slashes and dots', '/d//e/../f', '/d/f'],
    ['nothing', '', '/'],
  ])('forwards a path of %s decoded once', async (_what, path, target) => {
    const { url } = await forwarded('GET', path, target);
    expect(url).toBe(target);
  });

  it.each(['a%3Fb', 'a%23b', 'a%25b'])(
    'refuses a path with %s',
    async (path) => {
      expect(errorOf(await invoke('GET', path))).toEqual({
        status: 500,
        errorCode: 'ERR_DIRECT_INVOKE',
      });
    },
  );

  it.each<[string, string | undefined, string | Buffer]>([
    ['JSON', 'application/json', '{"n": 1}'],
    ['text', 'text/plain; charset=utf-8', 'grüße'],
    ['bytes', 'application/octet-stream', Buffer.from('00fffe', 'hex')],
    ['a form', 'application/x-www-form-urlencoded', 'a=1&b=%20'],
    ['something without a content type', undefined, 'x'],
    ['nothing at all', 'application/json', ''],
  ])('forwards a body of %s byte for byte', async (_what, type, body) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    const received = await forwarded('POST', 'body', '/body', body, headers);
    expect(received.body).toEqual(Buffer.from(body));
    expect(received.headers['content-type']).toBe(type);
  });

  it('forwards the headers of the caller but those for one hop', async () => {
    const { headers } = await forwarded('POST', 'headers', '/headers', 'x', {
      'x-custom': 'c',
      authorization: 'Bearer t',
      accept: 'application/json',
      'user-agent': 'spec',
      connection: 'close, x-hop',
      'x-hop': 'h',
    });
    expect(headers).toMatchObject({
      'x-custom': 'c',
      authorization: 'Bearer t',
      accept: 'application/json',
      'user-agent': 'spec',
    });
    expect(headers).not.toHaveProperty('x-hop');
    expect(headers.host).toBe(`127.0.0.1:${app.port}`);
  });

  it('tells the callee who calls', async () => {
    const { headers } = await forwarded('GET', 'who', '/who');
    expect(headers).toMatchObject({
      'dapr-caller-app-id': 'caller',
      'dapr-caller-namespace': 'default',
      'dapr-callee-app-id': 'callee',
    });
    expect(headers).not.toHaveProperty('dapr-app-id');
  });

  it('does not replace a caller id that the caller made up', async () => {
    const headers = { 'dapr-caller-app-id': 'forged' };
    const received = await forwarded(
      'GET',
      'forged',
      '/forged',
      undefined,
      headers,
    );
    const ids = received.rawHeaders.filter(
      (_value, index, all) =>
        index % 2 === 1 &&
        all[index - 1]?.toLowerCase() === 'dapr-caller-app-id',
    );
    expect([...ids].sort()).toEqual(['caller', 'forged']);
  });

  it('carries the trace of the caller', async () => {
    const { headers } = await forwarded('GET', 'trace', '/trace', undefined, {
      traceparent: TRACE,
    });
    expect(headers.traceparent).toMatch(
      /^00-0af7651916cd43dd8448eb211c80319c-/,
    );
  });

  it.each([200, 201, 202, 301, 302, 400, 401, 403, 404, 409, 422, 500, 503])(
    'gives the status %i of the app back with its headers and body',
    async (status) => {
      app.on('GET /status', {
        status,
        headers: {
          'content-type': 'text/x-own',
          'x-own': 'yes',
          location: '/x',
        },
        body: `the body of ${status}`,
      });
      const answer = await invoke('GET', 'status');
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({
        'content-type': 'text/x-own',
        'x-own': 'yes',
        location: '/x',
      });
      expect(answer.text).toBe(`the body of ${status}`);
    },
  );

  it.each<[string, string | Buffer, string]>([
    ['text', 'grüße', 'text/plain; charset=utf-8'],
    ['JSON', '{"a":1}', 'text/plain; charset=utf-8'],
    ['tabs and escapes', 'a\tb\n\u001b', 'text/plain; charset=utf-8'],
    ['a page', '\n <!DOCTYPE html>', 'text/html; charset=utf-8'],
    ['part of a page', '<P>x', 'text/html; charset=utf-8'],
    ['something like a page', '<body', 'text/plain; charset=utf-8'],
    ['XML', '<?xml version="1.0"?><a/>', 'text/xml; charset=utf-8'],
    ['bytes', Buffer.from('00fffe', 'hex'), 'application/octet-stream'],
    ['a picture', Buffer.from('89504e470d0a1a0a', 'hex'), 'image/png'],
    [
      'text with bytes behind',
      Buffer.from(`${'a'.repeat(600)}\0`),
      'text/plain; charset=utf-8',
    ],
  ])(
    'guesses the content type of %s that comes without one',
    async (_what, body, type) => {
      app.on('GET /untyped', { body });
      const answer = await invoke('GET', 'untyped');
      expect(answer.headers['content-type']).toBe(type);
      expect(answer.body).toEqual(Buffer.from(body));
    },
  );

  it.each([200, 204, 301])(
    'guesses no content type where %i comes without a body',
    async (status) => {
      app.on('GET /untyped', { status });
      const answer = await invoke('GET', 'untyped');
      expect(answer.headers).not.toHaveProperty('content-type');
    },
  );

  it('guesses no content type of what is compressed', async () => {
    const headers = { 'content-encoding': 'br' };
    app.on('GET /untyped', { headers, body: 'x' });
    const answer = await invoke('GET', 'untyped');
    expect(answer.headers).toMatchObject(headers);
    expect(answer.headers).not.toHaveProperty('content-type');
  });

  it.each<[number, string]>([
    [404, ''],
    [400, 'text'],
    [503, '<html>'],
  ])('takes a %i without a content type for JSON', async (status, body) => {
    app.on('GET /untyped', { status, body });
    const answer = await invoke('GET', 'untyped');
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.text).toBe(body);
  });

  it('asks the app for gzip and unpacks it', async () => {
    app.on('GET /gzip', {
      headers: { 'content-encoding': 'gzip', 'content-type': 'text/x-own' },
      body: gzipSync('unpacked'),
    });
    const answer = await invoke('GET', 'gzip');
    expect(answer.text).toBe('unpacked');
    expect(answer.headers).toMatchObject({ 'content-type': 'text/x-own' });
    expect(answer.headers).not.toHaveProperty('content-encoding');
    const { headers } = await app.next('GET /gzip');
    expect(headers).toMatchObject({
      'accept-encoding': 'gzip',
      'user-agent': 'Go-http-client/1.1',
    });
  });

  it.each<[number, Record<string, string>]>([
    [200, {}],
    [200, { 'content-length': '0' }],
    [204, {}],
    [304, {}],
  ])(
    'gives a %i back that has no body, with %j, but is said to be gzip',
    async (status, more) => {
      const headers = { 'content-encoding': 'gzip', ...more };
      app.on('GET /gzip', { status, headers });
      const answer = await invoke('GET', 'gzip');
      expect([answer.status, answer.text]).toEqual([status, '']);
    },
  );

  it('leaves packed what the caller asked for packed', async () => {
    const body = gzipSync('packed');
    app.on('GET /gzip', { headers: { 'content-encoding': 'gzip' }, body });
    const headers = { 'accept-encoding': 'gzip, br' };
    const answer = await invoke('GET', 'gzip', undefined, headers);
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(answer.body).toEqual(body);
  });

  it('gives a 204 of the app back without a body', async () => {
    app.on('DELETE /gone', { status: 204 });
    const answer = await invoke('DELETE', 'gone');
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
  });

  it('gives bytes and doubled headers of the app back', async () => {
    const body = Buffer.from('00fffe', 'hex');
    app.on('GET /bytes', {
      headers: { 'set-cookie': ['a=1', 'b=2'] },
      body,
    });
    const answer = await invoke('GET', 'bytes');
    expect(answer.body).toEqual(body);
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  it('answers a HEAD without a body', async () => {
    app.on('HEAD /head', { headers: { 'x-own': 'yes' } });
    const answer = await invoke('HEAD', 'head');
    expect(answer.headers['x-own']).toBe('yes');
    expect(answer.text).toBe('');
  });

  it.each<[string, Record<string, string>]>([
    ['the header dapr-app-id', { 'dapr-app-id': 'callee' }],
    [
      'basic authentication',
      {
        authorization: `Basic ${Buffer.from('dapr-app-id:callee').toString('base64')}`,
      },
    ],
  ])('finds its target by %s, with any path', async (_what, headers) => {
    app.on('POST /any/path', { body: 'found' });
    const answer = await call(caller, 'POST', '/any/path?q=1', 'x', headers);
    expect(answer.text).toBe('found');
    const { url } = await app.next('POST /any/path');
    expect(url).toBe('/any/path?q=1');
  });

  it('finds its target by app id and namespace', async () => {
    app.on('GET /ns', { body: 'found' });
    const path = '/v1.0/invoke/callee.default/method/ns';
    expect((await call(caller, 'GET', path)).text).toBe('found');
  });

  it('finds its target by URL, without telling it who calls', async () => {
    app.on('GET /direct', { body: 'found' });
    const path = `/v1.0/invoke/http://127.0.0.1:${app.port}/method/direct`;
    expect((await call(caller, 'GET', path)).text).toBe('found');
    const { headers } = await app.next('GET /direct');
    expect(headers).not.toHaveProperty('dapr-caller-app-id');
  });

  it('reaches the own app of a sidecar', async () => {
    app.on('POST /own', { body: 'own' });
    const path = '/v1.0/invoke/callee/method/own';
    const answer = await call(callee, 'POST', path, { n: 1 });
    expect(answer.text).toBe('own');
    const { json } = await app.next('POST /own');
    expect(json).toEqual({ n: 1 });
  });

  it('reaches paths that Dapr itself calls', async () => {
    app.on('GET /dapr/config', { body: 'by invocation' });
    const answer = await invoke('GET', 'dapr/config');
    expect(answer.text).toBe('by invocation');
  });

  it('of an unknown app is answered 500', async () => {
    const answer = await call(caller, 'GET', '/v1.0/invoke/nobody/method/x');
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_DIRECT_INVOKE',
    });
    expect(messageOf(answer)).toMatch(/^failed to invoke, id: nobody, err: /);
  });

  it('of an app that closes the connection is answered 500', async () => {
    app.on('GET /cut', 'cut');
    const answer = await invoke('GET', 'cut');
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_DIRECT_INVOKE',
    });
    expect(messageOf(answer)).toMatch(/^failed to invoke, id: callee, err: /);
  });

  it('of an app that has gone is answered 500', async () => {
    const short = await new RecordingApp().listen();
    const sidecar = await startSidecar({ appId: 'short', app: short });
    try {
      await short.close();
      const answer = await call(sidecar, 'GET', '/v1.0/invoke/short/method/x');
      expect(errorOf(answer)).toEqual({
        status: 500,
        errorCode: 'ERR_DIRECT_INVOKE',
      });
    } finally {
      await sidecar.stop();
    }
  });

  it('of a sidecar without an app is answered 500', async () => {
    const path = '/v1.0/invoke/caller/method/x';
    expect(errorOf(await call(caller, 'GET', path))).toEqual({
      status: 500,
      errorCode: 'ERR_DIRECT_INVOKE',
    });
  });

  it('streams: the head of an answer comes before its end', async () => {
    let finish = (): void => undefined;
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const server = createServer((request, response) => {
      if (request.url !== '/events') return response.writeHead(404).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      return gate.then(() => response.end('data: 2\n\n'));
    });
    await new Promise<void>((resolve) =>
      server.listen(0, '127.0.0.1', resolve),
    );
    const { port } = server.address() as { port: number };
    const streaming = await startSidecar({ appId: 'streaming', app: { port } });
    try {
      const path = '/v1.0/invoke/streaming/method/events';
      const answer = await fetch(`${streaming.url}${path}`);
      const reader = answer.body?.getReader();
      const first = await reader?.read();
      expect(Buffer.from(first?.value ?? []).toString()).toBe('data: 1\n\n');
      finish();
      const second = await reader?.read();
      expect(Buffer.from(second?.value ?? []).toString()).toBe('data: 2\n\n');
      expect((await reader?.read())?.done).toBe(true);
    } finally {
      finish();
      await streaming.stop();
      server.closeAllConnections();
      server.close();
    }
  });
});
