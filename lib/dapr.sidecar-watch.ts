import { Logger } from '@nestjs/common';
import type { ActorRuntime } from './actors/runtime/runtime.js';
import type { DaprClient } from './client/dapr-client.js';
import type { ResolvedOptions } from './dapr.options.js';
import { SidecarUnavailableError } from './errors/sidecar-unavailable.error.js';
import { missingInSidecar } from './server/compare-with-sidecar.js';
import type { Handlers } from './server/handler-registry.js';

/** Tells once, when the app listens, what is wrong with an external sidecar. */
export class SidecarWatch {
  private readonly logger = new Logger('DaprModule');
  private readonly stopped = new AbortController();

  constructor(
    private readonly client: DaprClient,
    private readonly actors: ActorRuntime,
    private readonly options: ResolvedOptions,
  ) {}

  /** Runs beside the app; it never fails. */
  async start(handlers: Handlers | undefined): Promise<void> {
    const { signal } = this.stopped;
    try {
      if (!(await this.client.health.isHealthyOutbound({ signal })))
        this.sayMissing();
      await this.client.health.waitUntilReady({ signal });
      await this.compare(handlers);
    } catch (error) {
      if (!signal.aborted && !(error instanceof SidecarUnavailableError))
        this.logger.debug(
          `Could not look at the sidecar: ${(error as Error).message}`,
        );
    }
  }

  stop(): void {
    this.stopped.abort(new Error('the app is shutting down'));
  }

  private sayMissing(): void {
    this.logger.error(
      `No Dapr sidecar answers at ${this.client.options.httpEndpoint} (chosen because ${this.options.sidecarReason}). ` +
        'Start the app with "dapr run", or set NODE_ENV=development (or DAPR_SIDECAR=embedded) for one in this process. ' +
        'Calls to Dapr wait for it, and client.health.isHealthy() is false until it is there.',
    );
  }

  private async compare(handlers: Handlers | undefined): Promise<void> {
    const metadata = await this.client.metadata.get({
      signal: this.stopped.signal,
    });
    const missing = missingInSidecar(
      handlers?.subscriptions ?? [],
      this.actors.types,
      {
        subscriptions: metadata.subscriptions,
        actorTypes: metadata.actors.map(({ type }) => type),
      },
    );
    if (missing.length > 0)
      this.logger.warn(
        `The sidecar does not know of ${missing.join(', ')}. It asks the app once, when it starts: restart the sidecar.`,
      );
  }
}
