import {
  Module,
  type INestApplication,
  type ModuleMetadata,
} from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import {
  CommunicationProtocolEnum,
  DaprClient,
  DaprModule,
  type DaprModuleOptions,
} from '../../lib/index.js';
import { freePort } from '../dapr/ports.js';
import { CapturedLog } from './captured-log.js';
import { startSidecar, type Sidecar } from './sidecar.js';

export interface NestRunOptions extends ModuleMetadata {
  readonly adapter: AbstractHttpAdapter;
  readonly appId?: string;
  /** YAML of the sidecar's components. Default: an in-memory broker and an actor store. */
  readonly resources?: string;
  /** YAML of the sidecar's Configuration. */
  readonly config?: string;
  readonly dapr?: DaprModuleOptions;
  readonly configure?: (app: INestApplication) => void | Promise<void>;
  /** Another app, or another replica of this one, that this one can find and be found by. */
  readonly beside?: NestRun;
  /** APP_API_TOKEN of both. */
  readonly appToken?: string;
}

/** A Nest application that listens, and its sidecar: the embedded one, or daprd. */
export interface NestRun {
  readonly app: INestApplication;
  readonly url: string;
  readonly sidecar: Sidecar;
  readonly client: DaprClient;
  readonly log: CapturedLog;
  close(): Promise<void>;
}

export const IN_MEMORY = `
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: pubsub }
spec: { type: pubsub.in-memory, version: v1, metadata: [] }
---
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: statestore }
spec:
  type: state.in-memory
  version: v1
  metadata: [{ name: actorStateStore, value: 'true' }]
`;

/** Delivers a failed message of `pubsub` again, at once and as often as it takes. */
export const RETRIES = `
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: again }
spec:
  policies:
    retries:
      again: { policy: constant, duration: 10ms, maxRetries: 3 }
  targets:
    components:
      pubsub: { inbound: { retry: again } }
`;

/** What the apps' own clients speak: the specs of actors run a second time with `DAPR_SPEC_PROTOCOL=GRPC`. */
export const clientProtocol: 'HTTP' | 'GRPC' =
  process.env.DAPR_SPEC_PROTOCOL === 'GRPC' ? 'GRPC' : 'HTTP';

/** Starts both and resolves when the sidecar has asked the app for everything. */
export async function runNest(options: NestRunOptions): Promise<NestRun> {
  const {
    adapter,
    appId = 'app',
    resources,
    config,
    dapr,
    configure,
  } = options;
  const { appToken, beside, imports = [], ...metadata } = options;
  const port = await freePort();
  const sidecar = await startSidecar({
    appId,
    app: { port },
    resources: resources ?? IN_MEMORY,
    until: 'outbound',
    ...(config !== undefined && { config }),
    ...(beside && { beside: beside.sidecar }),
    ...(appToken !== undefined && { appToken }),
  });
  const log = new CapturedLog();
  @Module({
    ...moduleOf(metadata),
    imports: [
      ...imports,
      DaprModule.forRoot({
        httpEndpoint: sidecar.url,
        grpcEndpoint: `127.0.0.1:${sidecar.grpcPort}`,
        sidecar: 'external',
        communicationProtocol: CommunicationProtocolEnum[clientProtocol],
        ...dapr,
        server: {
          ...(appToken !== undefined && { appToken }),
          ...dapr?.server,
        },
      }),
    ],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, adapter, {
    logger: log,
    abortOnError: false,
  });
  try {
    await configure?.(app);
    await app.listen(port, '127.0.0.1');
    await sidecar.ready();
  } catch (error) {
    await app.close();
    await sidecar.stop();
    throw error;
  }
  return {
    app,
    url: `http://127.0.0.1:${port}`,
    sidecar,
    client: app.get(DaprClient),
    log,
    async close() {
      await app.close();
      await sidecar.stop();
    },
  };
}

function moduleOf({
  controllers,
  providers,
  exports,
}: ModuleMetadata): ModuleMetadata {
  return {
    controllers: controllers ?? [],
    providers: providers ?? [],
    exports: exports ?? [],
  };
}
