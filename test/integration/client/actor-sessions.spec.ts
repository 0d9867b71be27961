import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommunicationProtocolEnum, DaprClient } from '../../../lib/index.js';
import { Door } from '../../support/door.js';
import { startSidecar, type Sidecar } from '../../support/sidecar.js';
import { until } from '../../support/until.js';

describe('a client that speaks gRPC', () => {
  let sidecar: Sidecar;
  let door: Door;

  beforeAll(async () => {
    sidecar = await startSidecar({
      app: (request, response) =>
        response.end(
          request.url === '/dapr/config' ? '{"entities":["Cart"]}' : '',
        ),
    });
    door = await Door.create();
    await door.open(sidecar.grpcPort);
  });
  afterAll(async () => {
    await door?.close();
    await sidecar?.stop();
  });

  it('calls a thousand actors on one connection, and leaves none open [C14]', async () => {
    const client = new DaprClient({
      grpcEndpoint: `127.0.0.1:${door.port}`,
      communicationProtocol: CommunicationProtocolEnum.GRPC,
    });
    const ids = Array.from({ length: 1000 }, (_, index) => `${index}`);
    await Promise.all(
      ids.map((id) => client.actor.invoke('Cart', id, 'touch', { id })),
    );
    expect(door.connections).toEqual({ made: 1, open: 1 });
    await client.stop();
    await until(() => door.connections.open === 0);
  });
});
