import { LogLevel } from '@dapr/dapr';
import { Controller, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  DaprActor,
  DaprModule,
  DaprPubSub,
  StatefulActor,
} from '@rayondigital/nest-dapr';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Contender } from '../contender.js';

interface Change {
  readonly quantity: number;
}

abstract class Carts {
  abstract peek(change: Change): Promise<Change>;
  abstract add(change: Change): Promise<void>;
}

// The class names the actor type, whatever name it is given.
@DaprActor({ interfaceType: Carts })
class Cart extends StatefulActor implements Carts {
  async peek(change: Change): Promise<Change> {
    return change;
  }

  async add({ quantity }: Change): Promise<void> {
    const total = (await this.getStateValue<number>('total')) ?? 0;
    await this.setStateValue('total', total + quantity);
  }
}

@Controller()
class Orders {
  @DaprPubSub({ name: 'pubsub', topicName: 'orders' })
  async onOrder(order: { quantity: number }): Promise<void> {
    if (!order.quantity) throw new Error('no order');
  }
}

/** Nest over the official SDK; its Dapr server listens on a port of its own. */
export const contender: Contender = {
  async serve(sidecarPort) {
    const port = await freePort();
    const app = await NestFactory.create(moduleAt(port, sidecarPort), {
      logger: false,
    });
    await app.listen(0, '127.0.0.1');
    return { port, topicPath: '/pubsub--orders--default', hasActors: true };
  },
};

function moduleAt(port: number, sidecarPort: number): Type {
  @Module({
    imports: [
      DaprModule.register({
        serverHost: '127.0.0.1',
        serverPort: String(port),
        clientOptions: {
          daprPort: String(sidecarPort),
          logger: { level: LogLevel.Error },
        },
        actorOptions: { enabled: true },
        workflowOptions: { enabled: false },
      }),
    ],
    controllers: [Orders],
    providers: [Cart],
  })
  class AppModule {}
  return AppModule;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}
