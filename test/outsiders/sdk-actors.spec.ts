import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  AbstractActor,
  ActorId,
  ActorProxyBuilder,
  type DaprClient,
} from '@dapr/dapr';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Actor,
  ActorInvocationError,
  ActorProxyFactory,
  ActorType,
  DaprModule,
  getActorsToken,
  InjectActors,
  Actors,
} from '../../lib/index.js';
import { EmbeddedSidecar } from '../../lib/testing/index.js';
import { CapturedLog } from '../support/captured-log.js';
import {
  officialClient,
  runOfficial,
  type OfficialApp,
} from './official-sdk.js';

interface Line {
  readonly sku: string;
  readonly quantity: number;
}

/** An actor on the official SDK. */
class Ledger extends AbstractActor {
  async book(line: Line): Promise<Line[]> {
    const state = this.getStateManager<Line[]>();
    const [isThere, lines] = await state.tryGetState('lines');
    const booked = [...(isThere ? (lines ?? []) : []), line];
    await state.setState('lines', booked);
    return booked;
  }

  async count(first: number, second: number): Promise<number> {
    return first + second;
  }

  async shout(text: string): Promise<string> {
    return text.toUpperCase();
  }

  async close(): Promise<void> {}

  async fail(): Promise<void> {
    throw new Error('boom');
  }
}

/** An actor of ours, whose callers are on the official SDK: it is named as their proxies name it, by the class. */
@ActorType('Cart', { arguments: 'spread' })
class Cart extends Actor<{ lines: Line[] }> {
  constructor(
    @InjectActors('Ledger') private readonly ledgers: Actors<Ledger>,
  ) {
    super();
  }

  async add(sku: string, quantity: number): Promise<Line[]> {
    const lines = await this.state.get('lines', []);
    this.state.set('lines', [...lines, { sku, quantity }]);
    return this.lines();
  }

  lines(): Promise<Line[]> {
    return this.state.get('lines', []);
  }

  what(...args: unknown[]): unknown[] {
    return args;
  }

  async order(sku: string): Promise<number> {
    const line = { sku, quantity: 1 };
    return (await this.ledgers.get(this.id).book(line)).length;
  }

  nothing(): void {}

  fail(): never {
    throw new RangeError('too many');
  }
}

/** The same actor, described for our proxies. */
@ActorType('Ledger', { remote: true, arguments: 'spread' })
abstract class RemoteLedger {
  abstract shout(text: string): string;
  abstract count(first: number, second: number): string;
  abstract close(): string;
}

const log = new CapturedLog();

describe('actors of ours and of the official SDK', () => {
  let dapr: EmbeddedSidecar;
  let theirs: OfficialApp;
  let client: DaprClient;
  let ours: INestApplication;

  beforeAll(async () => {
    dapr = await EmbeddedSidecar.start({ appId: 'theirs' });
    theirs = await runOfficial(dapr, async ({ actor }) => {
      await actor.init();
      await actor.registerActor(Ledger);
    });
    ours = await dapr.run(
      Test.createTestingModule({
        imports: [DaprModule.forRoot(), DaprModule.forFeature([RemoteLedger])],
        providers: [Cart],
      }).setLogger(log),
      { appId: 'ours' },
    );
    client = officialClient(dapr);
  });
  afterAll(async () => {
    await client.stop();
    await dapr.close();
    await theirs.stop();
  });

  describe('the official proxy of an actor of ours', () => {
    const cart = (id: string): Cart =>
      new ActorProxyBuilder(Cart, client).build(new ActorId(id));

    it('gives it all arguments and gets its results', async () => {
      await cart('a').add('book', 1);
      expect(await cart('a').add('pen', 2)).toEqual([
        { sku: 'book', quantity: 1 },
        { sku: 'pen', quantity: 2 },
      ]);
      expect(await cart('b').lines()).toEqual([]);
    });

    it.each<[string, unknown[]]>([
      ['no argument', []],
      ['text', ['book']],
      ['a number', [0]],
      ['an object', [{ sku: 'book' }]],
      ['a list as the only argument [A21]', [['book', 'pen']]],
      ['several', [null, false, '', { sku: 'book' }]],
    ])('arrives as it was called: %s', async (_what, args) => {
      expect(await cart('a').what(...args)).toEqual(args);
    });

    it('gets an empty answer where there is no result', async () => {
      // The SDK makes text of an empty body.
      expect(await cart('a').nothing()).toBe('');
    });

    it('rejects when the actor throws [A7]', async () => {
      await expect(cart('a').fail()).rejects.toThrow('ERR_ACTOR_INVOKE_METHOD');
      expect(log.of('error', 'too many')).toHaveLength(1);
    });

    it('rejects for what can not be called from outside [A10]', async () => {
      const hidden = cart('a') as unknown as { onActivate(): Promise<void> };
      await expect(hidden.onActivate()).rejects.toThrow(
        'actor method not found',
      );
    });
  });

  describe('our proxy of an actor of the official SDK', () => {
    const ledger = (id: string) => dapr.actor<Ledger>('Ledger', id);

    it('takes its bare answers as they are', async () => {
      const line = { sku: 'book', quantity: 1 };
      expect(await ledger('a').book(line)).toEqual([line]);
      expect(await ledger('a').book(line)).toEqual([line, line]);
    });

    it('gives it several arguments', async () => {
      // Their server answers with text what is no object.
      expect(await ledger('a').count(1, 2)).toBe('3');
    });

    // Their server takes no bare JSON but objects and lists (the strict mode of body-parser), and spreads lists.
    it('gives it a single argument that is no object where it is told to spread them [A21]', async () => {
      const factory = ours.get(ActorProxyFactory);
      const told = factory.get<Ledger>('Ledger', 'a', { arguments: 'spread' });
      expect(await told.shout('book')).toBe('BOOK');
      await expect(ledger('a').shout('book')).rejects.toThrow(
        ActorInvocationError,
      );
    });

    it('spreads the arguments where the class that describes it says so [A21]', async () => {
      const injected = ours.get<Actors<RemoteLedger>>(
        getActorsToken(RemoteLedger),
      );
      for (const remote of [injected.get('a'), dapr.actor(RemoteLedger, 'a')]) {
        expect(await remote.shout('book')).toBe('BOOK');
        expect(await remote.count(1, 2)).toBe('3');
        expect(await remote.close()).toBe('undefined');
      }
    });

    it('gets what their server writes where there is no result', async () => {
      expect(await ledger('a').close()).toBe('undefined');
    });

    it('rejects when the actor throws', async () => {
      await expect(ledger('a').fail()).rejects.toMatchObject({
        name: 'ActorInvocationError',
        status: 500,
      });
    });
  });

  it('call each other in the middle of a turn', async () => {
    const cart = dapr.actor(Cart, 'mixed');
    expect(await cart.order('book')).toBe(1);
    expect(await cart.order('pen')).toBe(2);
  });
});
