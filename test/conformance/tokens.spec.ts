import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component, resources } from './components.js';
import { RecordingApp } from './recording-app.js';
import { call } from './wire.js';

describe('with an API token and an app token', () => {
  const app = new RecordingApp();
  const mine = { 'dapr-api-token': 'api-secret' };
  let sidecar: Sidecar;

  beforeAll(async () => {
    app
      .on('GET /dapr/config', {
        body: { entities: ['Cart'], actorIdleTimeout: '1h' },
      })
      .on('GET /dapr/subscribe', {
        body: [{ pubsubname: 'pubsub', topic: 't', route: '/topic' }],
      })
      .on('POST /topic', {})
      .on('OPTIONS /tick', {})
      .on('POST /tick', {})
      .on('GET /invoked', {})
      .on('PUT /actors/Cart/1/method/m', {})
      .on('PUT /actors/Cart/1/method/timer/t', {})
      .on('PUT /actors/Cart/1/method/remind/r', {});
    await app.listen();
    sidecar = await startSidecar({
      appId: 'tokens',
      app,
      apiToken: 'api-secret',
      appToken: 'app-secret',
      resources: resources(
        component('pubsub.in-memory', 'pubsub'),
        component('state.in-memory', 'store', { actorStateStore: 'true' }),
        component('bindings.cron', 'tick', { schedule: '@every 1s' }),
      ),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  it.each<[string, string, Record<string, string>]>([
    ['no token', '/v1.0/metadata', {}],
    ['a wrong token', '/v1.0/metadata', { 'dapr-api-token': 'x' }],
    [
      'the token of the app',
      '/v1.0/metadata',
      { 'dapr-api-token': 'app-secret' },
    ],
    ['no token for an unknown path', '/nothing', {}],
    ['no token for an invocation', '/v1.0/invoke/tokens/method/invoked', {}],
  ])(
    'a caller with %s is answered 401 in plain text',
    async (_what, path, headers) => {
      const answer = await call(sidecar, 'GET', path, undefined, headers);
      expect(answer.status).toBe(401);
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(answer.text).toBe('invalid api token\n');
    },
  );

  it('a caller with the API token is served', async () => {
    const answer = await call(
      sidecar,
      'GET',
      '/v1.0/metadata',
      undefined,
      mine,
    );
    expect(answer.status).toBe(200);
  });

  it.each(['/v1.0/healthz', '/v1.0/healthz/outbound'])(
    '%s needs no token',
    async (path) => {
      expect((await call(sidecar, 'GET', path)).status).toBe(204);
    },
  );

  it.each(['GET /dapr/config', 'GET /dapr/subscribe', 'OPTIONS /tick'])(
    'the app sees its token at start in %s',
    (endpoint) => {
      const [question] = app.received(endpoint);
      expect(question?.headers['dapr-api-token']).toBe('app-secret');
    },
  );

  it.each<[string, string, string, unknown]>([
    ['POST /topic', 'POST', '/v1.0/publish/pubsub/t', 'x'],
    ['GET /invoked', 'GET', '/v1.0/invoke/tokens/method/invoked', undefined],
    [
      'PUT /actors/Cart/1/method/m',
      'POST',
      '/v1.0/actors/Cart/1/method/m',
      'x',
    ],
    [
      'PUT /actors/Cart/1/method/timer/t',
      'POST',
      '/v1.0/actors/Cart/1/timers/t',
      { dueTime: '0s' },
    ],
    [
      'PUT /actors/Cart/1/method/remind/r',
      'POST',
      '/v1.0/actors/Cart/1/reminders/r',
      { dueTime: '0s' },
    ],
  ])('the app sees its token in %s', async (endpoint, verb, path, body) => {
    const answer = await call(sidecar, verb, path, body, mine);
    expect(answer.status).toBeLessThan(300);
    const { headers } = await app.next(endpoint);
    expect(headers['dapr-api-token']).toBe('app-secret');
  });

  it('the app sees its token in a binding', async () => {
    const { headers } = await app.next('POST /tick');
    expect(headers['dapr-api-token']).toBe('app-secret');
  });
});

describe('without tokens', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;

  beforeAll(async () => {
    app
      .on('GET /dapr/config', { body: { entities: ['Cart'] } })
      .on('GET /invoked', {})
      .on('PUT /actors/Cart/1/method/m', {});
    await app.listen();
    sidecar = await startSidecar({
      appId: 'open',
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

  it.each([
    [
      'the app that it invokes',
      'GET /invoked',
      '/v1.0/invoke/open/method/invoked',
    ],
    [
      'the actor',
      'PUT /actors/Cart/1/method/m',
      '/v1.0/actors/Cart/1/method/m',
    ],
  ])(
    'a sidecar passes the token of a caller on to %s',
    async (_what, endpoint, path) => {
      const headers = { 'dapr-api-token': 'of-the-caller' };
      await call(sidecar, 'GET', path, undefined, headers);
      const received = await app.next(endpoint);
      expect(received.headers['dapr-api-token']).toBe('of-the-caller');
    },
  );
});

describe('with an API token and no app token', () => {
  it('a sidecar keeps its own token from the app', async () => {
    const app = new RecordingApp();
    app
      .on('GET /dapr/config', { body: { entities: ['Cart'] } })
      .on('GET /invoked', {})
      .on('PUT /actors/Cart/1/method/m', {});
    await app.listen();
    const sidecar = await startSidecar({
      appId: 'guarded',
      app,
      apiToken: 'api-secret',
      resources: component('state.in-memory', 'store', {
        actorStateStore: 'true',
      }),
    });
    try {
      const headers = { 'dapr-api-token': 'api-secret' };
      for (const path of [
        '/v1.0/invoke/guarded/method/invoked',
        '/v1.0/actors/Cart/1/method/m',
      ])
        await call(sidecar, 'GET', path, undefined, headers);
      for (const endpoint of ['GET /invoked', 'PUT /actors/Cart/1/method/m'])
        expect((await app.next(endpoint)).headers).not.toHaveProperty(
          'dapr-api-token',
        );
    } finally {
      await sidecar.stop();
      await app.close();
    }
  });
});
