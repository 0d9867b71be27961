import { afterEach, describe, expect, it } from '@jest/globals';
import { Actor } from '../../../lib/actors/actor.js';
import { ActorType } from '../../../lib/actors/actor-type.decorator.js';
import { ActorInvocationError } from '../../../lib/errors/actor-invocation.error.js';
import { startActorApp, type ActorApp } from './actor-app.js';

interface CartState {
  items: string[];
  total: number;
  note: unknown;
}

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

  async spoil(): Promise<void> {
    const items = await this.state.get('items', []);
    items.push('never set');
  }

  async setTotal(total: number): Promise<void> {
    this.state.set('total', total);
  }
}

let app: ActorApp;
afterEach(() => app.close());

describe('state of an actor', () => {
  it('is stored when the turn ends well, in one transaction', async () => {
    app = await startActorApp({ providers: [CartActor] });
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

  it('of a turn that fails is neither stored nor remembered [A1]', async () => {
    app = await startActorApp({ providers: [CartActor] });
    const cart = app.actor(CartActor);
    await cart.add('book');
    await expect(cart.addAndFail('pen')).rejects.toThrow('out of stock');
    expect(await cart.items()).toEqual(['book']);
    expect(app.sidecar.stateOf('Cart/a')).toEqual({ items: ['book'] });
    await expect(cart.addAndFail('pen')).rejects.toBeInstanceOf(
      ActorInvocationError,
    );
  });
});
