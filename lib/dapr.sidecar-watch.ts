import { Logger } from '@nestjs/common';
import type { ActorRuntime } from './actors/runtime/runtime.js';
import { CommunicationProtocolEnum } from './client/communication-protocol.js';
import type { DaprClient } from './client/dapr-client.js';
import type { ResolvedOptions } from './dapr.options.js';
import { SidecarUnavailableError } from './errors/sidecar-unavailable.error.js';
import { sleep, type Clock } from './protocol/clock.js';
import { differencesFromSidecar } from './server/compare-with-sidecar.js';
import type { Handlers } from './server/handler-registry.js';

/** Milliseconds until a sidecar that does not answer is called missing, and between looks at it. */
const PATIENCE = 1000;
const POLL = 500;
/** A sidecar is healthy before it has asked the app where it probes the app's health first, and over gRPC always. */
const LOOKS = 3;

/** Tells once, when the app listens, what is wrong with an external sidecar. */
export class SidecarWatch {
  private readonly logger = new Logger('DaprModule');
  private readonly stopped = new AbortController();

  constructor(
    private readonly client: DaprClient,
    private readonly actors: ActorRuntime,
    private readonly options: ResolvedOptions,
    private readonly clock: Clock,
  ) {}

  /** Runs beside the app; it never fails. */
  async start(handlers: Handlers | undefined): Promise<void> {
    const { signal } = this.stopped;
    try {
      await this.find(signal);
      while (!(await this.client.health.isHealthy({ signal })))
        await sleep(this.clock, POLL, signal);
      await this.compare(handlers, signal);
    } catch (error) {
      if (!signal.aborted && !(error instanceof SidecarUnavailableError))
        this.logger.warn(
          `Could not look at the sidecar: ${(error as Error).message}`,
        );
    }
  }

  stop(): void {
    this.stopped.abort(new Error('the app is shutting down'));
  }

  private async find(signal: AbortSignal): Promise<void> {
    try {
      await this.client.health.waitUntilReady({ timeout: PATIENCE, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      this.sayMissing();
      await this.client.health.waitUntilReady({ timeout: Infinity, signal });
    }
  }

  private sayMissing(): void {
    const { communicationProtocol, grpcEndpoint, httpEndpoint } =
      this.client.options;
    const isGrpc = communicationProtocol === CommunicationProtocolEnum.GRPC;
    this.logger.error(
      `No Dapr sidecar answers at ${isGrpc ? grpcEndpoint : httpEndpoint} (chosen because ${this.options.sidecarReason}). ` +
        'Start the app with "dapr run", or set NODE_ENV=development (or DAPR_SIDECAR=embedded) for one in this process. ' +
        'Calls to Dapr wait for it, and client.health.isHealthy() is false until it is there.',
    );
  }

  private async compare(
    handlers: Handlers | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    let differences: string[] = [];
    for (let look = 0; look < LOOKS; look += 1) {
      if (look > 0) await sleep(this.clock, POLL, signal);
      differences = await this.differences(handlers, signal);
      if (differences.length === 0) return;
    }
    this.logger.warn(
      `The sidecar ${differences.join(', ')}. It asks the app once, when it starts: restart the sidecar.`,
    );
  }

  private async differences(
    handlers: Handlers | undefined,
    signal: AbortSignal,
  ): Promise<string[]> {
    const metadata = await this.client.metadata.get({ signal });
    return differencesFromSidecar(
      handlers?.subscriptions ?? [],
      this.actors.types,
      {
        subscriptions: metadata.subscriptions,
        actorTypes: metadata.actors.map(({ type }) => type),
      },
    );
  }
}
