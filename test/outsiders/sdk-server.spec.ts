import {
  AbstractActor,
  ActorId,
  ActorProxyBuilder,
  DaprPubSubStatusEnum,
  HttpMethod,
  Temporal,
  type DaprServer,
} from '@dapr/dapr';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { rm } from 'node:fs/promises';
import { EmbeddedSidecar } from '../../lib/testing/index.js';
import { IN_MEMORY, RETRIES } from '../support/nest-run.js';
import { folderWith } from '../support/stage.js';
import { runOfficial, type OfficialApp } from './official-sdk.js';

const CRON = `
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: stocktaking }
spec:
  type: bindings.cron
  version: v1
  metadata:
    - { name: schedule, value: '@every 1m' }
`;

interface Order {
  readonly sku: string;
  readonly answer?: DaprPubSubStatusEnum;
}

const seconds = (count: number): Temporal.Duration =>
  Temporal.Duration.from({ seconds: count });

const log: unknown[][] = [];

class Counter extends AbstractActor {
  override async onActivate(): Promise<void> {
    log.push(['activated', this.getActorId().getId()]);
  }

  override async onDeactivate(): Promise<void> {
    log.push(['deactivated', this.getActorId().getId()]);
  }

  async add(first: number, second: number): Promise<number> {
    const state = this.getStateManager<number>();
    const [isThere, total] = await state.tryGetState('total');
    const sum = (isThere ? (total ?? 0) : 0) + first + second;
    await state.setState('total', sum);
    return sum;
  }

  async fail(): Promise<void> {
    throw new Error('boom');
  }

  async startTimer(): Promise<void> {
    const [due, period] = [seconds(5), seconds(10)];
    await this.registerActorTimer(
      'clock',
      'tick',
      due,
      period,
      undefined,
      'tock',
    );
  }

  async stopTimer(): Promise<void> {
    await this.unregisterActorTimer('clock');
  }

  async tick(data: unknown): Promise<void> {
    log.push(['tick', data]);
  }

  async remind(): Promise<void> {
    const due = seconds(3600);
    // An object would arrive as the text [object Object]: the SDK reads data as text first.
    await this.registerActorReminder('later', due, undefined, undefined, 'tea');
  }

  override async receiveReminder(data: unknown): Promise<void> {
    log.push(['reminder', data]);
  }
}

async function register({
  pubsub,
  binding,
  invoker,
  actor,
}: DaprServer): Promise<void> {
  await pubsub.subscribe('pubsub', 'greetings', async (data: unknown) => {
    log.push(['greeting', data]);
  });
  await pubsub.subscribeWithOptions('pubsub', 'orders', {
    deadLetterTopic: 'orders-dead',
    // A handler that throws has handled its message, for this SDK: only a status says otherwise.
    callback: async ({ sku, answer }: Order) => {
      log.push(['order', sku]);
      return answer;
    },
  });
  // The SDK has a deadLetterCallback, but tells Dapr of no subscription to the dead letter topic, so nobody calls it.
  await pubsub.subscribe('pubsub', 'orders-dead', async ({ sku }: Order) => {
    log.push(['dead', sku]);
  });
  await pubsub.subscribeWithOptions('pubsub', 'news', {
    route: {
      default: '/all',
      rules: [{ match: 'event.type == "urgent"', path: '/urgent' }],
    },
  });
  for (const route of ['/all', '/urgent'])
    pubsub.subscribeToRoute('pubsub', 'news', route, async (data: unknown) => {
      log.push([route, data]);
    });
  await binding.receive('stocktaking', async () => {
    log.push(['stocktaking']);
  });
  await invoker.listen(
    'checkout',
    async ({ body, headers }) => ({
      cart: JSON.parse(body ?? ''),
      customer: (headers as Record<string, string>)['x-customer'],
    }),
    { method: HttpMethod.POST },
  );
  await actor.init();
  await actor.registerActor(Counter);
}

describe("an app on the official SDK's server, with the embedded sidecar", () => {
  let folder: string;
  let dapr: EmbeddedSidecar;
  let app: OfficialApp;

  beforeAll(async () => {
    folder = await folderWith(`${IN_MEMORY}---${RETRIES}---${CRON}`);
    dapr = await EmbeddedSidecar.start({ appId: 'theirs', resources: folder });
    app = await runOfficial(dapr, register, {
      actor: { actorIdleTimeout: '10m' },
    });
  });
  afterAll(async () => {
    await dapr.close();
    await app.stop();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    log.length = 0;
  });

  const publish = async (
    topic: string,
    data: object,
    metadata: Record<string, string> = {},
  ): Promise<void> => {
    await dapr.client.pubsub.publish('pubsub', topic, data, { metadata });
    await dapr.idle();
  };

  const counter = (id: string): Counter =>
    new ActorProxyBuilder(Counter, app.server.client).build(new ActorId(id));

  it('was asked in the order in which Dapr asks', () => {
    const asked = dapr.transcript
      .all()
      .map(({ kind, outcome }) => [kind, outcome]);
    expect(asked.slice(0, 3)).toEqual([
      ['config', '200'],
      ['subscribe', '200'],
      ['probe', '200'],
    ]);
  });

  it('gets the messages of its topics', async () => {
    await publish('greetings', { hello: 'you' });
    expect(log).toEqual([['greeting', { hello: 'you' }]]);
  });

  it('gets a message again that it wants retried, and drops what it refuses to the dead letter topic', async () => {
    await publish('orders', { sku: 'refused', answer: 'DROP' });
    expect(log).toEqual([
      ['order', 'refused'],
      ['dead', 'refused'],
    ]);
    log.length = 0;
    await publish('orders', { sku: 'stuck', answer: 'RETRY' });
    await dapr.clock.advance('1s');
    expect(log.map(([what]) => what)).toEqual([
      ...Array.from({ length: 4 }, () => 'order'),
      'dead',
    ]);
  });

  it('gets messages by its rules', async () => {
    await publish('news', { n: 1 }, { 'cloudevent.type': 'urgent' });
    await publish('news', { n: 2 });
    expect(log).toEqual([
      ['/urgent', { n: 1 }],
      ['/all', { n: 2 }],
    ]);
  });

  it('gets the ticks of a cron binding', async () => {
    await dapr.clock.advance('2m');
    expect(log).toEqual([['stocktaking'], ['stocktaking']]);
  });

  it('is invoked by its id', async () => {
    const cart = { sku: 'book' };
    expect(
      await dapr.client.invoker.invoke('theirs', 'checkout', 'post', cart, {
        headers: { 'x-customer': 'alice' },
      }),
    ).toEqual({ cart, customer: 'alice' });
  });

  it('hosts actors that keep their state, and are put away when they idle', async () => {
    expect(await counter('a').add(1, 2)).toBe(3);
    expect(await counter('a').add(3, 4)).toBe(10);
    expect(log).toEqual([['activated', 'a']]);
    await dapr.clock.advance('11m');
    expect(log.filter(([what]) => what !== 'stocktaking')).toEqual([
      ['activated', 'a'],
      ['deactivated', 'a'],
    ]);
    expect(await counter('a').add(0, 1)).toBe(11);
  });

  it("gets an actor's failure as Dapr passes it on", async () => {
    await expect(counter('b').fail()).rejects.toThrow(
      'ERR_ACTOR_INVOKE_METHOD',
    );
  });

  it('gets the timers and reminders of its actors', async () => {
    await counter('c').startTimer();
    await dapr.clock.advance('16s');
    await counter('c').stopTimer();
    await counter('c').remind();
    await dapr.clock.advance('1m');
    expect(log.filter(([what]) => what === 'tick')).toEqual([
      ['tick', 'tock'],
      ['tick', 'tock'],
    ]);
    await dapr.clock.advance('1h');
    expect(log.filter(([what]) => what === 'reminder')).toEqual([
      ['reminder', 'tea'],
    ]);
  });
});
