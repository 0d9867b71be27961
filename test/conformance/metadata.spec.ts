import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component, resources } from './components.js';
import { RecordingApp } from './recording-app.js';
import { call, errorOf, messageOf } from './wire.js';

describe('metadata', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;
  const metadata = async (): Promise<Record<string, unknown>> =>
    (await call(sidecar, 'GET', '/v1.0/metadata')).json as Record<
      string,
      unknown
    >;

  beforeAll(async () => {
    app
      .on('GET /dapr/config', { body: { entities: ['Cart'] } })
      .on('GET /dapr/subscribe', {
        body: [
          {
            pubsubname: 'pubsub',
            topic: 'orders',
            deadLetterTopic: 'dead',
            metadata: { k: 'v' },
            routes: {
              rules: [{ match: 'event.type == "x"', path: '/x' }],
              default: '/orders',
            },
          },
          { pubsubname: 'pubsub', topic: 'dead', route: '/dead' },
        ],
      })
      .on('PUT /actors/Cart/1/method/m', {});
    await app.listen();
    sidecar = await startSidecar({
      appId: 'described',
      app,
      resources: resources(
        component('pubsub.in-memory', 'pubsub'),
        component('state.in-memory', 'store', { actorStateStore: 'true' }),
        component('bindings.cron', 'tick', { schedule: '@every 1h' }),
      ),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  it('tells the app id and where the app is', async () => {
    const answer = await call(sidecar, 'GET', '/v1.0/metadata');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.json).toMatchObject({
      id: 'described',
      runtimeVersion: expect.any(String),
      appConnectionProperties: {
        port: app.port,
        protocol: 'http',
        channelAddress: '127.0.0.1',
      },
      extended: { daprRuntimeVersion: expect.any(String) },
    });
  });

  it('lists the components and what they can do', async () => {
    const { components } = await metadata();
    expect(components).toHaveLength(3);
    expect(components).toEqual(
      expect.arrayContaining([
        {
          name: 'pubsub',
          type: 'pubsub.in-memory',
          version: 'v1',
          capabilities: ['SUBSCRIBE_WILDCARDS'],
        },
        {
          name: 'store',
          type: 'state.in-memory',
          version: 'v1',
          capabilities: [
            'ETAG',
            'TRANSACTIONAL',
            'TTL',
            'DELETE_WITH_PREFIX',
            'KEYS_LIKE',
            'ACTOR',
          ],
        },
        expect.objectContaining({ name: 'tick', type: 'bindings.cron' }),
      ]),
    );
  });

  it('lists the subscriptions and their rules', async () => {
    const { subscriptions } = await metadata();
    expect(subscriptions).toHaveLength(2);
    expect(subscriptions).toEqual(
      expect.arrayContaining([
        {
          pubsubname: 'pubsub',
          topic: 'orders',
          metadata: { k: 'v' },
          rules: [
            { match: 'event.type == "x"', path: '/x' },
            { path: '/orders' },
          ],
          deadLetterTopic: 'dead',
          type: 'PROGRAMMATIC',
        },
        {
          pubsubname: 'pubsub',
          topic: 'dead',
          rules: [{ path: '/dead' }],
          deadLetterTopic: '',
          type: 'PROGRAMMATIC',
        },
      ]),
    );
  });

  it('counts the active actors of each hosted type', async () => {
    expect(await metadata()).toMatchObject({
      actors: [{ type: 'Cart' }],
      actorRuntime: {
        runtimeStatus: 'RUNNING',
        hostReady: true,
        activeActors: [{ type: 'Cart' }],
      },
    });
    await call(sidecar, 'POST', '/v1.0/actors/Cart/1/method/m');
    expect(await metadata()).toMatchObject({
      actors: [{ type: 'Cart', count: 1 }],
      actorRuntime: { activeActors: [{ type: 'Cart', count: 1 }] },
    });
  });

  it('takes values of the app', async () => {
    const path = '/v1.0/metadata/my%20key';
    const answer = await call(sidecar, 'PUT', path, 'my value');
    expect(answer.status).toBe(204);
    const { extended } = await metadata();
    expect(extended).toMatchObject({ 'my key': 'my value' });
  });
});

describe('metadata of a sidecar with nothing', () => {
  it('leaves out what is empty', async () => {
    const sidecar = await startSidecar({ appId: 'bare' });
    try {
      const answer = await call(sidecar, 'GET', '/v1.0/metadata');
      const metadata = answer.json as Record<string, unknown>;
      expect(metadata).toMatchObject({ id: 'bare' });
      expect(metadata).not.toHaveProperty('actors');
      expect(metadata).not.toHaveProperty('components');
      expect(metadata).not.toHaveProperty('subscriptions');
      expect(metadata).not.toHaveProperty('httpEndpoints');
    } finally {
      await sidecar.stop();
    }
  });
});

describe('health', () => {
  let sidecar: Sidecar;
  beforeAll(async () => {
    sidecar = await startSidecar({ appId: 'healthy' });
  });
  afterAll(async () => {
    await sidecar?.stop();
  });

  it.each([
    '/v1.0/healthz',
    '/v1.0/healthz/outbound',
    '/v1.0/healthz?appid=healthy',
  ])('of a running sidecar is 204: %s', async (path) => {
    const answer = await call(sidecar, 'GET', path);
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
    expect(answer.headers).not.toHaveProperty('traceparent');
  });

  it.each(['other', ''])('of another app (%j) is 500', async (appId) => {
    const path = `/v1.0/healthz?appid=${appId}`;
    const answer = await call(sidecar, 'GET', path);
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_HEALTH_APPID_NOT_MATCH',
    });
    expect(messageOf(answer)).toBe('dapr app-id does not match');
  });
});
