import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:net';
import { systemClock } from '../../../lib/protocol/clock.js';
import { startEngine } from '../../../lib/sidecar/embedded.js';
import type { Engine } from '../../../lib/sidecar/engine.js';
import { component } from '../../conformance/components.js';
import { RecordingApp } from '../../conformance/recording-app.js';
import { call } from '../../conformance/wire.js';
import { Stage, type StageOptions } from '../../support/stage.js';

const ORDERS = { pubsubname: 'pubsub', topic: 'orders', route: '/orders' };

async function listen(port: number, host?: string): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  return server;
}

describe('the engine of the embedded sidecar', () => {
  const engines: Engine[] = [];
  let stage: Stage | undefined;
  const start = async (): Promise<Engine> => {
    const engine = await startEngine();
    engines.push(engine);
    return engine;
  };
  const open = async (options: StageOptions = {}): Promise<Stage> =>
    (stage = await Stage.open(options));
  afterEach(async () => {
    await stage?.[Symbol.asyncDispose]();
    stage = undefined;
    for (const engine of engines.splice(0)) await engine.close();
  });

  it('runs on the time of the machine unless told otherwise', async () => {
    expect((await start()).clock).toBe(systemClock);
  });

  it('has the components of dapr init without any resources', async () => {
    const { sidecar } = await open();
    const { json } = await call(sidecar, 'GET', '/v1.0/metadata');
    expect(json).toMatchObject({
      id: 'shop',
      components: [
        { name: 'pubsub', type: 'pubsub.in-memory' },
        { name: 'statestore', type: 'state.in-memory' },
      ],
    });
  });

  it('says which port is taken and what to do', async () => {
    const engine = await start();
    const taken = await listen(0, '127.0.0.1');
    const { port } = taken.address() as { port: number };
    await expect(
      engine.openSidecar({ appId: 'a', httpPort: port }),
    ).rejects.toThrow(
      `Port ${port} for the embedded sidecar's HTTP API is not to be had (EADDRINUSE)`,
    );
    taken.close();
  });

  it('gives two sidecars two ports when nobody asks for one', async () => {
    const engine = await start();
    const first = await engine.openSidecar({ appId: 'a' });
    const second = await engine.openSidecar({ appId: 'b' });
    expect(second.httpPort).not.toBe(first.httpPort);
    expect([first.httpPort, second.httpPort]).not.toContain(0);
  });

  it('listens on the loopback interface only', async () => {
    const { httpPort } = await (
      await start()
    ).openSidecar({
      appId: 'a',
      httpPort: 0,
    });
    // Whoever listens on a second address of the loopback network proves that the port is free there.
    const other = await listen(httpPort, '127.0.0.2');
    other.close();
  });

  it('frees its ports when it closes, and may be closed twice', async () => {
    const engine = await start();
    const sidecar = await engine.openSidecar({ appId: 'a', httpPort: 0 });
    await Promise.all([engine.close(), sidecar.close()]);
    const again = await listen(sidecar.httpPort, '127.0.0.1');
    again.close();
    await expect(sidecar.connect({ port: 1 })).rejects.toThrow('is closed');
  });

  it('waits for an application that does not listen yet', async () => {
    const engine = await start();
    const app = await new RecordingApp().listen();
    const { port } = app;
    await app.close();
    const sidecar = await engine.openSidecar({ appId: 'a', httpPort: 0 });
    let ready = false;
    const connected = sidecar.connect({ port }).then(() => (ready = true));
    const health = await call(sidecar, 'GET', '/v1.0/healthz/outbound');
    expect(health.status).toBe(204);
    expect(ready).toBe(false);
    const late = await new RecordingApp().listen(port);
    await connected;
    expect(late.endpoints).toEqual(['GET /dapr/config', 'GET /dapr/subscribe']);
    await late.close();
  });

  it('gives up waiting for an application when it closes', async () => {
    const engine = await start();
    const app = await new RecordingApp().listen();
    const { port } = app;
    await app.close();
    const sidecar = await engine.openSidecar({ appId: 'a', httpPort: 0 });
    const connected = sidecar.connect({ port });
    const rejected = expect(connected).rejects.toThrow(
      'application a disconnects',
    );
    await sidecar.close();
    await rejected;
  });

  it('takes a channel of any kind for the application', async () => {
    const engine = await start();
    const asked: string[] = [];
    const answer = (path: string) => {
      asked.push(path);
      return { status: 404, headers: {}, body: Buffer.alloc(0) };
    };
    const sidecar = await engine.openSidecar({ appId: 'a', httpPort: 0 });
    await sidecar.connect({
      request: ({ path }) => Promise.resolve(answer(path)),
      stream: () => Promise.reject(new Error('not called')),
      close: () => Promise.resolve(),
    });
    expect(asked).toEqual(['/dapr/config', '/dapr/subscribe']);
    expect(sidecar.isReady).toBe(true);
  });

  it('is idle when nothing is in flight, though messages wait for an application', async () => {
    const { app, engine, sidecar } = await open({ subscriptions: [ORDERS] });
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    app.on('POST /orders', () => finished.then(() => ({})));
    await stage!.publish('pubsub/orders');
    await app.next('POST /orders');
    let idle = false;
    const waited = engine.idle().then(() => (idle = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(idle).toBe(false);
    finish();
    await waited;
    await sidecar.disconnect();
    await stage!.publish('pubsub/orders');
    await engine.idle();
  });

  it('keeps components from applications outside their scopes', async () => {
    const scoped = `${component('pubsub.in-memory', 'private')}scopes: [mail]\n`;
    const { sidecar } = await open({ resources: scoped });
    const other = await stage!.join('mail');
    expect((await stage!.publish('private/t')).status).toBe(404);
    const path = '/v1.0/publish/private/t';
    expect((await call(other.sidecar, 'POST', path, 'x')).status).toBe(204);
    const { json } = await call(sidecar, 'GET', '/v1.0/metadata');
    expect(json).not.toHaveProperty('components');
  });

  it('refuses an application in scope of a component that it does not have, and no other', async () => {
    const kafka = `${component('bindings.kafka', 'events')}scopes: [mail]\n`;
    const { engine } = await open({ resources: kafka });
    await expect(
      engine.openSidecar({ appId: 'mail', httpPort: 0 }),
    ).rejects.toThrow(
      /Component "events" is of type bindings\.kafka, which the embedded sidecar does not have/,
    );
  });

  it('shuts a sidecar down by its API', async () => {
    const { engine } = await open();
    const app = await new RecordingApp().listen();
    const sidecar = await engine.openSidecar({ appId: 'a', httpPort: 0 });
    await sidecar.connect({ port: app.port });
    const answer = await call(sidecar, 'POST', '/v1.0/shutdown');
    expect(answer.status).toBe(204);
    await sidecar.close();
    await expect(call(sidecar, 'GET', '/v1.0/healthz')).rejects.toThrow(
      'ECONNREFUSED',
    );
    await app.close();
  });
});

describe('metadata of the embedded sidecar', () => {
  it('tells subscriptions, resiliency, features and what the application put there', async () => {
    await using stage = await Stage.open({
      resources: `${component('pubsub.redis', 'pubsub')}---
apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata: { name: config }
spec:
  features:
    - { name: ActorStateTTL, enabled: true }
    - { name: Other, enabled: false }
---
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: patient }
spec: { policies: {}, targets: {} }
---
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata: { name: refunds }
spec:
  pubsubname: pubsub
  topic: refunds
  deadLetterTopic: dead
  routes:
    rules: [{ match: 'event.type == "big"', path: /big }]
    default: /refunds
---
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata: { name: orders }
spec: { pubsubname: pubsub, topic: orders, routes: { default: /old } }
`,
      subscriptions: [ORDERS],
    });
    const { sidecar, app } = stage;
    await call(sidecar, 'PUT', '/v1.0/metadata/colour', 'blue');
    const { json, text } = await call(sidecar, 'GET', '/v1.0/metadata');
    expect(text.endsWith('\n')).toBe(true);
    expect(json).toEqual({
      id: 'shop',
      runtimeVersion: expect.stringContaining('embedded'),
      enabledFeatures: ['ActorStateTTL'],
      components: [{ name: 'pubsub', type: 'pubsub.redis', version: 'v1' }],
      extended: {
        daprRuntimeVersion: expect.any(String),
        colour: 'blue',
      },
      subscriptions: [
        {
          pubsubname: 'pubsub',
          topic: 'orders',
          rules: [{ path: '/orders' }],
          deadLetterTopic: '',
          type: 'PROGRAMMATIC',
        },
        {
          pubsubname: 'pubsub',
          topic: 'refunds',
          rules: [
            { match: 'event.type == "big"', path: '/big' },
            { path: '/refunds' },
          ],
          deadLetterTopic: 'dead',
          type: 'DECLARATIVE',
        },
      ],
      appConnectionProperties: {
        port: app.port,
        protocol: 'http',
        channelAddress: '127.0.0.1',
      },
      actorRuntime: {
        runtimeStatus: 'RUNNING',
        hostReady: true,
        placement: 'placement: connected',
      },
      resiliencies: [{ name: 'patient' }],
    });
    expect(stage.lines).toEqual([
      expect.stringContaining('"pubsub" (pubsub.redis) is served from memory'),
    ]);
  });
});
