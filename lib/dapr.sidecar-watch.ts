import { Logger } from '@nestjs/common';
import type { ActorRuntime } from './actors/runtime/runtime.js';
import { CommunicationProtocolEnum } from './client/communication-protocol.js';
import type { DaprClient } from './client/dapr-client.js';
import type { ResolvedOptions } from './dapr.options.js';
import { SidecarUnavailableError } from './errors/sidecar-unavailable.error.js';
import { sleep, type Clock } from './protocol/clock.js';
import type { DaprMetadata } from './client/metadata.js';
import { differencesFromSidecar } from './server/compare-with-sidecar.js';
import type { Handlers } from './server/handler-registry.js';
import {
  hasCallbacks,
  missingBindings,
  missingComponents,
  portProblem,
  protocolProblem,
  type SidecarConnection,
} from './server/sidecar-problems.js';

/** What the sidecar is compared with. */
export interface ListeningApp {
  readonly handlers: Handlers | undefined;
  /** Where Dapr's calls are taken; undefined where that is no port. */
  readonly port: number | undefined;
}

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
  start(app: ListeningApp): Promise<void> {
    return this.look(async (signal) => {
      await this.find(signal);
      const isHeard = await this.isHeard(app, signal);
      await this.becomesHealthy(app, signal);
      if (isHeard) await this.compare(app, signal);
    });
  }

  /**
   * Tells of handlers of bindings that the embedded sidecar does not have; of topics it tells by itself. Never fails.
   */
  async startEmbedded({ handlers }: ListeningApp): Promise<void> {
    if (!handlers?.bindings.size) return;
    await this.look(async (signal) => {
      const { components } = await this.client.metadata.get({ signal });
      for (const line of missingBindings(handlers, components))
        this.logger.warn(line);
    });
  }

  private async look(
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { signal } = this.stopped;
    try {
      await work(signal);
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

  /** False where the sidecar speaks what the app does not understand: it has asked for nothing. */
  private async isHeard(
    { handlers }: ListeningApp,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!hasCallbacks(handlers, this.actors.types)) return true;
    const problem = protocolProblem(await this.connection(signal));
    if (problem !== undefined) this.logger.warn(problem);
    return problem === undefined;
  }

  // Where the sidecar denies the metadata API, the comparison that comes later says so.
  private async connection(signal: AbortSignal): Promise<SidecarConnection> {
    try {
      return (await this.metadata(signal)).appConnectionProperties ?? {};
    } catch {
      return {};
    }
  }

  private metadata(signal: AbortSignal): Promise<DaprMetadata> {
    return this.client.metadata.get({ signal });
  }

  // daprd waits for the app's port: where that is another one, for ever.
  private async becomesHealthy(
    { port }: ListeningApp,
    signal: AbortSignal,
  ): Promise<void> {
    for (let look = 0; ; look += 1) {
      if (await this.client.health.isHealthy({ signal })) return;
      if (look === LOOKS) {
        const connection = await this.connection(signal);
        const problem = connection.port && portProblem(connection, port);
        if (problem) this.logger.warn(problem);
      }
      await sleep(this.clock, POLL, signal);
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

  private async compare(app: ListeningApp, signal: AbortSignal): Promise<void> {
    const metadata = await this.metadata(signal);
    for (const line of missingComponents(app.handlers, metadata.components))
      this.logger.warn(line);
    await this.compareAnswers(app, metadata, signal);
  }

  private async compareAnswers(
    { handlers, port }: ListeningApp,
    first: DaprMetadata,
    signal: AbortSignal,
  ): Promise<void> {
    let metadata = first;
    let differences = this.differences(handlers, metadata);
    for (let look = 1; differences.length > 0 && look < LOOKS; look += 1) {
      await sleep(this.clock, POLL, signal);
      metadata = await this.metadata(signal);
      differences = this.differences(handlers, metadata);
    }
    if (differences.length === 0) return;
    const { appConnectionProperties } = metadata;
    const problem =
      appConnectionProperties && portProblem(appConnectionProperties, port);
    this.logger.warn(
      problem ??
        `The sidecar ${differences.join(', ')}. It asks the app once, when it starts: restart the sidecar.`,
    );
  }

  private differences(
    handlers: Handlers | undefined,
    metadata: DaprMetadata,
  ): string[] {
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
