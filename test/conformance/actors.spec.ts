import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component } from './components.js';
import { RecordingApp, type Answering } from './recording-app.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const METHOD = 'PUT /actors/Cart/1/method/add';

describe('an actor method', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;
  const actor = (
    verb: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<WireAnswer> =>
    call(sidecar, verb, `/v1.0/actors/${path}`, body, headers);
  /** Calls the method once with this answer of the app. */
  const answered = (answering: Answering): Promise<WireAnswer> => {
    app.forget();
    app.on(METHOD, answering);
    return actor('POST', 'Cart/1/method/add', '{}');
  };

  beforeAll(async () => {
    app.on('GET /dapr/config', { body: { entities: ['Cart'] } });
    await app.listen();
    sidecar = await startSidecar({
      appId: 'actors',
      app,
      resources: component('state.in-memory', 'store', {
        actorStateStore: 'true',
      }),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  it.each(['POST', 'PUT', 'GET', 'DELETE'])(
    'called by %s comes as PUT, with query, body and headers of the caller',
    async (verb) => {
      app.forget();
      app.on(METHOD, {});
      const path = 'Cart/1/method/add?q=1&r=%20x';
      const answer = await actor(verb, path, '{"a": 1}', {
        'content-type': 'application/json',
        'x-custom': 'c',
        traceparent: TRACE,
      });
      expect(answer.status).toBe(200);
      const received = await app.next(METHOD);
      expect(received.url).toBe('/actors/Cart/1/method/add?q=1&r=%20x');
      expect(received.text).toBe('{"a": 1}');
      expect(received.headers).toMatchObject({
        'content-type': 'application/json',
        'x-custom': 'c',
        'dapr-api-call': 'true',
        'dapr-caller-app-id': 'actors',
        'dapr-caller-namespace': 'default',
        traceparent: expect.stringContaining(
          '0af7651916cd43dd8448eb211c80319c',
        ),
      });
      expect(received.headers).not.toHaveProperty('dapr-reentrancy-id');
    },
  );

  it.each([
    ['dapr-caller-app-id', 'actors'],
    ['dapr-caller-namespace', 'default'],
  ])('keeps a %s that the caller made up', async (name, own) => {
    app.forget();
    app.on(METHOD, {});
    await actor('POST', 'Cart/1/method/add', 'x', { [name]: 'forged' });
    const { rawHeaders } = await app.next(METHOD);
    const values = rawHeaders.filter(
      (_value, index) => rawHeaders[index - 1]?.toLowerCase() === name,
    );
    expect([...values].sort()).toEqual([own, 'forged'].sort());
  });

  it.each<[string, string | Buffer, string | undefined]>([
    ['text', 'grüße', 'text/plain'],
    ['bytes', Buffer.from('00fffe', 'hex'), 'application/octet-stream'],
    ['something without a content type', 'x', undefined],
    ['nothing', '', undefined],
  ])('gets a body of %s byte for byte', async (_what, body, type) => {
    app.forget();
    app.on(METHOD, {});
    const headers = type ? { 'content-type': type } : {};
    await actor(
      'POST',
      'Cart/1/method/add',
      body,
      headers as Record<string, string>,
    );
    const received = await app.next(METHOD);
    expect(received.body).toEqual(Buffer.from(body));
    expect(received.headers['content-type']).toBe(type);
  });

  it.each<[string, string, string]>([
    ['a space', 'a%20b', '/actors/Cart/a%20b/method/m'],
    ['letters beyond ASCII', '%C3%BC', '/actors/Cart/%C3%BC/method/m'],
    ['a colon and an at sign', 'a:b@c', '/actors/Cart/a:b@c/method/m'],
    ['an encoded plus sign', 'a%2Bb', '/actors/Cart/a+b/method/m'],
    ['a pair of bars', 'a%7C%7Cb', '/actors/Cart/a%7C%7Cb/method/m'],
  ])('reaches an actor whose id holds %s', async (_what, id, path) => {
    app.on(`PUT ${path}`, {});
    const answer = await actor('POST', `Cart/${id}/method/m`);
    expect([answer.status, answer.text]).toEqual([200, '']);
    await app.next(`PUT ${path}`);
  });

  it.each(['a%2Fb', 'a%3Fb', 'a%23b', 'a%5Cb', '%2E%2E', 'a%00b', 'a%0Ab'])(
    'is refused for an actor id of %s',
    async (id) => {
      const answer = await actor('POST', `Cart/${id}/method/m`);
      expect(errorOf(answer)).toEqual({
        status: 400,
        errorCode: 'ERR_BAD_REQUEST',
      });
    },
  );

  it.each([
    ['%2E', ''],
    ['%2E%2E', ''],
    ['%2Fm', '/m'],
    ['m%2F', '/m'],
    ['a%2F..%2Fm', '/m'],
  ])('whose name is %s is called as "%s"', async (name, path) => {
    const endpoint = `PUT /actors/Cart/names/method${path}`;
    app.forget();
    app.on(endpoint, {});
    const answer = await actor('POST', `Cart/names/method/${name}`);
    expect(answer.status).toBe(200);
    await app.next(endpoint);
  });

  it('is answered with the app’s 200, its headers and its body', async () => {
    const answer = await answered({
      headers: { 'content-type': 'text/x-own', 'x-own': 'yes' },
      body: 'done',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/x-own',
      'x-own': 'yes',
    });
    expect(answer.text).toBe('done');
  });

  it('is answered with bytes as they are', async () => {
    const body = Buffer.from('00fffe', 'hex');
    expect((await answered({ body })).body).toEqual(body);
  });

  it.each([201, 202, 204, 301, 400, 401, 403, 409, 422, 500, 503])(
    'that the app answers %i has failed, and is called once only',
    async (status) => {
      const body = status === 204 ? '' : '{"error":"own"}';
      const answer = await answered({
        status,
        headers: { 'x-own': 'lost' },
        ...(body && { body }),
      });
      expect(errorOf(answer)).toEqual({
        status: 500,
        errorCode: 'ERR_ACTOR_INVOKE_METHOD',
      });
      expect(messageOf(answer)).toBe(
        `error invoke actor method: error from actor service: (${status}) ${body}`,
      );
      expect(answer.headers).not.toHaveProperty('x-own');
      expect(app.received(METHOD)).toHaveLength(1);
    },
  );

  it('that the app answers 404 is unknown', async () => {
    const answer = await answered({ status: 404, body: 'lost' });
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_INVOKE_METHOD',
    });
    expect(messageOf(answer)).toBe(
      'error invoke actor method: actor method not found: actors/Cart/1/method/add',
    );
    expect(app.received(METHOD)).toHaveLength(1);
  });

  it('whose connection the app closes has failed', async () => {
    const answer = await answered('cut');
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_INVOKE_METHOD',
    });
    expect(messageOf(answer)).toMatch(/^error invoke actor method: /);
  });

  it('of an application error passes it through', async () => {
    const answer = await answered({
      headers: { 'X-DaprErrorResponseHeader': 'true', 'x-more': '1' },
      body: { error: 'app error' },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'x-daprerrorresponseheader': 'true',
      'x-more': '1',
    });
    expect(answer.json).toEqual({ error: 'app error' });
  });

  it('of an application error with another status than 200 has failed', async () => {
    const answer = await answered({
      status: 500,
      headers: { 'X-DaprErrorResponseHeader': 'true' },
      body: 'x',
    });
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_INVOKE_METHOD',
    });
  });

  it('of a type that nobody hosts is answered 500', async () => {
    const answer = await actor('POST', 'Nobody/1/method/m');
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_INVOKE_METHOD',
    });
    expect(messageOf(answer)).toMatch(
      /did not find address for actor 'Nobody\/1'$/,
    );
  });

  it('can call another actor', async () => {
    app.on('PUT /actors/Cart/outer/method/m', async () => {
      const inner = await actor('POST', 'Cart/inner/method/m');
      return { body: `outer ${inner.text}` };
    });
    app.on('PUT /actors/Cart/inner/method/m', { body: 'inner' });
    const answer = await actor('POST', 'Cart/outer/method/m');
    expect(answer.text).toBe('outer inner');
  });
});

describe('an actor of another app', () => {
  it('gets the headers of the caller, its token and what it made up', async () => {
    const app = new RecordingApp();
    app.on('GET /dapr/config', { body: { entities: ['Cart'] } });
    app.on(METHOD, {});
    await app.listen();
    const store = component('state.in-memory', 'store', {
      actorStateStore: 'true',
    });
    const host = await startSidecar({ appId: 'host', app, resources: store });
    const caller = await startSidecar({ appId: 'caller', beside: host });
    try {
      const path = '/v1.0/actors/Cart/1/method/add';
      const answer = await call(caller, 'POST', path, 'x', {
        'dapr-caller-app-id': 'forged',
        'dapr-api-token': 'of-the-caller',
        'x-own': 'kept',
      });
      expect(answer.status).toBe(200);
      const { headers } = await app.next(METHOD);
      // The other one is the caller's id; a daprd without mTLS gives that of the host.
      expect(headers['dapr-caller-app-id']).toContain('forged');
      expect(headers).toMatchObject({
        'dapr-api-token': 'of-the-caller',
        'x-own': 'kept',
      });
    } finally {
      await caller.stop();
      await host.stop();
      await app.close();
    }
  });
});

describe('actors where there is no app', () => {
  it('can’t hold state, timers or reminders', async () => {
    const sidecar = await startSidecar({
      resources: component('state.in-memory', 'store', {
        actorStateStore: 'true',
      }),
    });
    try {
      const state = await call(
        sidecar,
        'POST',
        '/v1.0/actors/Cart/1/state',
        [],
      );
      expect(errorOf(state)).toEqual({
        status: 400,
        errorCode: 'ERR_ACTOR_INSTANCE_MISSING',
      });
      const timer = await call(
        sidecar,
        'POST',
        '/v1.0/actors/Cart/1/timers/t',
        {
          dueTime: '1s',
        },
      );
      expect(errorOf(timer)).toEqual({
        status: 500,
        errorCode: 'ERR_ACTOR_TIMER_CREATE',
      });
      const reminder = await call(
        sidecar,
        'POST',
        '/v1.0/actors/Cart/1/reminders/r',
        {
          dueTime: '1s',
        },
      );
      expect(errorOf(reminder)).toEqual({
        status: 403,
        errorCode: 'ERR_ACTOR_REMINDER_NON_HOSTED',
      });
    } finally {
      await sidecar.stop();
    }
  });
});
