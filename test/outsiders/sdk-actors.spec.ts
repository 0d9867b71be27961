import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AbstractActor } from '@dapr/dapr';
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
import { runOfficial, type OfficialApp } from './official-sdk.js';

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

/** An actor of ours that calls it. */
@ActorType('Cart')
class Cart extends Actor {
  constructor(
    @InjectActors('Ledger') private readonly ledgers: Actors<Ledger>,
  ) {
    super();
  }

  async order(sku: string): Promise<number> {
    const line = { sku, quantity: 1 };
    return (await this.ledgers.get(this.id).book(line)).length;
  }
}

/** The official SDK's actor, described for our proxies. */
@ActorType('Ledger', { remote: true, arguments: 'spread' })
abstract class RemoteLedger {
  abstract shout(text: string): string;
  abstract count(first: number, second: number): string;
  abstract close(): string;
}

describe('actors of ours and of the official SDK', () => {
  let dapr: EmbeddedSidecar;
  let theirs: OfficialApp;
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
      }).setLogger(new CapturedLog()),
      { appId: 'ours' },
    );
  });
  afterAll(async () => {
    await dapr.close();
    await theirs.stop();
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
