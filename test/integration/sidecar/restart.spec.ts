import { afterEach, describe, expect, it } from '@jest/globals';
import { component, resources } from '../../conformance/components.js';
import type { Received } from '../../conformance/recording-app.js';
import { call } from '../../conformance/wire.js';
import { Stage, type StageOptions } from '../../support/stage.js';

const ORDERS = { pubsubname: 'pubsub', topic: 'orders', route: '/orders' };
const RETRIES = `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: retries }
spec:
  policies: { retries: { thrice: { duration: 10s, maxRetries: 3 } } }
  targets: { components: { pubsub: { inbound: { retry: thrice } } } }
`;

const dataOf = (received: readonly Received[]): unknown[] =>
  received.map(({ json }) => (json as { data: unknown }).data);

describe('an application that goes and comes back', () => {
  let stage: Stage | undefined;
  const open = async (options: StageOptions = {}): Promise<Stage> =>
    (stage = await Stage.open({ subscriptions: [ORDERS], ...options }));
  afterEach(async () => {
    await stage?.[Symbol.asyncDispose]();
    stage = undefined;
  });

  it('gets what was published meanwhile, in order', async () => {
    const { app, engine, sidecar } = await open();
    app.on('POST /orders', {});
    await sidecar.disconnect();
    for (const text of ['a', 'b', 'c'])
      await stage!.publish('pubsub/orders', text);
    await engine.idle();
    expect(app.received('POST /orders')).toHaveLength(0);
    await sidecar.connect({ port: app.port });
    await engine.idle();
    expect(dataOf(app.received('POST /orders'))).toEqual(['a', 'b', 'c']);
  });

  it('gets it by another sidecar too, after its own was closed', async () => {
    const { engine, sidecar } = await open();
    const other = await stage!.join('mail');
    await sidecar.close();
    await call(other.sidecar, 'POST', '/v1.0/publish/pubsub/orders', 'kept');
    const back = await stage!.join('shop', [ORDERS]);
    await engine.idle();
    // It was not told what to answer, and 404 is a drop.
    expect(dataOf(back.app.received('POST /orders'))).toEqual(['kept']);
  });

  it('gets a message again whose delivery failed because it went', async () => {
    const { app, engine, sidecar } = await open();
    app.on('POST /orders', async () => {
      void sidecar.disconnect();
      await new Promise((resolve) => setImmediate(resolve));
      return { status: 503 };
    });
    await stage!.publish('pubsub/orders', 'first');
    await stage!.publish('pubsub/orders', 'second');
    await engine.idle();
    expect(app.received('POST /orders')).toHaveLength(1);
    app.on('POST /orders', {});
    await sidecar.connect({ port: app.port });
    await engine.idle();
    expect(dataOf(app.received('POST /orders'))).toEqual([
      'first',
      'first',
      'second',
    ]);
    expect(stage!.lines).toEqual([]);
  });

  it('does not get a message again that it still handled', async () => {
    const { app, engine, sidecar } = await open();
    app.on('POST /orders', async () => {
      void sidecar.disconnect();
      await new Promise((resolve) => setImmediate(resolve));
      return {};
    });
    await stage!.publish('pubsub/orders');
    await engine.idle();
    await sidecar.connect({ port: app.port });
    await engine.idle();
    expect(app.received('POST /orders')).toHaveLength(1);
  });

  it('goes on with the retries of before: neither sooner nor more often', async () => {
    const { app, clock, sidecar } = await open({
      resources: resources(component('pubsub.in-memory', 'pubsub'), RETRIES),
    });
    const start = clock.now();
    const times: number[] = [];
    app.on('POST /orders', () => {
      times.push(clock.now() - start);
      return { status: 500 };
    });
    await stage!.publish('pubsub/orders');
    await clock.advance('12s');
    await sidecar.disconnect();
    await clock.advance('3s');
    await sidecar.connect({ port: app.port });
    await clock.advance('1h');
    expect(times).toEqual([0, 10_000, 20_000, 30_000]);
  });

  it('lets the deliveries under way end before it is gone', async () => {
    const { app, sidecar } = await open();
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    app.on('POST /orders', () => finished.then(() => ({})));
    await stage!.publish('pubsub/orders');
    await app.next('POST /orders');
    let gone = false;
    const leaving = sidecar.disconnect().then(() => (gone = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(gone).toBe(false);
    finish();
    await leaving;
    const [delivery] = stage!.engine.transcript.of('topic');
    expect(delivery?.outcome).toBe('SUCCESS');
  });

  it('is asked for everything anew, and may subscribe to other topics', async () => {
    const { app, engine, sidecar, lines } = await open();
    await sidecar.disconnect();
    await stage!.publish('pubsub/orders');
    app
      .on('GET /dapr/subscribe', {
        body: [{ pubsubname: 'pubsub', topic: 'refunds', route: '/refunds' }],
      })
      .on('POST /refunds', {});
    await sidecar.connect({ port: app.port });
    await stage!.publish('pubsub/orders');
    await stage!.publish('pubsub/refunds');
    await engine.idle();
    expect(app.received('POST /refunds')).toHaveLength(1);
    expect(app.endpoints).not.toContain('POST /orders');
    expect(lines).toEqual([
      expect.stringMatching(/^1 waiting messages are lost/),
    ]);
    for (const path of ['/dapr/config', '/dapr/subscribe'])
      expect(app.received(`GET ${path}`)).toHaveLength(2);
  });

  it('keeps its messages when it can not tell its subscriptions at once', async () => {
    const { app, engine, sidecar } = await open();
    await sidecar.disconnect();
    await stage!.publish('pubsub/orders', 'kept');
    app.on('GET /dapr/subscribe', { status: 500 });
    await sidecar.connect({ port: app.port });
    await sidecar.disconnect();
    app.on('GET /dapr/subscribe', { body: [ORDERS] }).on('POST /orders', {});
    await sidecar.connect({ port: app.port });
    await engine.idle();
    expect(dataOf(app.received('POST /orders'))).toEqual(['kept']);
  });

  it('hands its work to the process that stays', async () => {
    const { app, engine, sidecar } = await open();
    const twin = await stage!.join('shop', [ORDERS]);
    twin.app.on('POST /orders', {});
    await sidecar.disconnect();
    for (const text of ['a', 'b']) {
      const path = '/v1.0/publish/pubsub/orders';
      await call(twin.sidecar, 'POST', path, text);
    }
    await engine.idle();
    expect(dataOf(twin.app.received('POST /orders'))).toEqual(['a', 'b']);
    expect(app.endpoints).not.toContain('POST /orders');
  });

  it('is not found by others while it is gone', async () => {
    const { app, sidecar } = await open();
    const other = await stage!.join('mail');
    app.on('GET /hello', { body: 'hi' });
    const hello = () =>
      call(other.sidecar, 'GET', '/v1.0/invoke/shop/method/hello');
    expect((await hello()).text).toBe('hi');
    await sidecar.disconnect();
    expect((await hello()).json).toEqual({
      errorCode: 'ERR_DIRECT_INVOKE',
      message:
        'failed to invoke, id: shop, err: no host found with the given ID',
    });
    const health = await call(sidecar, 'GET', '/v1.0/healthz');
    expect(health.status).toBe(500);
    await sidecar.connect({ port: app.port });
    expect((await hello()).text).toBe('hi');
    expect((await call(sidecar, 'GET', '/v1.0/healthz')).status).toBe(204);
  });

  it('may come back without having said goodbye', async () => {
    const { engine, sidecar } = await open();
    const again = await stage!.join('other');
    again.app.on('GET /dapr/subscribe', { body: [ORDERS] });
    again.app.on('POST /orders', {});
    await sidecar.connect({ port: again.app.port });
    await stage!.publish('pubsub/orders');
    await engine.idle();
    expect(again.app.received('POST /orders')).toHaveLength(1);
    expect(stage!.app.endpoints).not.toContain('POST /orders');
  });
});
