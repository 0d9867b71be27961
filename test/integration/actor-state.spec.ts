import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  Actor,
  ActorInvocationError,
  ActorProxyFactory,
  ActorType,
} from '../../lib/index.js';
import { callApp } from '../support/delivery.js';
import { clientProtocol, runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';

interface CartState {
  items: string[];
  note: unknown;
  bulk: string;
}

@ActorType('Cart')
class CartActor extends Actor<CartState> {
  async add(sku: string): Promise<number> {
    const items = [...(await this.items()), sku];
    this.state.set('items', items);
    return items.length;
  }

  items(): Promise<string[]> {
    return this.state.get('items', []);
  }

  async addAndFail(sku: string): Promise<void> {
    await this.add(sku);
    this.state.remove('note');
    throw new Error('out of stock');
  }

  /** More than the sidecar takes in one request. */
  async addTooMuch(sku: string): Promise<void> {
    await this.add(sku);
    this.state.set('bulk', 'x'.repeat(5 * 1024 * 1024));
  }

  setNote(note: unknown): void {
    this.state.set('note', note);
  }

  removeNote(): void {
    this.state.remove('note');
  }

  async note(): Promise<{ has: boolean; value: unknown }> {
    return {
      has: await this.state.has('note'),
      value: await this.state.get('note', 'the fallback'),
    };
  }
}

/** What undici says of each request that it makes: https://undici.nodejs.org/#/docs/api/DiagnosticsChannel */
const CHANNEL = 'undici:request:create';

/** The calls that this process makes of its sidecar over HTTP while `work` runs, but for those of actors' methods. */
async function sidecarCalls(work: () => Promise<unknown>): Promise<string[]> {
  const calls: string[] = [];
  const note = (message: unknown): void => {
    const { request } = message as {
      request: { method: string; path: string };
    };
    // The module, too, asks the sidecar something when the app has started.
    const { path } = request;
    if (path.startsWith('/v1.0/actors/') && !path.includes('/method/'))
      calls.push(`${request.method} ${path}`);
  };
  subscribe(CHANNEL, note);
  await work().finally(() => unsubscribe(CHANNEL, note));
  return calls;
}

let ids = 0;

describe.each(platforms)('the state of actors on %s', (_platform, adapter) => {
  let nest: NestRun;
  beforeAll(async () => {
    nest = await runNest({ adapter: adapter(), providers: [CartActor] });
  });
  afterAll(() => nest.close());

  /** An actor that nobody called before. */
  const newCart = () => {
    const id = `cart-${ids++}`;
    return {
      cart: nest.app.get(ActorProxyFactory).get(CartActor, id),
      path: `/v1.0/actors/Cart/${id}/state`,
      stored: (key: string) => nest.client.actor.stateGet('Cart', id, key),
      // As the sidecar does; the next call finds an empty cache.
      forget: () => callApp(nest, 'DELETE', `/actors/Cart/${id}`),
    };
  };

  it('is stored when the turn ends well', async () => {
    const { cart, stored } = newCart();
    await expect(cart.add('book')).resolves.toBe(1);
    await expect(cart.add('pen')).resolves.toBe(2);
    expect(await stored('items')).toEqual(['book', 'pen']);
  });

  it('of a turn that throws is neither stored nor remembered [A1]', async () => {
    const { cart, stored } = newCart();
    await cart.add('book');
    await cart.setNote('kept');
    await expect(cart.addAndFail('pen')).rejects.toThrow('out of stock');
    expect(await cart.items()).toEqual(['book']);
    expect(await cart.note()).toEqual({ has: true, value: 'kept' });
    expect(await stored('items')).toEqual(['book']);
    expect(await stored('note')).toBe('kept');
  });

  it('that could not be stored fails the turn, and what is remembered is what is stored [A2]', async () => {
    const { cart, stored } = newCart();
    await cart.add('book');
    const turn = cart.addTooMuch('pen');
    await expect(turn).rejects.toThrow(ActorInvocationError);
    await expect(turn).rejects.toThrow(/could not store its state/);
    expect(await cart.items()).toEqual(['book']);
    expect(await stored('items')).toEqual(['book']);
    await expect(cart.add('pen')).resolves.toBe(2);
    expect(await stored('items')).toEqual(['book', 'pen']);
  });

  it.each([
    [0],
    [false],
    [''],
    [[]],
    [null],
    [{ deep: [1, 'two'] }],
    [12.5],
    ['123'],
  ])(
    'tells the truth of a stored %j, remembered or read anew [A5]',
    async (value) => {
      const { cart, stored, forget } = newCart();
      await cart.setNote(value);
      const told = { has: true, value };
      expect(await cart.note()).toEqual(told);
      expect(await stored('note')).toEqual(value);
      await forget();
      expect(await cart.note()).toEqual(told);
    },
  );

  it('that was removed is gone [A5]', async () => {
    const { cart, stored, forget } = newCart();
    const nothing = { has: false, value: 'the fallback' };
    await cart.setNote(0);
    await cart.removeNote();
    expect(await cart.note()).toEqual(nothing);
    expect(await stored('note')).toBeUndefined();
    await forget();
    expect(await cart.note()).toEqual(nothing);
  });

  // Nothing tells of calls over gRPC.
  if (clientProtocol === 'HTTP') {
    it('costs a turn that only writes one call, and no read before [A6]', async () => {
      const { cart, path } = newCart();
      expect(await sidecarCalls(() => cart.setNote('new'))).toEqual([
        `POST ${path}`,
      ]);
    });

    it('costs a turn one call where it is known, and a turn that only reads it none [A6]', async () => {
      const { cart, path } = newCart();
      expect(await sidecarCalls(() => cart.add('book'))).toEqual([
        `GET ${path}/items`,
        `POST ${path}`,
      ]);
      expect(await sidecarCalls(() => cart.add('pen'))).toEqual([
        `POST ${path}`,
      ]);
      expect(await sidecarCalls(() => cart.items())).toEqual([]);
    });
  }
});
