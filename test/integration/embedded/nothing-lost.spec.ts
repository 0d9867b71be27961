import type { INestApplication } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedSidecar } from '../../../lib/testing/index.js';
import { CartActor } from '../../../sample/01-shop/src/cart.actor.js';
import type { Order } from '../../../sample/01-shop/src/order.js';
import { Prices, SKUS } from '../../../sample/01-shop/src/prices.js';
import { ShopModule } from '../../../sample/01-shop/src/shop.module.js';
import { ShopWindow } from '../../../sample/01-shop/src/shop-window.js';
import { CapturedLog } from '../../support/captured-log.js';
import { randomFrom } from '../../support/random.js';

const CUSTOMERS = 100;
const POSTERS = 20;

/** The sample's shop, with services that fail now and then. */
class FlakyShop {
  readonly dead = new Set<string>();
  readonly log = new CapturedLog();

  constructor(private readonly fails: () => boolean) {}

  module(): TestingModuleBuilder {
    const { dead, fails } = this;
    class FlakyPrices extends Prices {
      // Asked in the middle of a turn, after the first changes of state.
      override of(sku: string): number {
        if (fails()) throw new Error('the price list is not to be had');
        return super.of(sku);
      }
    }
    class FlakyWindow extends ShopWindow {
      // Shown before the cart is called, and after its turn has been stored.
      override show(what: string, line: string): void {
        if (what === 'dead') dead.add(line.split(' ')[0] as string);
        else if (what !== 'order' && fails())
          throw new Error('the window is broken');
      }
    }
    return Test.createTestingModule({ imports: [ShopModule] })
      .setLogger(this.log)
      .overrideProvider(Prices)
      .useValue(new FlakyPrices())
      .overrideProvider(ShopWindow)
      .useValue(new FlakyWindow());
  }
}

/** Orders of which one in fifty is poison. */
function makeOrders(count: number, random: () => number): Order[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `o${index}`,
    customer: `c${Math.floor(random() * CUSTOMERS)}`,
    sku: SKUS[Math.floor(random() * SKUS.length)] as string,
    quantity: random() < 0.02 ? -1 : 1 + Math.floor(random() * 5),
  }));
}

/** Posts to the shop's own controller, again where the shop happens to be closed. */
async function post(orders: Order[], url: () => string): Promise<void> {
  const left = [...orders];
  const poster = async (): Promise<void> => {
    for (let order = left.shift(); order; order = left.shift())
      while (!(await isTaken(order, url()))) await delay(10);
  };
  await Promise.all(Array.from({ length: POSTERS }, poster));
}

async function isTaken(order: Order, url: string): Promise<boolean> {
  const response = await fetch(`${url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  }).catch(() => undefined);
  await response?.arrayBuffer();
  return response?.ok ?? false;
}

const platforms: [string, number, () => AbstractHttpAdapter][] = [
  ['Express', 10_000, () => new ExpressAdapter()],
  ['Fastify', 1_000, () => new FastifyAdapter()],
];

it.each(platforms)(
  'on %s every one of %i orders is counted exactly once or dead, though handlers, turns and stores fail and the app restarts',
  async (_platform, count, adapter) => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
    process.stdout.write(`nothing lost: SEED=${seed}\n`);
    const random = randomFrom(seed);
    const orders = makeOrders(count, random);
    const shop = new FlakyShop(() => random() < 0.05);
    await using dapr = await EmbeddedSidecar.start({
      appId: 'shop',
      resources: 'sample/01-shop/components',
    });
    dapr.faults.failWhen('state.write', () => random() < 0.05);
    const run = () => dapr.run(shop.module(), { adapter: adapter() });
    let app: INestApplication = await run();
    let url = await app.getUrl();
    const ended = () =>
      dapr.transcript
        .of('topic')
        .filter(
          ({ name, outcome }) =>
            name === 'orders' && outcome !== 'RETRY' && outcome !== 'error',
        ).length;

    const posted = post(orders, () => url);
    let isRestarted = false;
    while (ended() < count) {
      if (!isRestarted && ended() > count / 2) {
        isRestarted = true;
        await app.close();
        app = await run();
        url = await app.getUrl();
      }
      await dapr.clock.advance('1s');
    }
    await posted;
    await dapr.idle();
    dapr.faults.clear();

    const alive = orders.filter(({ id }) => !shop.dead.has(id));
    const poison = orders.filter(({ quantity }) => quantity < 0);
    expect(poison.filter(({ id }) => !shop.dead.has(id))).toEqual([]);
    for (let number = 0; number < CUSTOMERS; number++) {
      const customer = `c${number}`;
      const theirs = alive.filter((order) => order.customer === customer);
      const cart = dapr.actor(CartActor, customer);
      expect(await cart.total()).toBe(totalOf(theirs));
      const items = await dapr.client.actor.stateGet<string[]>(
        'Cart',
        customer,
        'items',
      );
      expect(items?.length ?? 0).toBe(theirs.length);
    }
    expect(isRestarted).toBe(true);
  },
  300_000,
);

function totalOf(orders: readonly Order[]): number {
  const prices = new Prices();
  return orders.reduce(
    (sum, { sku, quantity }) => sum + prices.of(sku) * quantity,
    0,
  );
}
