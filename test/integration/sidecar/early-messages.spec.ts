import { afterEach, describe, expect, it } from '@jest/globals';
import {
  RecordingApp,
  type Received,
} from '../../conformance/recording-app.js';
import { call } from '../../conformance/wire.js';
import { Stage } from '../../support/stage.js';

const topic = (name: string) => ({
  pubsubname: 'pubsub',
  topic: name,
  route: `/${name}`,
});

const dataOf = (received: readonly Received[]): unknown[] =>
  received.map(({ json }) => (json as { data: unknown }).data);

describe('what is published before an application has told what it listens to', () => {
  let stage: Stage | undefined;
  let late: RecordingApp | undefined;
  afterEach(async () => {
    await stage?.[Symbol.asyncDispose]();
    await late?.close();
    stage = late = undefined;
  });

  /** The stage of `shop`, which listens to orders, and an application that has yet to tell. */
  async function open(...topics: string[]) {
    stage = await Stage.open({ subscriptions: [topic('orders')] });
    stage.app.on('POST /orders', {});
    late = await new RecordingApp().listen();
    late.on('GET /dapr/subscribe', { body: topics.map(topic) });
    for (const name of topics) late.on(`POST /${name}`, {});
    const { app, clock, engine } = stage;
    return { app, clock, engine, late };
  }

  it('waits for it, in order and once, whoever published it', async () => {
    const { app, engine, late } = await open('orders');
    const sidecar = await engine.openSidecar({ appId: 'late', httpPort: 0 });
    await stage!.publish('pubsub/orders', 'by another');
    await call(sidecar, 'POST', '/v1.0/publish/pubsub/orders', 'by itself');
    await engine.idle();
    expect(late.endpoints).toEqual([]);
    await sidecar.connect({ port: late.port });
    await stage!.publish('pubsub/orders', 'after');
    await engine.idle();
    const all = ['by another', 'by itself', 'after'];
    expect(dataOf(late.received('POST /orders'))).toEqual(all);
    expect(dataOf(app.received('POST /orders'))).toEqual(all);
  });

  it('waits for one that publishes while it answers for its subscriptions', async () => {
    const { engine, late } = await open('orders');
    const sidecar = await engine.openSidecar({ appId: 'late', httpPort: 0 });
    late.on('GET /dapr/subscribe', async () => {
      await call(sidecar, 'POST', '/v1.0/publish/pubsub/orders', 'meanwhile');
      return { body: [topic('orders')] };
    });
    await sidecar.connect({ port: late.port });
    await engine.idle();
    expect(dataOf(late.received('POST /orders'))).toEqual(['meanwhile']);
  });

  it('and expires before it has told does not reach it', async () => {
    const { clock, engine, late } = await open('orders');
    const sidecar = await engine.openSidecar({ appId: 'late', httpPort: 0 });
    await stage!.publish('pubsub/orders?metadata.ttlInSeconds=10', 'short');
    await stage!.publish('pubsub/orders?metadata.ttlInSeconds=100', 'long');
    await clock.advance('11s');
    await sidecar.connect({ port: late.port });
    await engine.idle();
    expect(dataOf(late.received('POST /orders'))).toEqual(['long']);
  });

  it('is gone, without a word, where it then does not listen to the topic', async () => {
    const { engine, late } = await open('refunds');
    const sidecar = await engine.openSidecar({ appId: 'late', httpPort: 0 });
    await stage!.publish('pubsub/orders', 'x');
    await sidecar.connect({ port: late.port });
    late.on('GET /dapr/subscribe', { body: [topic('orders')] });
    await sidecar.connect({ port: late.port });
    await engine.idle();
    expect(late.endpoints).not.toContain('POST /orders');
    expect(stage!.lines).toEqual([]);
  });

  it('waits only the first time: what nobody subscribed to then is gone', async () => {
    const { engine, late } = await open();
    const sidecar = await engine.openSidecar({ appId: 'late', httpPort: 0 });
    await sidecar.connect({ port: late.port });
    await sidecar.disconnect();
    await stage!.publish('pubsub/orders', 'x');
    late.on('GET /dapr/subscribe', { body: [topic('orders')] });
    await sidecar.connect({ port: late.port });
    await engine.idle();
    expect(late.endpoints).not.toContain('POST /orders');
  });

  it('waits as long as one of its sidecars is there', async () => {
    const { engine, late } = await open('orders');
    const options = { appId: 'late', httpPort: 0 };
    const first = await engine.openSidecar(options);
    const second = await engine.openSidecar(options);
    await stage!.publish('pubsub/orders', 'kept');
    await first.close();
    await second.connect({ port: late.port });
    await engine.idle();
    expect(dataOf(late.received('POST /orders'))).toEqual(['kept']);
  });

  it('is gone with the last sidecar that waited for it', async () => {
    const { engine, late } = await open('orders');
    const options = { appId: 'late', httpPort: 0 };
    const first = await engine.openSidecar(options);
    await stage!.publish('pubsub/orders', 'lost');
    await first.close();
    const second = await engine.openSidecar(options);
    await second.connect({ port: late.port });
    await engine.idle();
    expect(late.endpoints).not.toContain('POST /orders');
  });

  it('waits for no application where none is expected', async () => {
    const { engine, late } = await open('orders');
    const options = { appId: 'late', httpPort: 0, clientOnly: true };
    const sidecar = await engine.openSidecar(options);
    await call(sidecar, 'POST', '/v1.0/publish/pubsub/orders', 'x');
    await sidecar.connect({ port: late.port });
    await engine.idle();
    expect(late.endpoints).not.toContain('POST /orders');
  });
});
