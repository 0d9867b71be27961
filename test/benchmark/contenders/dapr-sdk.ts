import {
  AbstractActor,
  CommunicationProtocolEnum,
  DaprClient,
  DaprServer,
  LogLevel,
} from '@dapr/dapr';
import type { Contender } from '../contender.js';

interface Change {
  readonly quantity: number;
}

class Cart extends AbstractActor {
  async peek(change: Change): Promise<Change> {
    return change;
  }

  async add({ quantity }: Change): Promise<void> {
    const state = this.getStateManager<number>();
    const [isThere, total] = await state.tryGetState('total');
    await state.setState('total', (isThere ? (total ?? 0) : 0) + quantity);
  }
}

const logger = { level: LogLevel.Error };

/** The official SDK. */
export const contender: Contender = {
  async serve(sidecarPort) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = new DaprServer({
      serverHost: '127.0.0.1',
      serverPort: String(port),
      clientOptions: { daprPort: String(sidecarPort), logger },
      logger,
    });
    await server.pubsub.subscribe(
      'pubsub',
      'orders',
      async (order: { quantity: number }) => {
        if (!order.quantity) throw new Error('no order');
      },
    );
    await server.actor.init();
    await server.actor.registerActor(Cart);
    await server.start();
    return { port, topicPath: '/pubsub--orders--default', hasActors: true };
  },
  async client(sidecarPort) {
    const client = new DaprClient({ daprPort: String(sidecarPort), logger });
    return () => client.state.get('statestore', 'key');
  },
  async grpcClient(sidecarPort) {
    const client = new DaprClient({
      daprPort: String(sidecarPort),
      communicationProtocol: CommunicationProtocolEnum.GRPC,
      logger,
    });
    return () => client.state.get('statestore', 'key');
  },
};
