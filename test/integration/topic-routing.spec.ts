import { Controller, type Type } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import {
  DropMessageException,
  PubSubContext,
  Subscribe,
  type DaprModuleOptions,
} from '../../lib/index.js';
import type { CapturedLog } from '../support/captured-log.js';
import { deliver, subscriptionsOf } from '../support/delivery.js';
import { startNestApp } from '../support/nest-app.js';
import { IN_MEMORY, runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { refusalOf } from '../support/refusal.js';
import { until } from '../support/until.js';

/** A second broker, to show that the same topic of another one is another topic. */
const TWO_BROKERS = `${IN_MEMORY}---
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: other }
spec: { type: pubsub.in-memory, version: v1, metadata: [] }
`;

const STRANGE = 'eu/orders?a=b#c d+%25é';

const ran: string[] = [];

@Controller()
class Rules {
  @Subscribe('pubsub', 'ruled')
  onRest(@Payload() payload: unknown): void {
    ran.push(`rest ${String(payload)}`);
  }

  @Subscribe('pubsub', 'ruled', {
    match: 'event.data.startsWith("a")',
    priority: 2,
  })
  onA(@Payload() payload: unknown): void {
    ran.push(`a ${String(payload)}`);
  }

  @Subscribe('pubsub', 'ruled', {
    match: 'event.data.endsWith("z")',
    priority: -1,
  })
  @Subscribe('pubsub', 'ruled', {
    match: 'has(event.subject) && event.subject == "z"',
    priority: 7,
  })
  onZ(@Payload() payload: unknown, @Ctx() context: PubSubContext): void {
    ran.push(`z ${String(payload)}${context.event.subject ?? ''}`);
  }
}

@Controller()
class OnlyRules {
  @Subscribe('pubsub', 'only', {
    match: 'event.data > 10',
    deadLetterTopic: 'only-dead',
  })
  onBig(@Payload() payload: unknown): void {
    ran.push(`big ${String(payload)}`);
  }

  @Subscribe('pubsub', 'only-dead')
  onDead(@Payload() payload: unknown): void {
    ran.push(`dead ${String(payload)}`);
  }
}

@Controller()
class Brokers {
  @Subscribe('pubsub', 'shared')
  @Subscribe('other', 'shared')
  onShared(@Payload() payload: unknown, @Ctx() context: PubSubContext): void {
    ran.push(`${context.pubsubName} ${String(payload)}`);
  }

  @Subscribe('pubsub', STRANGE)
  onStrange(@Payload() payload: unknown, @Ctx() context: PubSubContext): void {
    ran.push(`${context.topic} ${String(payload)}`);
  }
}

@Controller()
class Refusing {
  @Subscribe('pubsub', 'plain')
  onPlain(@Payload() payload: unknown): void {
    ran.push(`plain ${String(payload)}`);
    throw new DropMessageException();
  }

  @Subscribe('pubsub', 'plain.dead')
  onDead(@Payload() payload: unknown, @Ctx() context: PubSubContext): void {
    ran.push(`dead ${String(payload)} of ${context.event.topic}`);
    throw new DropMessageException();
  }

  @Subscribe('pubsub', 'own', { deadLetterTopic: 'own-dead' })
  @Subscribe('other', 'plain.dead')
  onOwn(): void {
    ran.push('own');
  }
}

describe.each(platforms)('routing on %s', (_platform, adapter) => {
  describe('by rules', () => {
    let nest: NestRun;

    beforeAll(async () => {
      nest = await runNest({
        adapter: adapter(),
        resources: TWO_BROKERS,
        controllers: [Rules, OnlyRules, Brokers],
      });
    });
    afterAll(() => nest.close());
    beforeEach(() => {
      ran.length = 0;
      nest.log.lines.length = 0;
    });

    const publish = (topic: string, data: unknown, subject?: string) =>
      nest.client.pubsub.publish('pubsub', topic, data, {
        contentType: 'application/json',
        ...(subject && { metadata: { 'cloudevent.subject': subject } }),
      });
    const runs = async (count: number): Promise<string[]> => {
      await until(() => ran.length >= count);
      return [...ran];
    };

    it('the handler of the one rule that matches runs, and no other [H4]', async () => {
      await publish('ruled', 'ab');
      await publish('ruled', 'yz');
      await publish('ruled', 'm');
      expect(await runs(3)).toEqual(['a ab', 'z yz', 'rest m']);
    });

    it('of several rules that match the lowest priority wins, wherever it stands [H4]', async () => {
      await publish('ruled', 'a-z', 'z');
      await publish('ruled', 'a', 'z');
      await publish('ruled', 'b', 'z');
      expect(await runs(3)).toEqual(['z a-zz', 'a a', 'z bz']);
    });

    it('a message that no rule of its topic matches is dropped, and logged [H17] [H8]', async () => {
      await publish('only', 5);
      await publish('only', 50);
      expect((await runs(2)).sort()).toEqual(['big 50', 'dead 5']);
      const [line, ...others] = nest.log.of('warn');
      expect(line).toContain('topic "only" of "pubsub" matched no rule');
      expect(others).toEqual([]);
    });

    it('a route of ours takes what no rule matches and answers DROP [H17]', async () => {
      const event = { specversion: '1.0', id: '1', source: 's', type: 't' };
      const answer = await deliver(nest, 'only', event);
      expect(answer.status).toBe(200);
      expect(answer.json).toEqual({ status: 'DROP' });
    });

    it('the same topic of another broker is another topic', async () => {
      await nest.client.pubsub.publish('other', 'shared', 'a');
      expect(await runs(1)).toEqual(['other a']);
      await publish('shared', 'b');
      expect(await runs(2)).toEqual(['other a', 'pubsub b']);
    });

    it('a topic may have any name [C4]', async () => {
      await publish(STRANGE, 'x');
      expect(await runs(1)).toEqual([`${STRANGE} x`]);
    });

    it('every rule and every topic has a path of its own, of characters that need no escaping', async () => {
      const paths = (await subscriptionsOf(nest)).flatMap((entry) => [
        ...(entry.route === undefined ? [] : [entry.route]),
        ...(entry.routes?.rules ?? []).map(({ path }) => path),
        ...(entry.routes?.default === undefined ? [] : [entry.routes.default]),
      ]);
      expect(new Set(paths).size).toBe(paths.length);
      expect(paths.filter((path) => !/^[\w/-]+$/.test(path))).toEqual([]);
    });
  });

  describe('of dead letters by an option for all', () => {
    let nest: NestRun;

    beforeAll(async () => {
      nest = await runNest({
        adapter: adapter(),
        resources: TWO_BROKERS,
        controllers: [Refusing],
        dapr: {
          subscriptions: { deadLetterTopic: (topic) => `${topic}.dead` },
        },
      });
    });
    afterAll(() => nest.close());
    beforeEach(() => {
      ran.length = 0;
    });

    it('a refused message goes to the topic that the option names, and from there to no other [H8]', async () => {
      await nest.client.pubsub.publish('pubsub', 'plain', '1');
      await nest.client.pubsub.publish('pubsub', 'plain', '2');
      await until(() => ran.length >= 4);
      expect([...ran].sort()).toEqual([
        'dead 1 of plain',
        'dead 2 of plain',
        'plain 1',
        'plain 2',
      ]);
    });

    it('the option leaves alone what names its own and what is one itself, broker by broker', async () => {
      const entries = await subscriptionsOf(nest);
      const found = entries.map(({ pubsubname, topic, deadLetterTopic }) => [
        `${pubsubname} ${topic}`,
        deadLetterTopic,
      ]);
      expect(Object.fromEntries(found)).toEqual({
        'pubsub plain': 'plain.dead',
        'pubsub plain.dead': undefined,
        'pubsub own': 'own-dead',
        'other plain.dead': 'plain.dead.dead',
      });
    });

    it('no topic is left to be warned of', () => {
      expect(nest.log.of('warn', 'dead letter')).toEqual([]);
    });
  });

  describe('under deployed names', () => {
    @Controller()
    class Written {
      @Subscribe('broker', 'orders', { deadLetterTopic: 'refused' })
      onOrder(
        @Payload() payload: unknown,
        @Ctx() context: PubSubContext,
      ): void {
        ran.push(`${context.pubsubName} ${context.topic} ${String(payload)}`);
        throw new DropMessageException();
      }

      @Subscribe('broker', 'refused')
      onRefused(@Payload() payload: unknown): void {
        ran.push(`refused ${String(payload)}`);
      }

      @Subscribe('broker', 'constructor')
      onUnnamed(@Payload() payload: unknown): void {
        ran.push(`unnamed ${String(payload)}`);
      }
    }

    it('brokers, topics and dead letter topics of decorators are renamed', async () => {
      ran.length = 0;
      const nest = await runNest({
        adapter: adapter(),
        controllers: [Written],
        dapr: {
          names: {
            broker: 'pubsub',
            orders: 'orders-eu',
            refused: 'refused-eu',
            unused: undefined,
          },
        },
      });
      try {
        await nest.client.pubsub.publish('pubsub', 'orders-eu', 'x');
        await until(() => ran.length === 2);
        expect(ran).toEqual(['pubsub orders-eu x', 'refused x']);
        await nest.client.pubsub.publish('pubsub', 'constructor', 'y');
        await until(() => ran.length === 3);
        expect(ran[2]).toBe('unnamed y');
      } finally {
        await nest.close();
      }
    });
  });

  describe('at start', () => {
    const start = async (controllers: Type[]): Promise<CapturedLog> => {
      const app = await startNestApp({ adapter: adapter(), controllers });
      await app.close();
      return app.log;
    };
    const refusal = (controllers: Type[], dapr: DaprModuleOptions = {}) =>
      refusalOf({ adapter: adapter(), controllers, dapr });
    /** A controller of that name with one handler of the topic `t` per list of options. */
    const controller = (
      name: string,
      ...options: Parameters<typeof Subscribe>[2][]
    ): Type => {
      const type = { [name]: class {} }[name] as Type;
      options.forEach((each, index) => {
        const key = `on${index}`;
        const descriptor = { value: () => undefined, configurable: true };
        Object.defineProperty(type.prototype, key, descriptor);
        Subscribe('pubsub', 't', each)(
          type.prototype as object,
          key,
          descriptor,
        );
      });
      Controller()(type);
      return type;
    };

    it('two handlers of one topic are refused by name [H4] [I2]', async () => {
      const message = await refusal([controller('A', {}), controller('B', {})]);
      expect(message).toContain('A.on0 and B.on0 both subscribe to topic "t"');
    });

    it('two handlers of one rule are refused by name [H4]', async () => {
      const match = 'event.type == "x"';
      const message = await refusal([
        controller('A', { match, priority: 1 }),
        controller('B', { match, priority: 2 }),
      ]);
      expect(message).toContain('A.on0 and B.on0');
      expect(message).toContain(JSON.stringify(match));
    });

    it('two topics that deploy under one name are one topic [H4]', async () => {
      @Controller()
      class Two {
        @Subscribe('pubsub', 'a')
        a(): void {}
        @Subscribe('pubsub', 'b')
        b(): void {}
      }
      const message = await refusal([Two], { names: { a: 'b' } });
      expect(message).toContain('Two.a and Two.b');
    });

    it('two rules of one priority are refused by name', async () => {
      const message = await refusal([
        controller('A', { match: 'event.type == "x"' }),
        controller('B', { match: 'event.type == "y"' }),
      ]);
      expect(message).toContain('A.on0 and B.on0 both have priority 0');
    });

    it('a match that is no CEL is refused, with its place and the reason', async () => {
      const message = await refusal([
        controller('A', { match: 'event.type = 1' }),
      ]);
      expect(message).toContain('"event.type = 1" of A.on0 is no CEL');
    });

    it.each<[string, object, object]>([
      ['deadLetterTopic', { deadLetterTopic: 'x' }, { deadLetterTopic: 'y' }],
      ['metadata', { metadata: { a: '1' } }, { metadata: { a: '2' } }],
      ['rawPayload', { rawPayload: true }, { rawPayload: false }],
    ])(
      'two handlers of a topic with a different %s are refused by name',
      async (key, one, two) => {
        const message = await refusal([
          controller('A', one, { ...two, match: 'true', priority: 1 }),
        ]);
        expect(message).toContain(
          `A.on0 and A.on1 give topic "t" of "pubsub" a different "${key}"`,
        );
      },
    );

    it('what belongs to a topic may stand on several of its handlers', async () => {
      await start([
        controller(
          'A',
          { metadata: { a: '1', b: '2' }, deadLetterTopic: 'x' },
          { metadata: { b: '2', a: '1' }, match: 'true', priority: 1 },
        ),
      ]);
    });

    it('a topic that is its own dead letter topic is refused', async () => {
      const message = await refusal([
        controller('A', { deadLetterTopic: 't' }),
      ]);
      expect(message).toContain('A.on0');
      expect(message).toContain('its own dead letter topic');
    });

    it.each(['pubsub', 't'])(
      'an empty deployed name of %s is refused',
      async (name) => {
        const message = await refusal([controller('A', {})], {
          names: { [name]: '' },
        });
        expect(message).toContain('A.on0');
      },
    );

    it('topics that would lose messages are named in one line', async () => {
      @Controller()
      class Some {
        @Subscribe('pubsub', 'loses')
        @Subscribe('other', 'dead')
        @Subscribe('pubsub', 'keeps', { deadLetterTopic: 'dead' })
        @Subscribe('pubsub', 'dead')
        handle(): void {}
      }
      const log = await start([Some]);
      const [line, ...others] = log.of('warn', 'dead letter topic');
      expect(line).toContain('"loses" of "pubsub"');
      expect(line).toContain('"dead" of "other"');
      expect(line).not.toContain('keeps');
      expect(line).not.toContain('"dead" of "pubsub"');
      expect(others).toEqual([]);
    });
  });
});
