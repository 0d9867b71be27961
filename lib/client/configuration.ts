import type { ConfigurationItems } from '../protocol/configuration.js';
import type { CallOptions } from './call-options.js';
import type { MetadataValues } from './metadata-values.js';
import { keysInWords, requireName } from './name.js';

/** What was read, or what has changed. */
export interface ConfigurationResponse {
  /** By their keys. A key that is gone comes with an empty value when it goes, and is left out when it is read. */
  readonly items: ConfigurationItems;
}

/** Called with what has changed, one change after the other: the next waits until the promise is settled. */
export type ConfigurationCallback = (
  update: ConfigurationResponse,
) => Promise<void> | void;

/** `timeout` is for subscribing itself; `signal` ends the subscription, as `stop` does. */
export interface ConfigurationSubscribeOptions extends CallOptions {
  /**
   * Told when the subscription breaks, each time that it can't be made again or that what was missed can't be read, and
   * when the callback throws. Default: within `DaprModule` one line in the app's log, else nothing.
   */
  readonly onError?: ((error: Error) => void) | undefined;
}

export interface ConfigurationSubscription {
  /** Ends it: the callback is called no more. Resolves when the sidecar knows, too. May be called again. */
  stop(): Promise<void>;
}

/**
 * Configuration. An unknown store rejects with a `DaprNotFoundError`.
 *
 * A subscription goes on until it is stopped, or the client is. When the sidecar goes away, it is made again as soon as
 * there is one, with pauses from 0.5 s to 30 s between the attempts, and then the callback gets the values as they are
 * now, since nobody tells what changed meanwhile; a key that it was told of and that is gone comes with an empty value.
 * Over gRPC it is a stream. Over HTTP the sidecar posts changes to the app, so that it is for the client of `DaprModule`
 * alone: other clients need gRPC.
 * @see https://docs.dapr.io/reference/api/configuration_api/
 */
export interface ClientConfiguration {
  /**
   * The values of the keys, as far as there are some.
   * @param keys none: all
   * @param metadata as the store takes it
   */
  get(
    storeName: string,
    keys?: readonly string[],
    metadata?: MetadataValues,
    options?: CallOptions,
  ): Promise<ConfigurationResponse>;
  /** Resolves when the sidecar has promised to tell of changes of any key. */
  subscribe(
    storeName: string,
    callback: ConfigurationCallback,
    options?: ConfigurationSubscribeOptions,
  ): Promise<ConfigurationSubscription>;
  /** The same for some keys. */
  subscribeWithKeys(
    storeName: string,
    keys: readonly string[],
    callback: ConfigurationCallback,
    options?: ConfigurationSubscribeOptions,
  ): Promise<ConfigurationSubscription>;
  /** The same with metadata, as the store takes it. */
  subscribeWithMetadata(
    storeName: string,
    keys: readonly string[],
    metadata: MetadataValues,
    callback: ConfigurationCallback,
    options?: ConfigurationSubscribeOptions,
  ): Promise<ConfigurationSubscription>;
}

/** What is read, or subscribed to. */
export interface ConfigurationRequest {
  /** In words, for errors. */
  readonly operation: string;
  readonly storeName: string;
  /** Each once. */
  readonly keys: readonly string[];
  readonly metadata: MetadataValues | undefined;
}

/** @throws {@link DaprBadRequestError} for names that can't name anything */
export function configurationRequest(
  call: 'get' | 'subscribe',
  storeName: string,
  keys: readonly string[] = [],
  metadata?: MetadataValues,
): ConfigurationRequest {
  const operation = `configuration.${call} "${storeName}"${keysInWords(keys)}`;
  requireName(operation, 'store name', storeName);
  for (const key of keys) requireName(operation, 'key', key);
  return { operation, storeName, keys: [...new Set(keys)], metadata };
}
