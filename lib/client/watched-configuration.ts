import type { Clock } from '../protocol/clock.js';
import type { ConfigurationItems } from '../protocol/configuration.js';
import type { CallOptions } from './call-options.js';
import {
  configurationRequest,
  type ClientConfiguration,
  type ConfigurationCallback,
  type ConfigurationRequest,
  type ConfigurationResponse,
  type ConfigurationSubscribeOptions,
  type ConfigurationSubscription,
} from './configuration.js';
import {
  ConfigurationWatch,
  type ConfigurationListener,
} from './configuration-watch.js';
import type { MetadataValues } from './metadata-values.js';

/** Configuration over either protocol: what these have in common, and the subscriptions of one client. */
export abstract class WatchedConfiguration implements ClientConfiguration {
  readonly #watches = new Set<ConfigurationWatch>();

  constructor(
    private readonly clock: Clock,
    private readonly warn: (line: string) => void,
  ) {}

  async get(
    storeName: string,
    keys?: readonly string[],
    metadata?: MetadataValues,
    options?: CallOptions,
  ): Promise<ConfigurationResponse> {
    const request = configurationRequest('get', storeName, keys, metadata);
    return { items: await this.read(request, options) };
  }

  async subscribe(
    storeName: string,
    callback: ConfigurationCallback,
    options?: ConfigurationSubscribeOptions,
  ): Promise<ConfigurationSubscription> {
    const request = configurationRequest('subscribe', storeName);
    return this.#watch(request, callback, options);
  }

  async subscribeWithKeys(
    storeName: string,
    keys: readonly string[],
    callback: ConfigurationCallback,
    options?: ConfigurationSubscribeOptions,
  ): Promise<ConfigurationSubscription> {
    const request = configurationRequest('subscribe', storeName, keys);
    return this.#watch(request, callback, options);
  }

  async subscribeWithMetadata(
    storeName: string,
    keys: readonly string[],
    metadata: MetadataValues,
    callback: ConfigurationCallback,
    options?: ConfigurationSubscribeOptions,
  ): Promise<ConfigurationSubscription> {
    const call = 'subscribe';
    const request = configurationRequest(call, storeName, keys, metadata);
    return this.#watch(request, callback, options);
  }

  /** The client is being stopped. */
  async stop(): Promise<void> {
    await Promise.all([...this.#watches].map((watch) => watch.stop()));
  }

  protected abstract read(
    request: ConfigurationRequest,
    options: CallOptions | undefined,
  ): Promise<ConfigurationItems>;

  /** Resolves when the subscription stands, with how to end it; that never rejects. */
  protected abstract open(
    request: ConfigurationRequest,
    listener: ConfigurationListener,
    options: CallOptions & { readonly signal: AbortSignal },
  ): Promise<() => Promise<void>>;

  async #watch(
    request: ConfigurationRequest,
    callback: ConfigurationCallback,
    { signal, timeout, onError }: ConfigurationSubscribeOptions = {},
  ): Promise<ConfigurationSubscription> {
    const toLog = (error: Error): void =>
      this.warn(
        `${request.operation} is in trouble, and goes on: ${error.message}`,
      );
    const watch = new ConfigurationWatch({
      clock: this.clock,
      open: (listener, options) => this.open(request, listener, options),
      read: (options) => this.read(request, options),
      callback,
      onError: onError ? guarded(onError, toLog) : toLog,
      onEnd: () => void this.#watches.delete(watch),
    });
    this.#watches.add(watch);
    await watch.start(signal, timeout);
    return { stop: () => watch.stop() };
  }
}

/** What `onError` itself throws must not end the subscription. */
function guarded(
  onError: (error: Error) => void,
  toLog: (error: Error) => void,
): (error: Error) => void {
  return (error) => {
    try {
      onError(error);
    } catch (failure) {
      toLog(error);
      toLog(failure as Error);
    }
  };
}
