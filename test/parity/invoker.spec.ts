import {
  afterAll,
  beforeAll,
  beforeEach,
  expect,
  it,
  jest,
} from '@jest/globals';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  DaprBadRequestError,
  DaprError,
  HttpMethod,
  type InvokerOptions,
} from '../../lib/index.js';
import { component } from '../conformance/components.js';
import {
  RecordingApp,
  type Answer,
  type Received,
} from '../conformance/recording-app.js';
import { describeParity } from './parity.js';

class Order {
  readonly placed = new Date(0);
  constructor(readonly id: number) {}
}

const BYTES = Buffer.from('00fffe80', 'hex');
const app = new RecordingApp();

beforeAll(() => app.listen());
beforeEach(() => app.forget());
afterAll(() => app.close());

describeParity(
  'service invocation',
  {
    appId: 'callee',
    app,
    resources: () => `apiVersion: dapr.io/v1alpha1
kind: HTTPEndpoint
metadata:
  name: outside
spec:
  baseUrl: http://127.0.0.1:${app.port}
  headers:
    - name: x-key
      value: secret
`,
  },
  (run) => {
    const invoke = (
      method: string,
      verb: HttpMethod | Uppercase<HttpMethod> = 'GET',
      data?: unknown,
      options?: InvokerOptions,
    ): Promise<unknown> =>
      run.client.invoker.invoke('callee', method, verb, data, options);
    const answering = (answer: Answer): void => {
      for (const verb of ['GET', 'POST', 'HEAD']) app.on(`${verb} /m`, answer);
    };

    it.each(Object.values(HttpMethod))('sends %s', async (verb) => {
      app.on(`${verb.toUpperCase()} /m`, { body: { verb } });
      const value = await invoke('m', verb);
      if (verb !== 'head') expect(value).toEqual({ verb });
      await app.next(`${verb.toUpperCase()} /m`);
    });

    it.each<[string, unknown, string | Buffer, string]>([
      [
        'a class instance',
        new Order(1),
        '{"id":1,"placed":"1970-01-01T00:00:00.000Z"}',
        'application/json',
      ],
      ['a Map', new Map([['a', 1]]), '{"a":1}', 'application/json'],
      ['text', 'grüße', 'grüße', 'text/plain'],
      ['zero', 0, '0', 'application/json'],
      ['false', false, 'false', 'application/json'],
      ['null', null, 'null', 'application/json'],
      ['bytes', BYTES, BYTES, 'application/octet-stream'],
      [
        'a view of bytes',
        new Uint8Array(BYTES.buffer, BYTES.byteOffset + 1, 2),
        BYTES.subarray(1, 3),
        'application/octet-stream',
      ],
    ])('sends %s [C1] [C2] [C5]', async (_what, data, body, type) => {
      answering({});
      await invoke('m', 'POST', data);
      const received = await app.next('POST /m');
      expect(received.body).toEqual(Buffer.from(body));
      expect(received.headers['content-type']).toBe(type);
    });

    it.each<[string, unknown]>([
      ['a ReadableStream', new Blob(['x']).stream()],
      ['a Blob', new Blob(['x'])],
      ['URLSearchParams', new URLSearchParams({ a: 'b' })],
    ])('refuses %s, and says what to give instead', async (what, data) => {
      const failed = invoke('m', 'POST', data);
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toThrow(`the value is ${what}; `);
    });

    it('sends a stream, as bytes unless it is said what it is', async () => {
      answering({});
      const chunks = ['one ', 'two ', Buffer.from('three')];
      await invoke('m', 'POST', Readable.from(chunks));
      const received = await app.next('POST /m');
      expect(received.text).toBe('one two three');
      expect(received.headers['content-type']).toBe('application/octet-stream');
      const headers = { 'Content-Type': 'text/csv' };
      await invoke('m', 'POST', Readable.from(['a,b']), { headers });
      const csv = await app.next('POST /m');
      expect(csv.text).toBe('a,b');
      expect(csv.headers['content-type']).toBe('text/csv');
    });

    it('fails with the error of a stream that breaks off', async () => {
      answering({});
      const source = new Readable({
        read() {
          this.push('beginning');
          this.destroy(new Error('the file is gone'));
        },
      });
      await expect(invoke('m', 'POST', source)).rejects.toThrow(
        'the file is gone',
      );
    });

    const broken = (error?: Error): Readable => {
      const source = new Readable({ read: () => undefined });
      source.on('error', () => undefined);
      return source.destroy(error);
    };
    it.each<[string, () => Readable, string | RegExp]>([
      [
        'objects',
        () => Readable.from(['text', { a: 1 }]),
        /failed: its stream gives objects; bytes or text are due\.$/,
      ],
      [
        'nothing, since it was destroyed',
        broken,
        /failed: its stream was destroyed before all of it was sent\.$/,
      ],
      [
        'no more, since it is destroyed',
        () => {
          const source = new Readable({ read: () => source.destroy() });
          source.push('beginning');
          return source;
        },
        /failed: its stream was destroyed before all of it was sent\.$/,
      ],
    ])('refuses a stream that gives %s', async (_what, source, words) => {
      answering({});
      const failed = invoke('m', 'POST', source());
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toThrow(words);
      await invoke('m');
    });

    it('fails with the error of a stream that had broken off before', async () => {
      const source = broken(new Error('the file is gone'));
      await expect(invoke('m', 'POST', source)).rejects.toThrow(
        'the file is gone',
      );
    });

    it.each<[string, string, string, InvokerOptions]>([
      ['without an app id', '', 'm', {}],
      ['with a path that leads elsewhere', 'callee', '../m', {}],
      ['with a header of no name', 'callee', 'm', { headers: { 'x:y': 'x' } }],
      ['with a timeout that is none', 'callee', 'm', { timeout: NaN }],
    ])(
      'destroys the stream of a call %s',
      async (_what, appId, method, options) => {
        const source = new Readable({ read: () => undefined });
        for (const call of ['invoke', 'request'] as const)
          await expect(
            run.client.invoker[call](appId, method, 'POST', source, options),
          ).rejects.toThrow(DaprBadRequestError);
        expect(source.destroyed).toBe(true);
      },
    );

    it('ends a stream with its signal', async () => {
      answering({});
      const source = new Readable({ read: () => undefined });
      source.push('beginning');
      const signal = AbortSignal.timeout(50);
      await expect(
        invoke('m', 'POST', source, { signal }),
      ).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(source.destroyed).toBe(true);
    });

    it('sends neither body nor type where there is nothing to send', async () => {
      answering({});
      await invoke('m', 'POST');
      const { text, headers } = await app.next('POST /m');
      expect(text).toBe('');
      expect(headers).not.toHaveProperty('content-type');
    });

    it('sends a text as the type that it is said to be', async () => {
      answering({});
      const headers = { 'content-type': 'application/xml; charset=utf-8' };
      await invoke('m', 'POST', '<a/>', { headers });
      const received = await app.next('POST /m');
      expect(received.text).toBe('<a/>');
      expect(received.headers['content-type']).toBe(headers['content-type']);
    });

    it('sends headers [C12]', async () => {
      answering({});
      const headers = {
        'X-Custom': 'c',
        authorization: 'Bearer t',
        Accept: 'text/plain',
        'accept-language': 'de',
        'if-match': '"e"',
        cookie: 'a=1',
        absent: undefined,
      };
      await invoke('m', 'GET', undefined, { headers });
      const received = await app.next('GET /m');
      expect(received.headers).toMatchObject({
        'x-custom': 'c',
        authorization: 'Bearer t',
        accept: 'text/plain',
        'accept-language': 'de',
        'if-match': '"e"',
        cookie: 'a=1',
      });
      expect(received.headers).not.toHaveProperty('absent');
    });

    it.each(['keep-alive', 'transfer-encoding', 'x:y', 'x y'])(
      'refuses the header %j',
      async (name) => {
        answering({});
        const headers = { [name]: 'x' };
        await expect(
          invoke('m', 'GET', undefined, { headers }),
        ).rejects.toMatchObject({
          name: DaprBadRequestError.name,
          message: expect.stringContaining("can't be sent"),
        });
        await invoke('m');
      },
    );

    it.each(['3', '5', '-1'])(
      'tells the length of the body itself, though the headers say %s',
      async (length) => {
        answering({});
        const headers = { 'Content-Length': length };
        await invoke('m', 'POST', 'abc', { headers });
        expect((await app.next('POST /m')).text).toBe('abc');
        const data = Readable.from(['abc']);
        await invoke('m', 'POST', data, { headers });
        expect((await app.next('POST /m')).text).toBe('abc');
      },
    );

    const credentials = (text: string): string =>
      `Basic ${Buffer.from(text).toString('base64')}`;
    it.each([
      ['dapr-app-id', 'other'],
      ['Dapr-App-Id', 'other'],
      ['authorization', credentials('dapr-app-id:other')],
      ['Authorization', credentials('dapr-app-id:other')],
    ])(
      'calls the app that it is told, whatever the header %s says',
      async (name, value) => {
        answering({});
        await invoke('m', 'GET', undefined, { headers: { [name]: value } });
        const { headers } = await app.next('GET /m');
        expect(headers).not.toHaveProperty(name.toLowerCase());
      },
    );

    it.each(['dapr-api-token', 'Dapr-Api-Token'])(
      'keeps the token that the app was shown as %s to itself',
      async (name) => {
        answering({});
        const headers = { [name]: 'of the caller', 'x-own': 'o' };
        await invoke('m', 'GET', undefined, { headers });
        const received = await app.next('GET /m');
        expect(received.headers['x-own']).toBe('o');
        expect(received.headers).not.toHaveProperty('dapr-api-token');
      },
    );

    /** Compresses for those who ask for it, as Go does, which then undoes it by itself. */
    const compressing = ({ headers }: Received): Answer =>
      headers['accept-encoding'] === 'gzip'
        ? {
            headers: {
              'content-type': 'application/json',
              'content-encoding': 'gzip',
            },
            body: gzipSync('{"a":1}'),
          }
        : { body: { a: 1 } };

    it('reads what an app compresses for whose headers are handed on', async () => {
      app.on('GET /m', compressing);
      const headers = { 'Accept-Encoding': 'gzip' };
      expect(await invoke('m', 'GET', undefined, { headers })).toEqual({
        a: 1,
      });
    });

    it('gives what an app compresses as it is to those who ask for it and read its headers', async () => {
      app.on('GET /m', compressing);
      const answer = await run.client.invoker.request(
        'callee',
        'm',
        'GET',
        undefined,
        { headers: { 'accept-encoding': 'gzip' } },
      );
      const isCompressed = answer.headers['content-encoding'] === 'gzip';
      // What grpc-js says of the encodings that it takes reaches the app, too.
      expect(isCompressed).toBe(run.protocol === 'HTTP');
      const bytes = await answer.bytes();
      expect(`${isCompressed ? gunzipSync(bytes) : bytes}`).toBe('{"a":1}');
    });

    it('sends credentials that are the app’s business', async () => {
      answering({});
      const headers = { authorization: credentials('user:dapr-app-id') };
      await invoke('m', 'GET', undefined, { headers });
      expect((await app.next('GET /m')).headers).toMatchObject(headers);
    });

    it('sends the query of the method and that of the options', async () => {
      answering({});
      const query = { b: '2 & 3', c: 'ü' };
      await invoke('m?a=1&a=%202', 'GET', undefined, { query });
      const { url } = await app.next('GET /m');
      expect(url).toBe('/m?a=1&a=%202&b=2+%26+3&c=%C3%BC');
    });

    it('sends numbers and booleans of a query as text, and nothing of what is undefined', async () => {
      answering({});
      const query = { page: 2, all: false, sort: undefined };
      await invoke('m', 'GET', undefined, { query });
      expect((await app.next('GET /m')).url).toBe('/m?page=2&all=false');
    });

    it('refuses a query that holds an object', async () => {
      const query = { filter: { a: 1 } as unknown as string };
      const failed = invoke('m', 'GET', undefined, { query });
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toThrow(
        'invoker.invoke "callee" GET "m" failed: "filter" of the query is an object; text, a number or a boolean is due.',
      );
    });

    it.each([
      ['a/b', '/a/b'],
      ['/a//b/', '/a/b'],
      ['a%2Fb', '/a/b'],
      ['a b', '/a%20b'],
      ['a%20b', '/a%20b'],
      ['a+b', '/a+b'],
      ['ü', '/%C3%BC'],
      ['a:b@c', '/a:b@c'],
      ['', '/'],
    ])('reaches %j as %j [C4]', async (method, path) => {
      app.on(`GET ${path}`, {});
      await invoke(method);
      await app.next(`GET ${path}`);
    });

    it.each(['a%3Fb', 'a%23b', 'a%25b'])('can’t reach %j', async (method) => {
      await expect(invoke(method)).rejects.toMatchObject({
        errorCode: 'ERR_DIRECT_INVOKE',
        status: 500,
      });
    });

    it.each(['../m', 'a/../m', '%2e%2e/m'])('refuses %j', async (method) => {
      await expect(invoke(method)).rejects.toThrow(DaprBadRequestError);
    });

    it.each<[string, Answer, unknown]>([
      ['JSON', { body: { a: 1 } }, { a: 1 }],
      [
        'JSON of a vendor',
        { headers: { 'content-type': 'application/v+json' }, body: '[1]' },
        [1],
      ],
      [
        'text',
        { headers: { 'content-type': 'text/plain' }, body: '123' },
        '123',
      ],
      [
        'XML',
        { headers: { 'content-type': 'application/xml' }, body: '<a/>' },
        '<a/>',
      ],
      [
        'bytes',
        { headers: { 'content-type': 'image/png' }, body: BYTES },
        BYTES,
      ],
      ['an object without a type', { body: '{"a":1}' }, { a: 1 }],
      ['text without a type', { body: 'text' }, 'text'],
      ['nothing', {}, undefined],
      ['a 201', { status: 201, body: { a: 1 } }, { a: 1 }],
      ['a 204', { status: 204 }, undefined],
      ['an empty 301', { status: 301, headers: { location: '/x' } }, undefined],
      ['a 302', { status: 302, body: { to: '/x' } }, { to: '/x' }],
    ])('gives back %s [C12]', async (_what, answer, value) => {
      answering(answer);
      await expect(invoke('m')).resolves.toEqual(value);
    });

    it.each([400, 401, 403, 404, 408, 409, 418, 429, 500, 501, 503, 504])(
      'rejects with a %i of the app, and what it says',
      async (status) => {
        answering({ status, body: { reason: 'because' } });
        const failed = invoke('m');
        await expect(failed).rejects.toMatchObject({
          name: DaprError.name,
          status,
          errorCode: undefined,
          details: [{ body: { reason: 'because' } }],
        });
        await expect(failed).rejects.toThrow(
          `invoker.invoke "callee" GET "m" failed: the app answered with status ${status}.`,
        );
      },
    );

    it('rejects with all of a long failure over HTTP, and with its beginning over gRPC', async () => {
      const body = { reason: 'x'.repeat(100) };
      answering({ status: 500, body });
      await expect(invoke('m')).rejects.toMatchObject({
        status: 500,
        details: [
          {
            body:
              run.protocol === 'HTTP'
                ? body
                : JSON.stringify(body).slice(0, 63),
          },
        ],
      });
    });

    it('gives status, headers and body of any answer', async () => {
      answering({
        status: 409,
        headers: {
          'content-type': 'text/plain',
          'cache-control': 'no-store',
          'x-own': 'o',
          'set-cookie': ['a=1', 'b=2'],
        },
        body: 'conflict',
      });
      const answer = await run.client.invoker.request('callee', 'm');
      expect(answer.status).toBe(409);
      expect(answer.headers).toMatchObject({
        'content-type': 'text/plain',
        'cache-control': 'no-store',
        date: expect.any(String),
        'x-own': 'o',
        'set-cookie': ['a=1', 'b=2'],
      });
      expect(
        Object.keys(answer.headers).filter((name) =>
          /^dapr-|^grpc-/.test(name),
        ),
      ).toEqual([]);
      await expect(answer.text()).resolves.toBe('conflict');
    });

    it('gives a header that comes twice as a list over HTTP, and as one text over gRPC', async () => {
      answering({ headers: { 'x-own': ['a', 'b'] } });
      const { headers } = await run.client.invoker.request('callee', 'm');
      expect(headers['x-own']).toEqual(
        run.protocol === 'HTTP' ? ['a', 'b'] : 'a, b',
      );
    });

    it('gives a header beyond ASCII over HTTP alone', async () => {
      answering({ headers: { 'x-own': 'o', 'x-name': 'Zoë' } });
      // Where grpc-js says so.
      const said = jest.spyOn(console, 'error').mockReturnValue(undefined);
      const { headers } = await run.client.invoker.request('callee', 'm');
      said.mockRestore();
      expect(headers['x-own']).toBe('o');
      expect(headers['x-name']).toBe(
        run.protocol === 'HTTP' ? 'Zoë' : undefined,
      );
    });

    it('sends the type of a GET’s body that is not there over HTTP alone', async () => {
      answering({});
      const headers = { 'content-type': 'text/csv' };
      await invoke('m', 'GET', undefined, { headers });
      const { headers: received } = await app.next('GET /m');
      expect(received['content-type']).toBe(
        run.protocol === 'HTTP' ? 'text/csv' : undefined,
      );
    });

    it('gives the body as bytes, text or JSON', async () => {
      answering({ body: { a: 1 } });
      const request = () =>
        run.client.invoker.request('callee', 'm', 'POST', 1);
      await expect((await request()).json()).resolves.toEqual({ a: 1 });
      await expect((await request()).text()).resolves.toBe('{"a":1}');
      await expect((await request()).bytes()).resolves.toEqual(
        Buffer.from('{"a":1}'),
      );
      answering({ status: 204 });
      await expect((await request()).bytes()).resolves.toHaveLength(0);
    });

    it('gives all of a long failure over HTTP, and fails to over gRPC', async () => {
      const body = 'x'.repeat(100);
      answering({ status: 500, body });
      const answer = await run.client.invoker.request('callee', 'm');
      expect(answer.status).toBe(500);
      if (run.protocol === 'HTTP')
        return expect(answer.text()).resolves.toBe(body);
      return expect(answer.text()).rejects.toThrow(/the first 63 bytes/);
    });

    it('gives a redirect with where it leads', async () => {
      answering({ status: 307, headers: { location: '/elsewhere' } });
      const answer = await run.client.invoker.request('callee', 'm', 'POST', 1);
      expect(answer.status).toBe(307);
      expect(answer.headers['location']).toBe('/elsewhere');
      await expect(answer.text()).resolves.toBe('');
    });

    it('sends and takes 3 MiB', async () => {
      const body = Buffer.alloc(3 * 1024 * 1024, 'x');
      answering({ headers: { 'content-type': 'image/png' }, body });
      const answer = (await invoke('m', 'POST', body)) as Buffer;
      expect(answer.equals(body)).toBe(true);
      expect((await app.next('POST /m')).body.equals(body)).toBe(true);
    });

    it('takes more than 4 MiB over HTTP only', async () => {
      const body = Buffer.alloc(5 * 1024 * 1024, 'x');
      answering({ headers: { 'content-type': 'image/png' }, body });
      const answer = invoke('m') as Promise<Buffer>;
      if (run.protocol === 'gRPC')
        return expect(answer).rejects.toThrow(DaprBadRequestError);
      expect((await answer).equals(body)).toBe(true);
    });

    it('sends no more than 4 MiB', async () => {
      answering({});
      const body = Buffer.alloc(5 * 1024 * 1024, 'x');
      await expect(invoke('m', 'POST', body)).rejects.toThrow(
        DaprBadRequestError,
      );
    });

    it('of an unknown app names what to check [C3]', async () => {
      const failed = run.client.invoker.invoke('nobody', 'm');
      await expect(failed).rejects.toMatchObject({
        name: DaprError.name,
        errorCode: 'ERR_DIRECT_INVOKE',
        status: 500,
      });
      await expect(failed).rejects.toThrow(
        /invoker\.invoke "nobody" GET "m" failed: failed to invoke, id: nobody, err: .*Check the app id/,
      );
    });

    it('of an app that closes the connection fails', async () => {
      app.on('GET /cut', 'cut');
      await expect(invoke('cut')).rejects.toMatchObject({
        errorCode: 'ERR_DIRECT_INVOKE',
        status: 500,
      });
    });

    it('reaches a service by the name of its HTTPEndpoint', async () => {
      answering({ body: { a: 1 } });
      const value = run.client.invoker.invoke('outside', 'm', 'POST', 'x');
      await expect(value).resolves.toEqual({ a: 1 });
      const { headers, text } = await app.next('POST /m');
      expect(text).toBe('x');
      expect(headers['x-key']).toBe('secret');
      expect(headers).not.toHaveProperty('dapr-caller-app-id');
    });

    it('reaches a service by its URL', async () => {
      answering({ body: { a: 1 } });
      const url = `http://127.0.0.1:${app.port}`;
      await expect(run.client.invoker.invoke(url, 'm')).resolves.toEqual({
        a: 1,
      });
      const { headers } = await app.next('GET /m');
      expect(headers).not.toHaveProperty('dapr-caller-app-id');
    });

    it('without an app id is refused', async () => {
      await expect(run.client.invoker.invoke('', 'm')).rejects.toThrow(
        DaprBadRequestError,
      );
    });

    it('is waited for no longer than its timeout says [C8]', async () => {
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      app.on('GET /slow', () => gate.then(() => ({})));
      await expect(
        invoke('slow', 'GET', undefined, { timeout: 50 }),
      ).rejects.toMatchObject({ name: 'DaprTimeoutError' });
      release();
    });
  },
);

const API_TOKEN = 'token-of-the-sidecar';
const APP_TOKEN = 'token-of-the-app';

describeParity(
  'service invocation behind tokens',
  {
    appId: 'callee',
    app,
    apiToken: API_TOKEN,
    appToken: APP_TOKEN,
    resources: () => component('state.in-memory', 'store'),
  },
  (run) => {
    it('goes on from a handler with the headers that it got, and with the token of its client', async () => {
      const { invoker } = run.connect({ apiToken: API_TOKEN });
      app.on('POST /m', {});
      await invoker.invoke('callee', 'm', 'POST', { a: 1 });
      const served = (await app.next('POST /m')).headers;
      expect(served['dapr-api-token']).toBe(APP_TOKEN);
      // As an app gets it from many a client.
      const headers = {
        ...(served as Record<string, string>),
        connection: 'keep-alive',
        'x-own': 'o',
      };
      await invoker.invoke('callee', 'm', 'POST', { a: 'more' }, { headers });
      const { text, ...received } = await app.next('POST /m');
      expect(text).toBe('{"a":"more"}');
      expect(received.headers).toMatchObject({
        'dapr-api-token': APP_TOKEN,
        'x-own': 'o',
      });
      const answer = await invoker.request('callee', 'm', 'POST', 1, {
        headers,
      });
      expect(answer.status).toBe(200);
      answer.body.destroy();
    });
  },
);
