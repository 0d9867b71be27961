import { afterAll, beforeAll, describe } from '@jest/globals';
import {
  CommunicationProtocolEnum,
  DaprClient,
  type DaprClientOptions,
} from '../../lib/index.js';
import {
  startBacking,
  type Backing,
  type BackingName,
} from '../support/backing.js';
import {
  startSidecar,
  type Sidecar,
  type SidecarOptions,
} from '../support/sidecar.js';

export type Protocol = 'HTTP' | 'gRPC';

export interface ParityOptions extends Omit<SidecarOptions, 'resources'> {
  /** YAML of the components; those of `backing` are kept there on daprd, and in memory on the embedded sidecar. */
  readonly resources: (backing: Backing) => string;
  /** Default: `redis`. */
  readonly backing?: BackingName;
}

/** What a parity spec works with. The members are there once the specs run. */
export interface ParityRun {
  readonly protocol: Protocol;
  readonly sidecar: Sidecar;
  readonly client: DaprClient;
  /** A further client of the same sidecar, stopped with the run. */
  connect(options?: DaprClientOptions): DaprClient;
}

/**
 * Specs of a client, written once, run over HTTP and over gRPC; `npm run test:dapr` runs them on daprd. Where the two
 * protocols of daprd differ, the spec says which is which by `run.protocol`, and `docs/http-and-grpc.md` has a row.
 */
export function describeParity(
  name: string,
  options: ParityOptions,
  specs: (run: ParityRun) => void,
): void {
  describe.each<Protocol>(['HTTP', 'gRPC'])(`${name} over %s`, (protocol) => {
    let backing: Backing;
    let sidecar: Sidecar;
    let client: DaprClient;
    const clients: DaprClient[] = [];
    const connect = (more: DaprClientOptions = {}): DaprClient => {
      const made = new DaprClient({
        httpEndpoint: sidecar.url,
        grpcEndpoint: `127.0.0.1:${sidecar.grpcPort}`,
        communicationProtocol: CommunicationProtocolEnum[protocolKey(protocol)],
        ...more,
      });
      clients.push(made);
      return made;
    };

    beforeAll(async () => {
      const { resources, backing: name = 'redis', ...others } = options;
      backing = await startBacking(name);
      sidecar = await startSidecar({
        ...others,
        resources: resources(backing),
      });
      client = connect();
    });

    afterAll(async () => {
      await Promise.all(clients.map((each) => each.stop()));
      await sidecar?.stop();
      await backing?.stop();
    });

    specs({
      protocol,
      connect,
      get sidecar() {
        return sidecar;
      },
      get client() {
        return client;
      },
    });
  });
}

function protocolKey(protocol: Protocol): 'HTTP' | 'GRPC' {
  return protocol === 'HTTP' ? 'HTTP' : 'GRPC';
}
