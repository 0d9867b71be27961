import {
  Actor,
  ActorType,
  OnReminder,
  OnTimer,
  type OnActivate,
} from 'nestjs-dapr';
import { Prices } from './prices.js';
import { ShopWindow } from './shop-window.js';

interface CartState {
  items: string[];
  total: number;
  /** One key per order that was counted. */
  [counted: `order-${string}`]: true;
}

/** A customer's cart. */
@ActorType('Cart', { idleTimeout: '5m' })
export class CartActor extends Actor<CartState> implements OnActivate {
  constructor(
    private readonly prices: Prices,
    private readonly window: ShopWindow,
  ) {
    super();
  }

  async onActivate(): Promise<void> {
    await this.timers.set('reprice', { dueTime: '1s' });
  }

  /**
   * Puts an order into the cart, once. Deliveries are at least once, so the order's id is stored in the same
   * transaction as what it changes: either both are there or neither.
   */
  async add(orderId: string, sku: string, quantity: number): Promise<number> {
    const total = await this.state.get('total', 0);
    if (await this.state.has(`order-${orderId}`)) return total;
    const items = await this.state.get('items', []);
    this.state.set(`order-${orderId}`, true);
    this.state.set('items', [...items, sku]);
    this.state.set('total', total + this.prices.of(sku) * quantity);
    if (items.length === 0)
      await this.reminders.set('abandoned', {
        dueTime: '2s',
        data: { customer: this.id },
      });
    return this.state.get('total', 0);
  }

  async total(): Promise<number> {
    return this.state.get('total', 0);
  }

  @OnTimer('reprice')
  async reprice(): Promise<void> {
    this.window.show(
      'timer',
      `cart of ${this.id} stands at ${await this.total()}`,
    );
  }

  @OnReminder('abandoned')
  abandon(data: { customer: string }): void {
    this.window.show('reminder', `${data.customer} left a cart behind`);
  }
}
