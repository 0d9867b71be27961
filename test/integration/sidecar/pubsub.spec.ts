import { afterEach, describe, expect, it } from '@jest/globals';
import { component, resources } from '../../conformance/components.js';
import type { Received } from '../../conformance/recording-app.js';
import { Stage, type StageOptions } from '../../support/stage.js';

const ORDERS = { pubsubname: 'pubsub', topic: 'orders', route: '/orders' };

function resiliency(retry: string, timeout = ''): string {
  return `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: shop }
spec:
  policies:
    timeouts: { ${timeout && `late: ${timeout}`} }
    retries: { again: { ${retry} } }
  targets:
    components:
      pubsub: { inbound: { retry: again${timeout && ', timeout: late'} } }
`;
}

const dataOf = (received: readonly Received[]): unknown[] =>
  received.map(({ json }) => (json as { data: unknown }).data);

describe('messages in the embedded sidecar', () => {
  let stage: Stage | undefined;
  const open = async (options: StageOptions = {}): Promise<Stage> =>
    (stage = await Stage.open({ subscriptions: [ORDERS], ...options }));
  afterEach(async () => {
    await stage?.[Symbol.asyncDispose]();
    stage = undefined;
  });

  it('are answered for when they are queued, not when they are handled', async () => {
    const { app, engine, ...rest } = await open();
    void rest;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    app.on('POST /orders', () => finished.then(() => ({})));
    const answers = await Promise.all([
      stage!.publish('pubsub/orders', 'a'),
      stage!.publish('pubsub/orders', 'b'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([204, 204]);
    finish();
    await engine.idle();
    expect(app.received('POST /orders')).toHaveLength(2);
  });

  it('of one subscription are handled one after the other, in order', async () => {
    const { app, engine } = await open();
    let running = 0;
    let most = 0;
    app.on('POST /orders', async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return {};
    });
    for (let n = 0; n < 20; n += 1)
      await stage!.publish('pubsub/orders', String(n));
    await engine.idle();
    expect(most).toBe(1);
    expect(dataOf(app.received('POST /orders'))).toEqual(
      Array.from({ length: 20 }, (_, n) => String(n)),
    );
  });

  it('may be published from the handler of the same topic', async () => {
    const { app, engine } = await open();
    app.on('POST /orders', async ({ json }) => {
      const { data } = json as { data: string };
      if (data.length < 3) await stage!.publish('pubsub/orders', `${data}!`);
      return {};
    });
    await stage!.publish('pubsub/orders', 'a');
    await engine.idle();
    expect(dataOf(app.received('POST /orders'))).toEqual(['a', 'a!', 'a!!']);
  });

  it('come once to every application, and once to all its processes together', async () => {
    const { app, engine } = await open();
    const twin = await stage!.join('shop', [ORDERS]);
    const other = await stage!.join('mail', [ORDERS]);
    for (const each of [app, twin.app, other.app]) each.on('POST /orders', {});
    for (let n = 0; n < 10; n += 1)
      await stage!.publish('pubsub/orders', String(n));
    await engine.idle();
    const own = app.received('POST /orders').length;
    const twins = twin.app.received('POST /orders').length;
    expect(own + twins).toBe(10);
    expect(Math.min(own, twins)).toBeGreaterThan(0);
    expect(other.app.received('POST /orders')).toHaveLength(10);
  });

  it('come by every subscription that fits the topic, wildcards among them', async () => {
    const { app, engine } = await open({
      subscriptions: [
        ORDERS,
        { pubsubname: 'pubsub', topic: 'ord*', route: '/some' },
        { pubsubname: 'pubsub', topic: '*', route: '/all' },
      ],
    });
    for (const route of ['orders', 'some', 'all']) app.on(`POST /${route}`, {});
    for (const topic of ['orders', 'ord', 'x'])
      await stage!.publish(`pubsub/${topic}`, topic);
    await engine.idle();
    expect(dataOf(app.received('POST /orders'))).toEqual(['orders']);
    expect(dataOf(app.received('POST /some'))).toEqual(['orders']);
    expect(dataOf(app.received('POST /all'))).toEqual(['orders', 'ord', 'x']);
  });

  it('take a star as a letter on brokers that have no wildcards', async () => {
    const { app, engine } = await open({
      resources: component('pubsub.redis', 'pubsub'),
      subscriptions: [{ pubsubname: 'pubsub', topic: 'o*', route: '/orders' }],
    });
    app.on('POST /orders', {});
    await stage!.publish('pubsub/orders', 'no');
    await stage!.publish('pubsub/o*', 'yes');
    await engine.idle();
    expect(dataOf(app.received('POST /orders'))).toEqual(['yes']);
  });

  it('with a time to live expire by the clock of the sidecar', async () => {
    const dead = { pubsubname: 'pubsub', topic: 'dead', route: '/dead' };
    const { app, engine, clock } = await open({
      subscriptions: [{ ...ORDERS, deadLetterTopic: 'dead' }, dead],
    });
    await stage!.sidecar.disconnect();
    await stage!.publish('pubsub/orders?metadata.ttlInSeconds=10', 'short');
    await stage!.publish('pubsub/orders?metadata.ttlInSeconds=100', 'long');
    await clock.advance('11s');
    app.on('POST /orders', {}).on('POST /dead', {});
    await stage!.sidecar.connect({ port: app.port });
    await engine.idle();
    expect(dataOf(app.received('POST /orders'))).toEqual(['long']);
    expect(app.received('POST /dead')).toHaveLength(0);
  });

  it('are retried by the inbound policy, on the clock of the sidecar', async () => {
    const { app, clock } = await open({
      resources: resources(
        component('pubsub.in-memory', 'pubsub'),
        resiliency('policy: exponential, maxInterval: 1s, maxRetries: 4'),
      ),
    });
    const times: number[] = [];
    const start = clock.now();
    app.on('POST /orders', () => {
      times.push(clock.now() - start);
      return { status: 500 };
    });
    await stage!.publish('pubsub/orders');
    await clock.advance('1h');
    expect(times).toEqual([0, 500, 1250, 2250, 3250]);
    expect(stage!.lines.at(-1)).toContain('is lost');
  });

  it('are retried only for the statuses that the policy names', async () => {
    const { app, clock } = await open({
      resources: resources(
        component('pubsub.in-memory', 'pubsub'),
        resiliency(
          'duration: 1s, maxRetries: 2, matching: { httpStatusCodes: "429,501-503" }',
        ),
      ),
    });
    const count = async (status: number): Promise<number> => {
      const before = app.received('POST /orders').length;
      app.on('POST /orders', { status });
      await stage!.publish('pubsub/orders');
      await clock.advance('1m');
      return app.received('POST /orders').length - before;
    };
    expect(await count(500)).toBe(1);
    expect(await count(502)).toBe(3);
    expect(await count(429)).toBe(3);
  });

  it('are cut after the timeout of the policy, and that counts as a failure', async () => {
    const { app, clock } = await open({
      resources: resources(
        component('pubsub.in-memory', 'pubsub'),
        resiliency('duration: 1s, maxRetries: 1', '5s'),
      ),
      subscriptions: [
        { ...ORDERS, deadLetterTopic: 'dead' },
        { pubsubname: 'pubsub', topic: 'dead', route: '/dead' },
      ],
    });
    app
      .on('POST /orders', () => new Promise(() => undefined))
      .on('POST /dead', {});
    await stage!.publish('pubsub/orders');
    await clock.advance('4s');
    expect(app.received('POST /dead')).toHaveLength(0);
    await clock.advance('1m');
    expect(app.received('POST /orders')).toHaveLength(2);
    expect(app.received('POST /dead')).toHaveLength(1);
  });

  it('of a dead letter topic keep the topic that they were published to', async () => {
    const { app, engine } = await open({
      subscriptions: [
        { ...ORDERS, deadLetterTopic: 'dead' },
        { pubsubname: 'pubsub', topic: 'dead', route: '/dead' },
      ],
    });
    app.on('POST /orders', { body: { status: 'DROP' } }).on('POST /dead', {});
    await stage!.publish('pubsub/orders');
    await engine.idle();
    const [letter] = app.received('POST /dead');
    expect(letter?.json).toMatchObject({ topic: 'orders', data: 'text' });
  });

  it('that fail without retry or dead letter topic are named as lost, without their payload', async () => {
    const { app, engine, lines } = await open();
    app.on('POST /orders', { status: 500 });
    await stage!.publish('pubsub/orders', 'very-secret');
    await engine.idle();
    expect(lines).toEqual([
      expect.stringMatching(
        /topic "orders" on "pubsub" failed in its handler, and is lost/,
      ),
    ]);
    expect(lines.join()).not.toContain('very-secret');
  });

  it('stand in the transcript with how they ended', async () => {
    const { app, engine, sidecar } = await open();
    app.on('POST /orders', ({ json }) => ({
      body: { status: (json as { data: string }).data },
    }));
    for (const status of ['SUCCESS', 'RETRY', 'DROP', 'shipped'])
      await stage!.publish('pubsub/orders', status);
    await engine.idle();
    const entries = engine.transcript.of('topic');
    expect(entries.map(({ outcome }) => outcome)).toEqual([
      'SUCCESS',
      'RETRY',
      'DROP',
      'RETRY',
    ]);
    expect(entries[0]).toMatchObject({
      appId: sidecar.appId,
      name: 'orders',
      eventId: expect.any(String),
    });
  });

  it('can be made to fail at publishing', async () => {
    const { engine } = await open();
    engine.faults.failNext('publish');
    const failed = await stage!.publish('pubsub/orders');
    expect(failed.status).toBe(500);
    expect(failed.json).toMatchObject({
      errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE',
      message:
        'error when publishing to topic orders in pubsub pubsub: injected fault at publish',
    });
    expect((await stage!.publish('pubsub/orders')).status).toBe(204);
  });

  it('of topics outside the subscription scopes are not delivered, others are', async () => {
    const { app, engine, lines } = await open({
      resources: component('pubsub.in-memory', 'pubsub', {
        subscriptionScopes: 'shop=orders;mail=',
      }),
      subscriptions: [
        ORDERS,
        { pubsubname: 'pubsub', topic: 'secrets', route: '/secrets' },
        { pubsubname: 'nowhere', topic: 't', route: '/t' },
      ],
    });
    app.on('POST /orders', {});
    await stage!.publish('pubsub/secrets');
    await stage!.publish('pubsub/orders');
    await engine.idle();
    expect(app.endpoints).not.toContain('POST /secrets');
    expect(app.received('POST /orders')).toHaveLength(1);
    expect(lines).toEqual([
      expect.stringMatching(/topic "secrets" on "pubsub": .*scopes/),
      expect.stringMatching(/no pub\/sub component "nowhere"/),
    ]);
  });
});
