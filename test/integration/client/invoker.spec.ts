import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import { HttpMethod } from '../../../lib/client/http-method.js';
import { DaprBadRequestError } from '../../../lib/errors/dapr-bad-request.error.js';
import { DaprPermissionError } from '../../../lib/errors/dapr-permission.error.js';
import { until } from '../../support/until.js';
import {
  startRecordedSidecar,
  type RecordedSidecar,
} from './recorded-sidecar.js';
import { startServer, type Answerer, type TestServer } from './server.js';

describe('client.invoker', () => {
  let sidecar: RecordedSidecar;
  let client: DaprClient;

  beforeAll(async () => {
    sidecar = await startRecordedSidecar();
    client = new DaprClient({ httpEndpoint: sidecar.url });
  });

  afterAll(async () => {
    await client.stop();
    await sidecar.close();
  });

  it('gives the answer of the app, GET by default', async () => {
    sidecar.answerWith('remote GET');
    const answer = await client.invoker.invoke('callee', 'a/b?x=1&y=%20z');
    expect(answer).toEqual({ path: '/a/b?x=1&y=%20z', method: 'GET', len: 0 });
    expect(sidecar.requests.at(-1)).toMatchObject({
      method: 'GET',
      url: '/v1.0/invoke/callee/method/a/b?x=1&y=%20z',
    });
  });

  it('gives undefined where the app answers nothing', async () => {
    const answer = sidecar.play('app answers 204', () =>
      client.invoker.invoke('callee', 'status/204'),
    );
    expect(await answer).toBeUndefined();
  });

  it.each([
    ['{"a":1}', { a: 1 }],
    [' [1]', [1]],
    ['123', '123'],
    ['{a', '{a'],
  ])(
    'reads %s, of which the sidecar had to guess the type, as an app without types means it',
    async (body, expected) => {
      const server = await startServer(
        (_, response) =>
          void response
            .setHeader('content-type', 'text/plain; charset=utf-8')
            .end(body),
      );
      const guessing = new DaprClient({ httpEndpoint: server.url });
      expect(await guessing.invoker.invoke('callee', 'm')).toEqual(expected);
      await guessing.stop();
      await server.close();
    },
  );

  it('does not follow redirects', async () => {
    const answer = sidecar.play('app answers 301', () =>
      client.invoker.invoke('callee', 'status/301'),
    );
    expect(await answer).toBe('st');
  });

  it('sends bytes as they are', async () => {
    await sidecar.play('binary body', () =>
      client.invoker.invoke(
        'callee',
        'bin',
        HttpMethod.POST,
        Buffer.from('00fffe', 'hex'),
      ),
    );
  });

  it('sends class instances and dates as JSON, with the headers given [C1]', async () => {
    class Order {
      readonly placed = new Date(0);
    }
    sidecar.answerWith('remote GET');
    await client.invoker.invoke('callee', 'x', 'POST', new Order(), {
      headers: { 'X-Custom': 'c', authorization: 'Bearer t' },
    });
    const { headers, body } = sidecar.requests.at(-1)!;
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-custom': 'c',
      authorization: 'Bearer t',
    });
    expect(`${body}`).toBe('{"placed":"1970-01-01T00:00:00.000Z"}');
  });

  it('sends the host of the sidecar, whichever host the call that is served was meant for', async () => {
    sidecar.answerWith('remote GET');
    await client.invoker.invoke('callee', 'x', 'GET', undefined, {
      headers: { Host: 'shop.example', connection: 'close' },
    });
    const { headers } = sidecar.requests.at(-1)!;
    expect(headers.host).toBe(new URL(sidecar.url).host);
    expect(headers.connection).toBe('keep-alive');
  });

  it('sends a text as JSON where the headers say so', async () => {
    sidecar.answerWith('remote GET');
    await client.invoker.invoke('callee', 'x', HttpMethod.PUT, 'text', {
      headers: { 'Content-Type': 'application/json' },
    });
    const { headers, body } = sidecar.requests.at(-1)!;
    expect(headers['content-type']).toBe('application/json');
    expect(`${body}`).toBe('"text"');
  });

  it.each([
    ['a b/ü', undefined, 'a%20b/%C3%BC'],
    ['/a%2Fb', undefined, 'a%2Fb'],
    ['100%', undefined, '100%25'],
    ['find', { q: 'a&b c' }, 'find?q=a%26b+c'],
    ['find?x=ü', new URLSearchParams([['y', '1']]), 'find?x=%C3%BC&y=1'],
    ['', undefined, ''],
  ])('calls the path %j with the query %j [C4]', async (path, query, url) => {
    sidecar.answerWith('remote GET');
    await client.invoker.invoke('callee', path, HttpMethod.GET, undefined, {
      ...(query && { query }),
    });
    expect(sidecar.requests.at(-1)?.url).toBe(
      `/v1.0/invoke/callee/method/${url}`,
    );
  });

  it.each(['../../../state/mem/k', 'a/%2e%2E/b', './a'])(
    'refuses the path %j, which would lead to another API',
    async (path) => {
      const invoked = client.invoker.invoke('callee', path);
      await expect(invoked).rejects.toThrow(DaprBadRequestError);
    },
  );

  it.each([
    ['app answers 404', 404],
    ['app answers 500', 500],
  ])(
    'rejects where the %s, with its status and body [C3]',
    async (name, status) => {
      const invoked = sidecar.play(name, () =>
        client.invoker.invoke('callee', `status/${status}`),
      );
      await expect(invoked).rejects.toMatchObject({
        name: 'DaprError',
        message: `invoker.invoke "callee" GET "status/${status}" failed: the app answered with status ${status}. Its body is in the error's details.`,
        status,
        errorCode: undefined,
        details: [{ body: 'st' }],
      });
    },
  );

  it('rejects for an app that nobody knows [C3]', async () => {
    const invoked = sidecar.play('unknown app', () =>
      client.invoker.invoke('nope', 'x'),
    );
    await expect(invoked).rejects.toMatchObject({
      status: 500,
      errorCode: 'ERR_DIRECT_INVOKE',
    });
    await expect(invoked).rejects.toThrow(/Check the app id/);
  });

  it('rejects a wrong API token as the sidecar does, not as an app [C3]', async () => {
    sidecar.answerWith('no token');
    const invoked = client.invoker.invoke('callee', 'x');
    await expect(invoked).rejects.toThrow(DaprPermissionError);
    await expect(invoked).rejects.toThrow(/DAPR_API_TOKEN/);
  });

  it('gives status, headers and body of any answer on request', async () => {
    sidecar.answerWith('app answers 404');
    const answer = await client.invoker.request('callee', 'status/404');
    expect(answer.status).toBe(404);
    expect(answer.headers['x-app']).toBe('y');
    expect(await answer.text()).toBe('st');
    sidecar.answerWith('remote GET');
    const second = await client.invoker.request('callee', 'a/b');
    expect(await second.json()).toMatchObject({ method: 'GET' });
  });
});

describe('client.invoker.request, streaming', () => {
  let server: TestServer;
  let client: DaprClient;
  let answer: Answerer;

  beforeAll(async () => {
    server = await startServer((...call) => answer(...call));
    client = new DaprClient({ httpEndpoint: server.url });
  });

  afterAll(async () => {
    await client.stop();
    await server.close();
  });

  it('gives the body while it is coming', async () => {
    let goOn = (): void => undefined;
    answer = async (_, response) => {
      response.writeHead(200).write('first');
      await new Promise<void>((resolve) => (goOn = resolve));
      response.end('second');
    };
    const { body } = await client.invoker.request('app', 'sse');
    expect(String((await once(body, 'data'))[0])).toBe('first');
    goOn();
    expect(String((await once(body, 'data'))[0])).toBe('second');
  });

  it('waits for a reader that is slower than the app', async () => {
    const size = 4 * 1024 * 1024;
    answer = (_, response) => void response.end(Buffer.alloc(size, 7));
    const { bytes, body } = await client.invoker.request('app', 'big');
    await once(body, 'readable');
    expect(body.readableLength).toBeLessThan(size / 4);
    expect((await bytes()).equals(Buffer.alloc(size, 7))).toBe(true);
  });

  it('ends the body with the signal, and its connection', async () => {
    answer = (_, response) => void response.writeHead(200).write('first');
    const stop = new AbortController();
    const { text } = await client.invoker.request('app', 'x', 'GET', null, {
      signal: stop.signal,
    });
    const read = text();
    const reason = new Error('enough');
    const [socket] = [...server.sockets].slice(-1);
    const closed = once(socket!, 'close');
    stop.abort(reason);
    await expect(read).rejects.toBe(reason);
    await closed;
  });

  it('fails the body where the sidecar cuts the connection', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('first');
      setImmediate(() => response.destroy());
    };
    const { text } = await client.invoker.request('app', 'x');
    await expect(text()).rejects.toMatchObject({
      name: 'SidecarUnavailableError',
    });
  });

  it.each<
    [string, (stop: AbortController, caller: DaprClient) => unknown, string]
  >([
    [
      'the connection breaks',
      () => server.sockets.forEach((socket) => socket.destroy()),
      'closed the connection',
    ],
    [
      'its signal is aborted',
      (stop) => stop.abort(new Error('enough')),
      'enough',
    ],
    [
      'the client is stopped',
      (_, caller) => caller.stop(),
      'the client was stopped',
    ],
  ])(
    'keeps the end of a body for whoever reads it later, where %s',
    async (_what, end, reason) => {
      answer = (_, response) => void response.writeHead(200).write('first');
      const stop = new AbortController();
      const { signal } = stop;
      const caller = new DaprClient({ httpEndpoint: server.url });
      const { body, text } = await caller.invoker.request(
        'app',
        'x',
        'GET',
        0,
        {
          signal,
        },
      );
      await end(stop, caller);
      await until(() => body.closed);
      await expect(text()).rejects.toThrow(reason);
      await caller.stop();
    },
  );

  it('gives the answer after an informational one', async () => {
    answer = (_, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.writeHead(200).end('done');
    };
    expect(await client.invoker.invoke('app', 'x')).toBe('done');
    const { status, text } = await client.invoker.request('app', 'x');
    expect([status, await text()]).toEqual([200, 'done']);
  });
});
