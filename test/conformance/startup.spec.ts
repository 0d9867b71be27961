import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  sidecarKind,
  startSidecar,
  type Sidecar,
  type SidecarOptions,
} from '../support/sidecar.js';
import { freePort } from '../dapr/ports.js';
import { component, resources } from './components.js';
import {
  RecordingApp,
  type Answering,
  type Received,
} from './recording-app.js';
import { call, errorOf } from './wire.js';

const PUBSUB = component('pubsub.in-memory', 'pubsub');
const STORE = component('state.in-memory', 'store', {
  actorStateStore: 'true',
});

describe('at its start a sidecar', () => {
  let app: RecordingApp;
  let sidecar: Sidecar | undefined;

  beforeEach(() => {
    app = new RecordingApp();
  });
  afterEach(async () => {
    await sidecar?.stop();
    sidecar = undefined;
    await app.close();
  });

  const start = async (options: SidecarOptions = {}): Promise<Sidecar> => {
    await app.listen();
    sidecar = await startSidecar({ appId: 'starting', app, ...options });
    return sidecar;
  };
  const metadata = async (): Promise<Record<string, unknown>> => {
    const answer = await call(sidecar as Sidecar, 'GET', '/v1.0/metadata');
    return answer.json as Record<string, unknown>;
  };
  const hostedTypes = async (): Promise<unknown> => {
    const { actors } = (await metadata()) as { actors?: { type: string }[] };
    return (actors ?? []).map(({ type }) => type).sort();
  };

  it('serves its APIs before the app listens, and is healthy only after that', async () => {
    const port = await freePort();
    sidecar = await startSidecar({
      appId: 'starting',
      app: { port },
      until: 'outbound',
    });
    const outbound = await call(sidecar, 'GET', '/v1.0/healthz/outbound');
    expect(outbound.status).toBe(204);
    expect(errorOf(await call(sidecar, 'GET', '/v1.0/healthz'))).toEqual({
      status: 500,
      errorCode: 'ERR_HEALTH_NOT_READY',
    });
    expect((await call(sidecar, 'GET', '/v1.0/metadata')).status).toBe(200);
    await app.listen(port);
    await sidecar.ready();
    expect((await call(sidecar, 'GET', '/v1.0/healthz')).status).toBe(204);
    expect(app.endpoints[0]).toBe('GET /dapr/config');
  });

  // So that what an app publishes while it starts reaches its own handlers in development.
  const early = sidecarKind === 'embedded' ? 'keeps' : 'loses';
  it(`${early} what is published before the app has told what it listens to`, async () => {
    app
      .on('GET /dapr/subscribe', {
        body: [{ pubsubname: 'pubsub', topic: 't', route: '/t' }],
      })
      .on('POST /t', {});
    const port = await freePort();
    sidecar = await startSidecar({
      appId: 'starting',
      app: { port },
      resources: PUBSUB,
      until: 'outbound',
    });
    const path = '/v1.0/publish/pubsub/t';
    expect((await call(sidecar, 'POST', path, 'early')).status).toBe(204);
    await app.listen(port);
    await sidecar.ready();
    await call(sidecar, 'POST', path, 'late');
    const is = (data: string) => (each: Received) =>
      (each.json as { data: unknown }).data === data;
    await app.until(() => app.received('POST /t').some(is('late')), 'late');
    expect(app.received('POST /t').some(is('early'))).toBe(early === 'keeps');
  });

  it('asks for configuration, then subscriptions, then which bindings are wanted', async () => {
    app.on('GET /dapr/subscribe', { body: [] });
    await start({
      resources: resources(
        PUBSUB,
        component('bindings.cron', 'tick', { schedule: '@every 1h' }),
      ),
    });
    expect(app.endpoints).toEqual([
      'GET /dapr/config',
      'GET /dapr/subscribe',
      'OPTIONS /tick',
    ]);
  });

  it('names the app in those questions and sends no trace', async () => {
    await start({ resources: PUBSUB });
    for (const endpoint of ['GET /dapr/config', 'GET /dapr/subscribe']) {
      const { headers } = await app.next(endpoint);
      expect(headers).toMatchObject({
        'content-type': 'application/json',
        'dapr-app-id': 'starting',
        'accept-encoding': 'gzip',
        'user-agent': 'Go-http-client/1.1',
      });
      expect(headers).not.toHaveProperty('traceparent');
      expect(headers).not.toHaveProperty('dapr-api-token');
    }
  });

  it('does not ask for subscriptions where there is no pub/sub', async () => {
    await start({ resources: STORE });
    expect(app.endpoints).toEqual(['GET /dapr/config']);
  });

  it('asks once only', async () => {
    await start({ resources: PUBSUB });
    expect(app.received('GET /dapr/config')).toHaveLength(1);
    expect(app.received('GET /dapr/subscribe')).toHaveLength(1);
  });

  it.each<[string, Answering]>([
    ['404', { status: 404 }],
    ['500', { status: 500 }],
    ['an empty body', {}],
    ['a body that is not JSON', { body: '<html>' }],
    [
      'a wrapped list',
      { body: { data: [{ pubsubname: 'pubsub', topic: 't', route: '/t' }] } },
    ],
  ])(
    'is healthy, and has no subscription, when /dapr/subscribe is answered with %s',
    async (_what, answer) => {
      app.on('GET /dapr/subscribe', answer);
      await start({ resources: PUBSUB });
      expect(
        (await call(sidecar as Sidecar, 'GET', '/v1.0/healthz')).status,
      ).toBe(204);
      expect(await metadata()).not.toHaveProperty('subscriptions');
    },
  );

  it('asks for subscriptions again when the connection was closed', async () => {
    let asked = 0;
    app.on('GET /dapr/subscribe', () =>
      ++asked < 3
        ? 'cut'
        : { body: [{ pubsubname: 'pubsub', topic: 't', route: '/t' }] },
    );
    await start({ resources: PUBSUB });
    const { subscriptions } = await metadata();
    expect(subscriptions).toEqual([expect.objectContaining({ topic: 't' })]);
  });

  it('takes no subscription of a list with a rule that does not compile', async () => {
    app.on('GET /dapr/subscribe', {
      body: [
        { pubsubname: 'pubsub', topic: 'good', route: '/good' },
        {
          pubsubname: 'pubsub',
          topic: 'bad',
          routes: {
            rules: [{ match: 'event.type ==', path: '/x' }],
            default: '/y',
          },
        },
      ],
    });
    await start({ resources: PUBSUB });
    expect(await metadata()).not.toHaveProperty('subscriptions');
  });

  it('leaves out a subscription without a route', async () => {
    app.on('GET /dapr/subscribe', {
      body: [
        { pubsubname: 'pubsub', topic: 'nowhere' },
        { pubsubname: 'pubsub', topic: 'here', route: '/here' },
      ],
    });
    await start({ resources: PUBSUB });
    const { subscriptions } = await metadata();
    expect(subscriptions).toEqual([expect.objectContaining({ topic: 'here' })]);
  });

  it('subscribes as files say, for the apps in their scopes', async () => {
    app.on('POST /new', {}).on('POST /old', {});
    const { httpPort } = await start({
      resources: resources(
        PUBSUB,
        subscription('v2alpha1', 'new', 'routes:\n    default: /new'),
        subscription('v1alpha1', 'old', 'route: /old'),
        `${subscription('v2alpha1', 'other', 'routes:\n    default: /other')}scopes: [other]\n`,
      ),
    });
    for (const topic of ['new', 'old']) {
      await call({ httpPort }, 'POST', `/v1.0/publish/pubsub/${topic}`, 'x');
      await app.next(`POST /${topic}`);
    }
    const { subscriptions } = (await metadata()) as {
      subscriptions: { topic: string; type: string }[];
    };
    expect(
      subscriptions.map(({ topic, type }) => [topic, type]).sort(),
    ).toEqual([
      ['new', 'DECLARATIVE'],
      ['old', 'DECLARATIVE'],
    ]);
  });

  it('prefers the app’s own subscription to that of a file', async () => {
    app
      .on('GET /dapr/subscribe', {
        body: [{ pubsubname: 'pubsub', topic: 't', route: '/own' }],
      })
      .on('POST /own', {})
      .on('POST /file', {});
    const { httpPort } = await start({
      resources: resources(
        PUBSUB,
        subscription('v2alpha1', 't', 'routes:\n    default: /file'),
      ),
    });
    await call({ httpPort }, 'POST', '/v1.0/publish/pubsub/t', 'x');
    await app.next('POST /own');
    expect(app.received('POST /file')).toEqual([]);
  });

  it('leaves out components that are scoped to other apps', async () => {
    await start({
      resources: resources(
        `${component('state.in-memory', 'theirs')}scopes: [other]\n`,
        `${component('state.in-memory', 'mine')}scopes: [starting]\n`,
      ),
    });
    const { components } = (await metadata()) as {
      components: { name: string }[];
    };
    expect(components.map(({ name }) => name)).toEqual(['mine']);
  });

  it('hosts the actor types that the app names', async () => {
    app.on('GET /dapr/config', { body: { entities: ['Cart', 'Order'] } });
    await start({ resources: STORE });
    expect(await hostedTypes()).toEqual(['Cart', 'Order']);
  });

  it('takes every documented member of the configuration', async () => {
    app.on('GET /dapr/config', {
      body: {
        entities: ['Cart', 'Order'],
        actorIdleTimeout: '1h30m',
        actorScanInterval: '30s',
        drainOngoingCallTimeout: '10s',
        drainRebalancedActors: true,
        reentrancy: { enabled: true, maxStackDepth: 5 },
        remindersStoragePartitions: 0,
        entitiesConfig: [
          {
            entities: ['Order'],
            actorIdleTimeout: '5s',
            reentrancy: { enabled: false },
          },
        ],
      },
    });
    await start({ resources: STORE });
    expect(await hostedTypes()).toEqual(['Cart', 'Order']);
  });

  it.each<[string, Answering]>([
    ['is answered 201', { status: 201, body: { entities: ['Cart'] } }],
    ['is answered 500', { status: 500 }],
    ['is answered 404', { status: 404 }],
    ['holds no JSON', { body: 'oops' }],
    [
      'has a duration that Go does not know',
      { body: { entities: ['Cart'], actorIdleTimeout: 'PT1H' } },
    ],
  ])(
    'is healthy, and hosts no actors, when the configuration %s',
    async (_what, answer) => {
      app.on('GET /dapr/config', answer);
      await start({ resources: STORE });
      expect(await hostedTypes()).toEqual([]);
    },
  );

  it('goes on with a bad duration of single types, and with settings of types not named', async () => {
    app.on('GET /dapr/config', {
      body: {
        entities: ['Cart'],
        entitiesConfig: [
          { entities: ['Cart'], actorIdleTimeout: '1d' },
          { entities: ['Nobody'], actorIdleTimeout: '1h' },
        ],
      },
    });
    await start({ resources: STORE });
    expect(await hostedTypes()).toEqual(['Cart']);
  });
});

function subscription(version: string, topic: string, route: string): string {
  return `apiVersion: dapr.io/${version}
kind: Subscription
metadata:
  name: ${topic}-${version}
spec:
  pubsubname: pubsub
  topic: ${topic}
  ${route}
`;
}
