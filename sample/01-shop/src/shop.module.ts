import { Module } from '@nestjs/common';
import { DaprModule } from 'nestjs-dapr';
import { fileURLToPath } from 'node:url';
import { CartActor } from './cart.actor.js';
import { Customers } from './customers.js';
import { OrderEventsController } from './order-events.controller.js';
import { OrdersController } from './orders.controller.js';
import { Prices } from './prices.js';
import { PricesController } from './prices.controller.js';
import { ShopWindow } from './shop-window.js';
import { StocktakingController } from './stocktaking.controller.js';

@Module({
  imports: [
    DaprModule.forRoot({
      // Of use to the embedded sidecar only; `dapr run` gets both on its command line.
      embedded: {
        appId: 'shop',
        resources: fileURLToPath(new URL('../components', import.meta.url)),
      },
    }),
    DaprModule.forFeature([CartActor]),
  ],
  controllers: [
    OrdersController,
    OrderEventsController,
    PricesController,
    StocktakingController,
  ],
  providers: [CartActor, Customers, Prices, ShopWindow],
})
export class ShopModule {}
