import type { DaprClient, DaprClientOptions } from '@dapr/dapr';
import { afterAll, beforeAll, describe } from '@jest/globals';
import {
  startBacking,
  type Backing,
  type BackingName,
} from '../../support/backing.js';
import {
  startSidecar,
  type Sidecar,
  type SidecarOptions,
} from '../../support/sidecar.js';
import { addressOf, officialClient, type Protocol } from '../official-sdk.js';

interface Started {
  readonly sidecar: Sidecar;
  close(): Promise<void>;
}

/** What the specs of the official SDK's client work with. The members are there once the specs run. */
export interface SdkRun<T extends Started> {
  readonly protocol: Protocol;
  readonly client: DaprClient;
  readonly started: T;
}

/**
 * Specs of the official SDK's client, written once, run over both of its protocols, on the embedded sidecar and, by
 * `npm run test:dapr`, on Dapr itself: what the SDK makes of one it has to make of the other.
 */
export function describeSdk<T extends Started>(
  name: string,
  start: () => Promise<T>,
  specs: (run: SdkRun<T>) => void,
  options: Partial<DaprClientOptions> = {},
): void {
  describe.each<Protocol>(['HTTP', 'gRPC'])(
    `the official SDK's client over %s, ${name}`,
    (protocol) => {
      let started: T;
      let client: DaprClient;
      beforeAll(async () => {
        started = await start();
        const address = addressOf(started.sidecar);
        client = officialClient(address, protocol, options);
      });
      afterAll(async () => {
        await client?.stop();
        await started?.close();
      });
      specs({
        protocol,
        get client() {
          return client;
        },
        get started() {
          return started;
        },
      });
    },
  );
}

export interface WithResources extends Started {
  readonly backing: Backing;
}

/** A sidecar with components, kept in memory unless told otherwise. */
export async function withResources(
  resources: (backing: Backing) => string,
  name: BackingName = 'in-memory',
  options: SidecarOptions = {},
): Promise<WithResources> {
  const backing = await startBacking(name);
  const sidecar = await startSidecar({
    ...options,
    resources: resources(backing),
  });
  return {
    sidecar,
    backing,
    async close() {
      await sidecar.stop();
      await backing.stop();
    },
  };
}

/** How the SDK tells of a failure: over HTTP by status and error code, over gRPC by gRPC's code. */
export interface Failure {
  readonly status?: number;
  readonly errorCode?: string;
  readonly code?: number;
  readonly message: string;
}

/** Some calls of the SDK reject, some resolve with `error`, and publishing over gRPC rejects with `{ error }`. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const outcome = await call.catch((reason: unknown) => reason);
  const { error = outcome } = outcome as { error?: unknown };
  if (!(error instanceof Error)) throw new Error('the call did not fail');
  if ('rawMessage' in error && 'code' in error)
    return {
      code: error.code as number,
      message: error.rawMessage as string,
    };
  const { status, error_msg } = JSON.parse(error.message) as {
    status: number;
    error_msg: string;
  };
  return { ...(JSON.parse(error_msg) as Failure), status };
}
