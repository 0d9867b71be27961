import {
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { Order } from './order.js';

/** Nobody serves Mallory. */
@Injectable()
export class KnownCustomerGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const order = context.switchToRpc().getData<Partial<Order>>();
    return order.customer !== 'mallory';
  }
}
