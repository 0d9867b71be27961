import { Injectable } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Actor,
  ActorProxyFactory,
  ActorType,
  DaprClient,
  type ActorProxy,
} from '../../lib/index.js';
import { startBacking, type Backing } from '../support/backing.js';
import { callApp } from '../support/delivery.js';
import { runNest, type NestRun } from '../support/nest-run.js';

interface Lines {
  lines: unknown;
}

/** Reads and writes as its type says. */
@Injectable()
abstract class Basket extends Actor<Lines> {
  constructor(private readonly client: DaprClient) {
    super();
  }

  get(): Promise<unknown> {
    return this.state.get('lines');
  }

  set(lines: unknown): void {
    this.state.set('lines', lines);
  }

  /** As it stands in the store, put there past the type. */
  async store(type: string, value: unknown): Promise<void> {
    const request = { key: 'lines', value };
    await this.client.actor.stateTransaction(type, this.id, [
      { operation: 'upsert', request },
    ]);
  }
}

/** The first code: a list of names, and no word of versions. */
@ActorType('Bare')
class BareBasket extends Basket {}

/** Version 2: lines with a count. Version 1 had names in an object. */
@ActorType('Second', {
  state: {
    version: 2,
    readableBy: 1,
    upcast: (stored, version) => {
      const names =
        version === 0
          ? (stored as string[])
          : (stored as { names: string[] }).names;
      return { names, counts: names.map(() => 1) };
    },
  },
})
class SecondBasket extends Basket {}

const MARK = 'x-nestjs-dapr';

let ids = 0;

describe('state with a version', () => {
  let nest: NestRun;
  beforeAll(async () => {
    nest = await runNest({
      adapter: new ExpressAdapter(),
      providers: [BareBasket, SecondBasket],
    });
  });
  afterAll(() => nest.close());

  const newBasket = async (type: 'Bare' | 'Second', stored?: unknown) => {
    const id = `basket-${ids++}`;
    const basket: ActorProxy<Basket> = nest.app
      .get(ActorProxyFactory)
      .get<Basket>(type, id);
    if (stored !== undefined) {
      await basket.store(type, stored);
      await callApp(nest, 'DELETE', `/actors/${type}/${id}`);
    }
    const now = () => nest.client.actor.stateGet(type, id, 'lines');
    return { basket, stored: now };
  };

  it.each([
    ['no version at all', ['book'], { names: ['book'], counts: [1] }],
    [
      'an older one',
      { [MARK]: 1, version: 1, value: { names: ['pen'] } },
      { names: ['pen'], counts: [1] },
    ],
    [
      'its own',
      { [MARK]: 1, version: 2, value: { names: [], counts: [] } },
      { names: [], counts: [] },
    ],
    [
      'a newer one that it can work with',
      { [MARK]: 1, version: 3, readableBy: 2, value: { names: [], more: 1 } },
      { names: [], more: 1 },
    ],
    [
      'a newer one, in an envelope of a newer kind',
      { [MARK]: 9, version: 3, readableBy: 2, value: { more: 1 }, by: 'x' },
      { more: 1 },
    ],
  ])('is read from %s', async (_what, stored, value) => {
    const { basket } = await newBasket('Second', stored);
    expect(await basket.get()).toEqual(value);
  });

  it('is not read from a newer one that it can not work with, in words', async () => {
    const { basket } = await newBasket('Second', {
      [MARK]: 1,
      version: 3,
      value: 'of a shape to come',
    });
    await expect(basket.get()).rejects.toThrow(
      /"lines" of an actor Second was stored in version 3.*knows version 2/,
    );
  });

  it('is written in its own, and older code is told that it can read it', async () => {
    const { basket, stored } = await newBasket('Second', ['book']);
    await basket.set(await basket.get());
    expect(await stored()).toEqual({
      [MARK]: 1,
      version: 2,
      readableBy: 1,
      value: { names: ['book'], counts: [1] },
    });
  });

  it('stays bare where the type has none, and is read from one that allows it', async () => {
    const { basket, stored } = await newBasket('Bare', {
      [MARK]: 1,
      version: 1,
      readableBy: 0,
      value: ['book'],
    });
    expect(await basket.get()).toEqual(['book']);
    await basket.set(['book', 'pen']);
    expect(await stored()).toEqual(['book', 'pen']);
    const { basket: other } = await newBasket('Bare', {
      [MARK]: 1,
      version: 1,
      value: ['book'],
    });
    await expect(other.get()).rejects.toThrow(/knows none/);
  });
});

/** What a replica of each version makes of a ledger. */
interface Ledger {
  add(amount: number): Promise<{ by: string; total: number }>;
}

@ActorType('Ledger')
class OldLedger extends Actor<{ book: { total: number } }> implements Ledger {
  async add(amount: number): Promise<{ by: string; total: number }> {
    const book = await this.state.get('book', { total: 0 });
    const total = book.total + amount;
    this.state.set('book', { ...book, total });
    return { by: 'old', total };
  }
}

@ActorType('Ledger', {
  state: {
    version: 1,
    // It only added a member, which the old code hands on.
    readableBy: 0,
    upcast: (stored) => ({ entries: 0, ...(stored as { total: number }) }),
  },
})
class NewLedger
  extends Actor<{ book: { total: number; entries: number } }>
  implements Ledger
{
  async add(amount: number): Promise<{ by: string; total: number }> {
    const book = await this.state.get('book', { total: 0, entries: 0 });
    const total = book.total + amount;
    this.state.set('book', { total, entries: book.entries + 1 });
    return { by: 'new', total };
  }
}

// Two sidecars, and actors that move from one to the other.
const LIMIT = 60_000;

describe('replicas of old and of new code', () => {
  let backing: Backing;
  const runs: NestRun[] = [];
  beforeAll(async () => {
    backing = await startBacking('redis');
  });
  afterAll(async () => {
    for (const run of runs) await run.close();
    await backing.stop();
  });

  const run = async (ledger: typeof OldLedger | typeof NewLedger) => {
    const [beside] = runs;
    const nest = await runNest({
      adapter: new ExpressAdapter(),
      resources: backing.component('state', 'statestore', {
        actorStateStore: 'true',
      }),
      providers: [ledger],
      ...(beside && { beside }),
    });
    runs.push(nest);
    return nest;
  };

  const accounts = Array.from({ length: 20 }, (_, index) => `account-${index}`);

  const addAll = async (nest: NestRun): Promise<Set<string>> => {
    const factory = nest.app.get(ActorProxyFactory);
    const by = new Set<string>();
    for (const account of accounts) {
      const end = await factory.get<Ledger>('Ledger', account).add(1);
      expect(end.total).toBe((totals[account] ?? 0) + 1);
      totals[account] = end.total;
      by.add(end.by);
    }
    return by;
  };
  const totals: Record<string, number> = {};

  it(
    'run side by side where the new shape only adds to the old one',
    async () => {
      const old = await run(OldLedger);
      expect(await addAll(old)).toEqual(new Set(['old']));
      const fresh = await run(NewLedger);
      // Each serves some of the actors, wherever they are called.
      let by = new Set<string>();
      for (let rounds = 0; rounds < 50 && by.size < 2; rounds++)
        by = await addAll(rounds % 2 === 0 ? old : fresh);
      expect(by).toEqual(new Set(['old', 'new']));
    },
    LIMIT,
  );
});
