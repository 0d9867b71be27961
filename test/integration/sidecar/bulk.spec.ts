import { afterEach, describe, expect, it } from '@jest/globals';
import { component, resources } from '../../conformance/components.js';
import type { Answer, Received } from '../../conformance/recording-app.js';
import { call } from '../../conformance/wire.js';
import { Stage, type StageOptions } from '../../support/stage.js';

const ORDERS = {
  pubsubname: 'pubsub',
  topic: 'orders',
  route: '/orders',
  bulkSubscribe: {
    enabled: true,
    maxMessagesCount: 3,
    maxAwaitDurationMs: 5000,
  },
};

function resiliency(direction: 'inbound' | 'outbound'): string {
  return `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: shop }
spec:
  policies: { retries: { again: { duration: 10s, maxRetries: 2 } } }
  targets: { components: { pubsub: { ${direction}: { retry: again } } } }
`;
}

interface Batch {
  readonly entries: readonly {
    readonly entryId: string;
    readonly event: { readonly data: string } | string;
  }[];
}

const textsOf = ({ json }: Received): string[] =>
  (json as Batch).entries.map(({ event }) =>
    typeof event === 'string' ? event : event.data,
  );

const answering =
  (status: (text: string) => string = () => 'SUCCESS') =>
  (received: Received): Answer => {
    const { entries } = received.json as Batch;
    const texts = textsOf(received);
    return {
      body: {
        statuses: entries.map(({ entryId }, index) => ({
          entryId,
          status: status(texts[index] ?? ''),
        })),
      },
    };
  };

describe('batches in the embedded sidecar', () => {
  let stage: Stage;
  const open = async (options: StageOptions = {}): Promise<Stage> =>
    (stage = await Stage.open({ subscriptions: [ORDERS], ...options }));
  afterEach(() => stage[Symbol.asyncDispose]());

  const batches = (path = 'orders', app = stage.app): string[][] =>
    app.received(`POST /${path}`).map(textsOf);
  const publish = async (...texts: string[]): Promise<void> => {
    for (const text of texts) await stage.publish('pubsub/orders', text);
  };

  it('wait for their time on the clock of the sidecar, which does not make it busy', async () => {
    const { app, engine, clock } = await open();
    app.on('POST /orders', answering());
    await publish('a');
    await clock.advance('3s');
    await publish('b');
    await engine.idle();
    expect(batches()).toEqual([]);
    await clock.advance('2s');
    expect(batches()).toEqual([['a', 'b']]);
    await publish('c');
    await clock.advance('4999ms');
    expect(batches()).toHaveLength(1);
    await clock.advance('1ms');
    expect(batches()).toEqual([['a', 'b'], ['c']]);
  });

  it('go out at once when they are full, in order, one after the other', async () => {
    const { app, engine, clock } = await open();
    let running = 0;
    let most = 0;
    app.on('POST /orders', async (received) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return answering()(received);
    });
    await publish('a', 'b', 'c', 'd', 'e', 'f', 'g');
    await engine.idle();
    expect(batches()).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ]);
    await clock.advance('5s');
    expect(batches()[2]).toEqual(['g']);
    expect(most).toBe(1);
  });

  it('have a hundred messages at most, and wait for a second, unless told otherwise', async () => {
    const bulkSubscribe = { enabled: true };
    const { app, engine, clock } = await open({
      subscriptions: [{ ...ORDERS, bulkSubscribe }],
    });
    app.on('POST /orders', answering());
    const entries = Array.from({ length: 101 }, (_, index) => ({
      entryId: String(index),
      event: String(index),
      contentType: 'text/plain',
    }));
    const path = '/v1.0/publish/bulk/pubsub/orders';
    await call(stage.sidecar, 'POST', path, entries);
    await engine.idle();
    expect(batches().map(({ length }) => length)).toEqual([100]);
    await clock.advance('1s');
    expect(batches().map(({ length }) => length)).toEqual([100, 1]);
  });

  it('stand in the transcript message by message', async () => {
    const { app, engine } = await open();
    app.on(
      'POST /orders',
      answering((text) => text),
    );
    await publish('SUCCESS', 'RETRY', 'DROP');
    await engine.idle();
    const entries = engine.transcript.of('topic');
    expect(entries.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['orders', 'SUCCESS'],
      ['orders', 'RETRY'],
      ['orders', 'DROP'],
    ]);
    expect(new Set(entries.map(({ eventId }) => eventId)).size).toBe(3);
    expect(stage.lines).toEqual([
      expect.stringContaining('failed in its handler, and is lost'),
    ]);
  });

  it('come again without what has gone well, on the clock of the sidecar', async () => {
    const { app, clock } = await open({
      resources: resources(
        component('pubsub.in-memory', 'pubsub'),
        resiliency('inbound'),
      ),
    });
    const times: number[] = [];
    const start = clock.now();
    app.on('POST /orders', (received) => {
      times.push(clock.now() - start);
      return answering((text) => (text === 'b' ? 'RETRY' : 'SUCCESS'))(
        received,
      );
    });
    await publish('a', 'b', 'c');
    await clock.advance('1h');
    expect(batches()).toEqual([['a', 'b', 'c'], ['b'], ['b']]);
    expect(times).toEqual([0, 10_000, 20_000]);
  });

  it('that were not full when their application went come back in order', async () => {
    const { app, engine, sidecar, clock } = await open();
    app.on('POST /orders', answering());
    await publish('a', 'b');
    await sidecar.disconnect();
    await publish('c', 'd');
    await clock.advance('1h');
    expect(batches()).toEqual([]);
    await sidecar.connect({ port: app.port });
    await engine.idle();
    expect(batches()).toEqual([['a', 'b', 'c']]);
  });

  it('that failed because their application went come back, and go on with their retries', async () => {
    const { app, engine, sidecar, clock } = await open({
      resources: resources(
        component('pubsub.in-memory', 'pubsub'),
        resiliency('inbound'),
      ),
    });
    app.on('POST /orders', { status: 503 });
    await publish('a', 'b', 'c');
    await clock.advance('10s');
    expect(batches()).toHaveLength(2);
    await sidecar.disconnect();
    await sidecar.connect({ port: app.port });
    await clock.advance('9s');
    expect(batches()).toHaveLength(2);
    await clock.advance('6s');
    await engine.idle();
    expect(batches()).toHaveLength(3);
    await clock.advance('1h');
    expect(batches()).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  });

  it('are shared by the processes of an application', async () => {
    const { app, clock } = await open();
    const twin = await stage.join('shop', [ORDERS]);
    for (const each of [app, twin.app]) each.on('POST /orders', answering());
    await publish('a', 'b', 'c', 'd');
    await clock.advance('5s');
    expect(
      [...batches().flat(), ...batches('orders', twin.app).flat()].sort(),
    ).toEqual(['a', 'b', 'c', 'd']);
    expect(batches().flat()).toHaveLength(2);
  });

  it('hold only what matches a rule, which sees a raw message as text', async () => {
    const rules = [{ match: 'event.startsWith("w")', path: '/w' }];
    const dead = { pubsubname: 'pubsub', topic: 'dead', route: '/dead' };
    const { app, clock } = await open({
      subscriptions: [
        {
          ...ORDERS,
          route: undefined,
          routes: { rules },
          metadata: { rawPayload: 'true' },
          deadLetterTopic: 'dead',
        },
        dead,
      ],
    });
    app.on('POST /w', answering()).on('POST /dead', {});
    for (const text of ['wide', 'narrow'])
      await stage.publish('pubsub/orders?metadata.rawPayload=true', text);
    await clock.advance('5s');
    expect(batches('w')).toEqual([[Buffer.from('wide').toString('base64')]]);
    // It is no event, so that its own subscription would have to be raw too.
    expect(stage.lines).toEqual([expect.stringContaining('topic "dead"')]);
    expect(app.endpoints).not.toContain('POST /');
  });
});

describe('several messages at once', () => {
  let stage: Stage;
  afterEach(() => stage[Symbol.asyncDispose]());
  const TOPIC = { pubsubname: 'pubsub', topic: 't', route: '/t' };
  const entries = ['a', 'b', 'c'].map((text) => ({
    entryId: text,
    event: text,
    contentType: 'text/plain',
  }));
  const publish = () =>
    call(stage.sidecar, 'POST', '/v1.0/publish/bulk/pubsub/t', entries);
  const got = (): unknown[] =>
    stage.app
      .received('POST /t')
      .map(({ json }) => (json as { data: unknown }).data);

  it('of which some can’t be published are answered with their ids', async () => {
    stage = await Stage.open({ subscriptions: [TOPIC] });
    stage.app.on('POST /t', {});
    stage.engine.faults.failNext('publish', 2);
    const answer = await publish();
    expect(answer.status).toBe(500);
    const error = 'injected fault at publish';
    expect(answer.json).toEqual({
      failedEntries: [
        { entryId: 'a', error },
        { entryId: 'b', error },
      ],
      errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE',
    });
    expect(answer.headers).toMatchObject({
      'metadata.responsedata': answer.text,
      'metadata.error': `api error: code = Internal desc = error when publishing to topic t in pubsub pubsub: ${error}`,
    });
    await stage.engine.idle();
    expect(got()).toEqual(['c']);
  });

  it('are published again under a policy, those that failed', async () => {
    stage = await Stage.open({
      subscriptions: [TOPIC],
      resources: resources(
        component('pubsub.in-memory', 'pubsub'),
        resiliency('outbound'),
      ),
    });
    stage.app.on('POST /t', {});
    stage.engine.faults.failNext('publish', 2);
    const answered = publish();
    await stage.app.next('POST /t');
    await stage.engine.idle();
    await stage.clock.advance('10s');
    expect((await answered).status).toBe(204);
    await stage.engine.idle();
    expect(got()).toEqual(['c', 'a', 'b']);
  });
});
