import 'reflect-metadata';
import { Controller, Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DaprPubSubStatusEnum, LogLevel, Temporal } from '@dapr/dapr';
import {
  DaprActor,
  DaprActorClient,
  DaprBinding,
  DaprHandler,
  DaprModule,
  DaprPubSub,
  State,
  StatefulActor,
} from '@rayondigital/nest-dapr';

/**
 * An app on `@rayondigital/nest-dapr`, to be run as a process of its own: that library changes prototypes of the
 * official SDK. It tells its parent what it is called for.
 */
function tell(...what: unknown[]): void {
  process.send?.(what);
}

interface Line {
  readonly sku: string;
  readonly quantity: number;
}

const seconds = (count: number): Temporal.Duration =>
  Temporal.Duration.from({ seconds: count });

@Injectable()
class Prices {
  of({ sku, quantity }: Line): number {
    return sku.length * quantity;
  }
}

abstract class Baskets {
  abstract add(line: Line): Promise<{ total: number }>;
}

// The class names the actor type, whatever name it is given.
@DaprActor({ interfaceType: Baskets, idleTimeout: '10m' })
class Basket extends StatefulActor implements Baskets {
  @Inject()
  private readonly prices!: Prices;

  @State({ defaultValue: 0 })
  private total!: number;

  override async onActivate(): Promise<void> {
    await super.onActivate();
    tell('activated', this.getId());
  }

  override async onDeactivate(): Promise<void> {
    tell('deactivated', this.getId());
  }

  async add(line: Line): Promise<{ total: number }> {
    this.total += this.prices.of(line);
    await this.saveState();
    return { total: this.total };
  }

  async watch(): Promise<void> {
    // Without a period it would take half a day for one, where Dapr fires once.
    const [due, period, ttl] = [seconds(5), seconds(10), seconds(12)];
    await this.registerActorTimer('watch', 'tick', due, period, ttl, 'tock');
    await this.registerActorReminder(
      'later',
      seconds(3600),
      seconds(3600),
      undefined,
      'tea',
    );
  }

  async tick(data: unknown): Promise<void> {
    tell('tick', data);
  }

  override async receiveReminder(data: unknown): Promise<void> {
    tell('reminder', data);
    await this.unregisterActorReminder('later');
  }

  async fail(): Promise<void> {
    throw new Error('boom');
  }
}

@Controller()
class Orders {
  constructor(private readonly actors: DaprActorClient) {}

  @DaprPubSub({ name: 'pubsub', topicName: 'orders' })
  async onOrder(order: Line & { customer: string }): Promise<void> {
    const basket = this.actors.getActor<Baskets>(Baskets, order.customer);
    tell('order', order, await basket.add(order));
  }

  @DaprPubSub({ name: 'pubsub', topicName: 'poison' })
  onPoison(data: unknown): DaprPubSubStatusEnum {
    tell('poison', data);
    return DaprPubSubStatusEnum.DROP;
  }

  @DaprPubSub({ name: 'pubsub', topicName: 'broken' })
  onBroken(data: unknown): never {
    tell('broken', data);
    throw new Error('boom');
  }

  @DaprBinding('stocktaking')
  onStocktaking(): void {
    tell('stocktaking');
  }

  @DaprHandler({ path: 'checkout' })
  checkout({ query }: { query: string }): object {
    return { asked: query };
  }
}

@Module({
  imports: [
    DaprModule.register({
      serverHost: '127.0.0.1',
      serverPort: process.env.APP_PORT ?? '',
      clientOptions: {
        daprHost: '127.0.0.1',
        daprPort: process.env.DAPR_HTTP_PORT ?? '',
        logger: { level: LogLevel.Error },
      },
      workflowOptions: { enabled: false },
    }),
  ],
  controllers: [Orders],
  providers: [Basket, Prices],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: false });
process.once('disconnect', () => void app.close().then(() => process.exit()));
await app.listen(0, '127.0.0.1');
tell('listening');
