import { ExpressAdapter } from '@nestjs/platform-express';
import { ActorId, ActorProxyBuilder } from '@dapr/dapr';
import { expect, it } from '@jest/globals';
import { Actor, ActorType } from '../../../lib/index.js';
import { runNest } from '../../support/nest-run.js';
import { describeSdk } from './sdk-client.js';

interface Line {
  readonly sku: string;
  readonly quantity: number;
}

/** Named as the SDK's proxies name it, by the class. */
@ActorType('Cart', { arguments: 'spread' })
class Cart extends Actor<{ lines: Line[] }> {
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

  nothing(): void {}

  fail(): never {
    throw new RangeError('too many');
  }
}

describeSdk(
  'the proxy of an actor of ours',
  () =>
    runNest({
      adapter: new ExpressAdapter(),
      providers: [Cart],
    }),
  (run) => {
    const cart = (id: string): Cart =>
      new ActorProxyBuilder(Cart, run.client).build(new ActorId(id));

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

    it('may be that of an actor whose id the SDK makes up', async () => {
      const fresh = run.client.actor.create<Cart>(Cart);
      expect(await fresh.add('book', 1)).toHaveLength(1);
    });

    it('rejects when the actor throws [A7]', async () => {
      const { log } = run.started;
      await expect(cart('a').fail()).rejects.toThrow(
        run.protocol === 'HTTP'
          ? 'ERR_ACTOR_INVOKE_METHOD'
          : 'error invoke actor method',
      );
      expect(log.of('error', 'too many').length).toBeGreaterThan(0);
    });

    it('rejects for what can not be called from outside [A10]', async () => {
      const hidden = cart('a') as unknown as { onActivate(): Promise<void> };
      await expect(hidden.onActivate()).rejects.toThrow(
        'actor method not found',
      );
    });
  },
);
