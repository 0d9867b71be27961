import { Controller, Module, type Type } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import {
  Actor,
  ActorType,
  CommunicationProtocolEnum,
  DaprClient,
  DaprModule,
  ServerDapr,
  Subscribe,
} from 'nestjs-dapr';
import { request } from 'undici';
import type { AddressInfo } from 'node:net';
import type { Contender } from '../contender.js';

@Controller()
class Orders {
  @Subscribe('pubsub', 'orders')
  onOrder(@Payload() order: { quantity: number }): void {
    if (!order.quantity) throw new Error('no order');
  }
}

interface Change {
  readonly quantity: number;
}

@ActorType('Cart')
class CartActor extends Actor<{ total: number }> {
  peek(change: Change): Change {
    return change;
  }

  async add({ quantity }: Change): Promise<void> {
    this.state.set('total', (await this.state.get('total', 0)) + quantity);
  }
}

/** This package, on the platform that `adapter` makes, or on a port of its own. */
export function ours(
  adapter: () => AbstractHttpAdapter,
  ownPort?: number,
): Contender {
  return {
    async serve(sidecarPort) {
      const app = await NestFactory.create(
        moduleWith(sidecarPort, ownPort),
        adapter(),
        { logger: false },
      );
      await app.listen(0, '127.0.0.1');
      const server = app.get(ServerDapr);
      const { port } = app.getHttpServer().address() as AddressInfo;
      const daprPort = server.port ?? port;
      const { body } = await request(
        `http://127.0.0.1:${daprPort}/dapr/subscribe`,
      );
      const [entry] = (await body.json()) as { route: string }[];
      return {
        port: daprPort,
        topicPath: entry?.route ?? '',
        hasActors: true,
      };
    },
    async client(sidecarPort) {
      const client = new DaprClient({ daprPort: sidecarPort });
      return () => client.state.get('statestore', 'key');
    },
    async grpcClient(sidecarPort) {
      const client = new DaprClient({
        daprGrpcPort: sidecarPort,
        communicationProtocol: CommunicationProtocolEnum.GRPC,
      });
      return () => client.state.get('statestore', 'key');
    },
  };
}

function moduleWith(sidecarPort: number, port?: number): Type {
  @Module({
    imports: [
      DaprModule.forRoot({
        sidecar: 'external',
        daprPort: sidecarPort,
        server: port === undefined ? {} : { port },
      }),
    ],
    controllers: [Orders],
    providers: [CartActor],
  })
  class AppModule {}
  return AppModule;
}
