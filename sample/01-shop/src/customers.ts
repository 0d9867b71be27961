import { Injectable } from '@nestjs/common';
import { DaprClient, HttpMethod } from 'nestjs-dapr';
import { ShopWindow } from './shop-window.js';

/** One round of customers, so that there is something to see when the shop opens. */
@Injectable()
export class Customers {
  constructor(
    private readonly dapr: DaprClient,
    private readonly window: ShopWindow,
  ) {}

  /** @param url where the shop listens */
  async visit(url: string): Promise<void> {
    await this.dapr.health.waitUntilHealthy();
    await this.order(url, { customer: 'alice', sku: 'book', quantity: 2 });
    await this.order(url, { customer: 'bob', sku: 'pen', quantity: -1 });
    const price = await this.dapr.invoker.invoke(
      'shop',
      'prices/lamp',
      HttpMethod.GET,
    );
    this.window.show('invoke', `asked for a price: ${JSON.stringify(price)}`);
  }

  private async order(url: string, order: object): Promise<void> {
    const response = await fetch(`${url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(order),
    });
    if (!response.ok) throw new Error(`the shop answered ${response.status}`);
  }
}
