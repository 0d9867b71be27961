import { Logger } from '@nestjs/common';
import { setMaxListeners } from 'node:events';
import type {
  ClientConfiguration,
  ConfigurationSubscription,
} from '../client/configuration.js';
import { ConfigurationContext } from '../contexts/configuration.context.js';
import { sleep, type Clock } from '../protocol/clock.js';
import type { ConfigurationItems } from '../protocol/configuration.js';
import type { Dispatcher } from './dispatcher.js';
import type { Drain } from './drain.js';
import type { RegisteredHandler } from './handler-registry.js';

export interface ConfigurationHandler extends RegisteredHandler {
  readonly storeName: string;
  /** None: all. */
  readonly keys: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ConfigurationHandlersDependencies {
  readonly client: () => ClientConfiguration;
  readonly dispatcher: Dispatcher;
  readonly drain: Drain;
  readonly clock: Clock;
}

/** A handler failed on a change, and its log line is written. */
class HandlerFailure extends Error {}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

/** The subscriptions of `@OnConfiguration`, from when the sidecar is ready until the app shuts down. */
export class ConfigurationHandlers {
  private readonly logger = new Logger('ServerDapr');
  private readonly end = new AbortController();
  private readonly subscriptions: ConfigurationSubscription[] = [];

  constructor(private readonly deps: ConfigurationHandlersDependencies) {
    setMaxListeners(0, this.end.signal);
  }

  /** Resolves when each was tried once; those that failed are tried again, beside the app. Never rejects. */
  async start(handlers: readonly ConfigurationHandler[]): Promise<void> {
    await Promise.all(handlers.map((handler) => this.subscribe(handler)));
  }

  async stop(): Promise<void> {
    const reason = new Error('the app is shutting down');
    this.end.abort(reason);
    await Promise.all(this.subscriptions.map((each) => each.stop()));
  }

  private async subscribe(
    handler: ConfigurationHandler,
    pause = FIRST_PAUSE,
  ): Promise<void> {
    const { storeName, keys, metadata } = handler;
    const { signal } = this.end;
    if (signal.aborted) return;
    try {
      const subscription = await this.deps
        .client()
        .subscribeWithMetadata(
          storeName,
          keys,
          metadata,
          ({ items }) => this.deliver(handler, items),
          { signal, onError: (error) => this.troubled(handler, error) },
        );
      this.subscriptions.push(subscription);
    } catch (error) {
      if (signal.aborted) return;
      this.troubled(handler, error as Error);
      const again = Math.min(pause * 2, LONGEST_PAUSE);
      void sleep(this.deps.clock, pause, signal).then(
        () => this.subscribe(handler, again),
        () => undefined,
      );
    }
  }

  /** @throws HandlerFailure where Dapr is to be told of it */
  private async deliver(
    handler: ConfigurationHandler,
    items: ConfigurationItems,
  ): Promise<void> {
    const { dispatcher, drain } = this.deps;
    const leave = drain.enter();
    if (!leave) return;
    try {
      const { storeName } = handler;
      const keys = Object.keys(items);
      const call = { storeName, keys, headers: {}, signal: this.end.signal };
      const { status } = await dispatcher.dispatchEvent(
        handler,
        items,
        new ConfigurationContext(call),
        () => `a change of ${keys.join(', ')} in configuration "${storeName}"`,
      );
      if (status === 'RETRY') throw new HandlerFailure();
    } finally {
      leave();
    }
  }

  private troubled(
    { owner, storeName }: ConfigurationHandler,
    error: Error,
  ): void {
    if (error instanceof HandlerFailure) return;
    this.logger.warn(
      `${owner} may miss changes of configuration "${storeName}" until it is subscribed again: ${error.message}`,
    );
  }
}
