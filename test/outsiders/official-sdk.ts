import {
  CommunicationProtocolEnum,
  DaprClient,
  DaprServer,
  type DaprClientOptions,
  type LoggerService,
} from '@dapr/dapr';
import type { EmbeddedSidecar } from '../../lib/testing/index.js';
import { freePort } from '../dapr/ports.js';
import type { Sidecar } from '../support/sidecar.js';

/** The official SDK has no level at which it says nothing. */
export const quiet: LoggerService = {
  error() {},
  warn() {},
  info() {},
  verbose() {},
  debug() {},
};

export type Protocol = 'HTTP' | 'gRPC';

/** A sidecar, as far as a client of it needs to know. */
type Address = Pick<EmbeddedSidecar, 'httpEndpoint' | 'grpcEndpoint'>;

/** The address of a sidecar that may be Dapr's own. */
export function addressOf({ url, grpcPort }: Sidecar): Address {
  return { httpEndpoint: url, grpcEndpoint: `127.0.0.1:${grpcPort}` };
}

/** What points a client of the official SDK to a sidecar. */
export function optionsFor(
  { httpEndpoint, grpcEndpoint }: Address,
  protocol: Protocol = 'HTTP',
): Partial<DaprClientOptions> {
  const isHttp = protocol === 'HTTP';
  const { hostname, port } = new URL(
    isHttp ? httpEndpoint : `http://${grpcEndpoint}`,
  );
  return {
    daprHost: hostname,
    daprPort: port,
    communicationProtocol: CommunicationProtocolEnum[isHttp ? 'HTTP' : 'GRPC'],
    logger: { service: quiet },
  };
}

export function officialClient(
  dapr: Address,
  protocol?: Protocol,
  options: Partial<DaprClientOptions> = {},
): DaprClient {
  return new DaprClient({ ...optionsFor(dapr, protocol), ...options });
}

/** An app on the official SDK's server. */
export interface OfficialApp {
  readonly port: number;
  readonly server: DaprServer;
  stop(): Promise<void>;
}

/**
 * Starts an app on the official SDK's server, which waits until the sidecar's API can be reached, and then connects
 * the sidecar to it.
 */
export async function runOfficial(
  dapr: EmbeddedSidecar,
  register: (server: DaprServer) => Promise<void>,
  options: Partial<DaprClientOptions> = {},
): Promise<OfficialApp> {
  const port = await freePort();
  const server = new DaprServer({
    serverHost: '127.0.0.1',
    serverPort: String(port),
    clientOptions: { ...optionsFor(dapr), ...options },
  });
  // Its constructor writes them, and nothing reads them.
  delete process.env.DAPR_SERVER_PORT;
  delete process.env.DAPR_CLIENT_PORT;
  await register(server);
  await server.start();
  await dapr.connect({ port });
  return {
    port,
    server,
    async stop() {
      await server.stop();
      await server.client.stop();
    },
  };
}
