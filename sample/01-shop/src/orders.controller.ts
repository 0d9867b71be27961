import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { DaprClient } from 'nestjs-dapr';
import { randomUUID } from 'node:crypto';
import type { Order } from './order.js';
import { ShopWindow } from './shop-window.js';

/** The shop's own HTTP API: an ordinary controller. Orders are checked by whoever handles them. */
@Controller('orders')
export class OrdersController {
  constructor(
    private readonly dapr: DaprClient,
    private readonly window: ShopWindow,
  ) {}

  @Post()
  @HttpCode(202)
  async place(@Body() wish: Partial<Order>): Promise<{ id: string }> {
    const order = { ...wish, id: wish.id ?? randomUUID() };
    await this.dapr.pubsub.publish('pubsub', 'orders', order);
    this.window.show('order', `${order.id} posted and published`);
    return { id: order.id };
  }
}
