import { UseInterceptors, type NestInterceptor } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { map } from 'rxjs';
import { Actor } from '../../../lib/actors/actor.js';
import { ActorType } from '../../../lib/actors/actor-type.decorator.js';
import { ActorInvocationError } from '../../../lib/errors/actor-invocation.error.js';
import { startActorApp, type ActorApp } from './actor-app.js';

interface CartState {
  items: string[];
  total: number;
  note: unknown;
  at: Date;
}

/** Throws what can't even be made text of: an object without a prototype, as a parsed query string is. */
const throwingOddly: NestInterceptor = {
  intercept: (_, next) =>
    next.handle().pipe(
      map(() => {
        throw Object.create(null);
      }),
    ),
};

@ActorType('Cart')
class CartActor extends Actor<CartState> {
  async add(sku: string): Promise<number> {
    const items = [...(await this.state.get('items', [])), sku];
    this.state.set('items', items);
    return items.length;
  }

  async items(): Promise<string[]> {
    return this.state.get('items', []);
  }

  async addAndFail(sku: string): Promise<void> {
    await this.add(sku);
    this.state.remove('total');
    throw new Error('out of stock');
  }

  @UseInterceptors(throwingOddly)
  async addAndThrowOddly(sku: string): Promise<void> {
    await this.add(sku);
  }

  async spoil(): Promise<void> {
    const items = await this.state.get('items', []);
    items.push('never set');
  }

  async setTotal(total: number): Promise<void> {
    this.state.set('total', total);
  }

  async removeTotal(): Promise<void> {
    this.state.remove('total');
  }

  async setNote(...note: unknown[]): Promise<void> {
    const [value] = note;
    this.state.set('note', value);
  }

  async note(): Promise<{ has: boolean; value: unknown }> {
    return {
      has: await this.state.has('note'),
      value: await this.state.get('note', 'the fallback'),
    };
  }

  async setAndReadBack(): Promise<unknown[]> {
    const note = { count: 1 };
    this.state.set('note', note);
    note.count = 2;
    this.state.set('total', 5);
    this.state.remove('total');
    return [await this.state.get('note'), await this.state.has('total')];
  }

  async setBigInt(): Promise<void> {
    this.state.set('total', 1);
    this.state.set('note', { amount: 1n });
  }

  async setDate(): Promise<string | undefined> {
    this.state.set('at', new Date(0));
    return this.state.get('at');
  }

  async returnBigInt(): Promise<unknown> {
    this.state.set('total', 1);
    return 1n;
  }

  private late: Promise<void> | undefined;
  private release: (() => void) | undefined;

  async leaveSomethingBehind(): Promise<void> {
    this.late = new Promise<void>((resolve) => (this.release = resolve)).then(
      () => this.state.set('total', 99),
    );
  }

  async waitForIt(): Promise<string> {
    this.release?.();
    return this.late!.then(
      () => 'stored',
      (error: Error) => error.message,
    );
  }
}

let app: ActorApp;
afterEach(() => app.close());

async function cartApp(): Promise<void> {
  app = await startActorApp({ providers: [CartActor] });
}

describe('state of an actor', () => {
  it('is stored when the turn ends well, in one transaction', async () => {
    await cartApp();
    const cart = app.actor(CartActor);
    await expect(cart.add('book')).resolves.toBe(1);
    await expect(cart.add('pen')).resolves.toBe(2);
    expect(app.sidecar.requests).toEqual([
      'GET Cart/a/state/items',
      'POST Cart/a/state',
      'POST Cart/a/state',
    ]);
    expect(app.sidecar.stateOf('Cart/a')).toEqual({ items: ['book', 'pen'] });
  });

  it('costs a warm turn that only reads no call at all', async () => {
    await cartApp();
    await app.actor(CartActor).add('book');
    app.sidecar.requests.length = 0;
    await app.actor(CartActor).items();
    expect(app.sidecar.requests).toEqual([]);
  });

  it('of a turn that fails is neither stored nor remembered [A1]', async () => {
    await cartApp();
    const cart = app.actor(CartActor);
    await cart.add('book');
    await cart.setTotal(1);
    await expect(cart.addAndFail('pen')).rejects.toThrow('out of stock');
    expect(await cart.items()).toEqual(['book']);
    expect(app.sidecar.stateOf('Cart/a')).toEqual({
      items: ['book'],
      total: 1,
    });
  });

  it('of a turn that fails with no Error at all is not stored either [A1]', async () => {
    await cartApp();
    await expect(app.actor(CartActor).addAndThrowOddly('a')).rejects.toThrow(
      'The actor threw no Error',
    );
    await expect(app.actor(CartActor).items()).resolves.toEqual([]);
    expect(app.sidecar.stateOf('Cart/a')).toEqual({});
  });

  it('that was handed out changes nothing until it is set', async () => {
    await cartApp();
    const cart = app.actor(CartActor);
    await cart.add('book');
    await cart.spoil();
    expect(await cart.items()).toEqual(['book']);
  });

  it('is taken as it is when it is set', async () => {
    await cartApp();
    await expect(app.actor(CartActor).setAndReadBack()).resolves.toEqual([
      { count: 1 },
      false,
    ]);
  });

  it('is what the store says after a transaction failed [A2]', async () => {
    await cartApp();
    const cart = app.actor(CartActor);
    await cart.add('book');
    app.sidecar.failNext('state.write');
    const turn = cart.add('pen');
    await expect(turn).rejects.toBeInstanceOf(ActorInvocationError);
    await expect(turn).rejects.toThrow(/Cart\/a could not store its state/);
    expect(await cart.items()).toEqual(['book']);
    expect(app.sidecar.stateOf('Cart/a')).toEqual({ items: ['book'] });
    expect(app.sidecar.requests.at(-1)).toBe('GET Cart/a/state/items');
  });

  it('fails the turn when it can not be read, and is read again by the next', async () => {
    await cartApp();
    app.sidecar.failNext('state.read');
    await expect(app.actor(CartActor).items()).rejects.toThrow(
      'the store is down',
    );
    await expect(app.actor(CartActor).items()).resolves.toEqual([]);
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
  ])('tells the truth of a stored %j [A5]', async (value) => {
    await cartApp();
    await app.actor(CartActor).setNote(value);
    const told = { has: true, value };
    await expect(app.actor(CartActor).note()).resolves.toEqual(told);
    expect(app.sidecar.stateOf('Cart/a')).toEqual({ note: value });
    await app.runtime.deactivate('Cart', 'a');
    await expect(app.actor(CartActor).note()).resolves.toEqual(told);
  });

  it('that is removed, or set to undefined, is gone [A5]', async () => {
    await cartApp();
    const cart = app.actor(CartActor);
    await cart.setTotal(0);
    await cart.setNote(0);
    await cart.removeTotal();
    await cart.setNote();
    expect(app.sidecar.stateOf('Cart/a')).toEqual({});
    await expect(cart.note()).resolves.toEqual({
      has: false,
      value: 'the fallback',
    });
  });

  it('of a key that was never read is written without reading it [A6]', async () => {
    await cartApp();
    await app.actor(CartActor).setTotal(5);
    await app.actor(CartActor, 'b').removeTotal();
    expect(app.sidecar.requests).toEqual([
      'POST Cart/a/state',
      'POST Cart/b/state',
    ]);
  });

  it('refuses what JSON can not carry where it is set [A8]', async () => {
    await cartApp();
    await expect(app.actor(CartActor).setBigInt()).rejects.toThrow(/BigInt/);
    expect(app.sidecar.requests).toEqual([]);
  });

  it('gives a Date back as the text that JSON makes of it [A8]', async () => {
    await cartApp();
    await expect(app.actor(CartActor).setDate()).resolves.toBe(
      '1970-01-01T00:00:00.000Z',
    );
  });

  it('is not stored when the result can not be sent [A8]', async () => {
    await cartApp();
    await expect(app.actor(CartActor).returnBigInt()).rejects.toThrow(/BigInt/);
    expect(app.sidecar.requests).toEqual([]);
  });

  it('is closed to what another turn of a traced call left running', async () => {
    await cartApp();
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await app.call('Cart', 'leaveSomethingBehind', {
      headers: { traceparent },
    });
    await expect(app.actor(CartActor).waitForIt()).resolves.toMatch(
      /"total" of actor Cart\/a was used too late: the turn that this code belongs to has ended/,
    );
    expect(app.sidecar.requests).toEqual([]);
  });

  it('is used by a thousand actors of one app at once [A20]', async () => {
    await cartApp();
    const ids = Array.from({ length: 1000 }, (_, index) => `cart-${index}`);
    const sizes = await Promise.all(
      ids.map((id) => app.actor(CartActor, id).add('book')),
    );
    expect(sizes).toEqual(ids.map(() => 1));
    expect(app.sidecar.stored.size).toBe(1000);
  });
});
