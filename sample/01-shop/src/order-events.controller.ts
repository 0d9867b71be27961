import { Controller, UseGuards, ValidationPipe } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Actors, InjectActors, PubSubContext, Subscribe } from 'nestjs-dapr';
import { CartActor } from './cart.actor.js';
import { KnownCustomerGuard } from './known-customer.guard.js';
import { Order } from './order.js';
import { ShopWindow } from './shop-window.js';

/** What Dapr delivers of the shop's topics. */
@Controller()
export class OrderEventsController {
  constructor(
    @InjectActors(CartActor) private readonly carts: Actors<CartActor>,
    private readonly window: ShopWindow,
  ) {}

  @Subscribe('pubsub', 'orders', { deadLetterTopic: 'orders-dead' })
  @UseGuards(KnownCustomerGuard)
  async onOrder(
    @Payload(new ValidationPipe({ transform: true })) order: Order,
    @Ctx() context: PubSubContext,
  ): Promise<void> {
    this.window.show('event', `${order.id} delivered as event ${context.id}`);
    const total = await this.carts
      .get(order.customer)
      .add(order.id, order.sku, order.quantity);
    this.window.show(
      'cart',
      `${order.id} is in the cart of ${order.customer}, which comes to ${total}`,
    );
  }

  /** Whatever was refused, or failed until the last retry. */
  @Subscribe('pubsub', 'orders-dead')
  onDeadOrder(@Payload() order: Partial<Order>): void {
    this.window.show('dead', `${order.id ?? 'an order'} could not be handled`);
  }
}
