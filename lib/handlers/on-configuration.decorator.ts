import { daprHandler } from './handler.js';

export interface OnConfigurationOptions {
  /** Metadata of the subscription, as the store takes it. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/**
 * Handles changes of a configuration store: the payload is the `ConfigurationItems` that have changed, where a key that
 * is gone has an empty value. The app subscribes when its sidecar is ready, and ends that when it shuts down. When the
 * sidecar restarts, it subscribes again and then gets the values as they are, since nobody tells what changed meanwhile;
 * so a handler may be told what it knows. For the values at start, ask `client.configuration.get`.
 *
 * What a handler refuses, by a pipe, a guard or `DropMessageException`, is passed over with a warning; any other error
 * is logged, and told to Dapr where that asks (over HTTP), which tries again if a resiliency policy says so. Of returned
 * values only the words `'RETRY'` and `'DROP'` count.
 *
 * @param storeName name of the configuration store component
 * @param keys none: all that there are
 * @see https://docs.dapr.io/developing-applications/building-blocks/configuration/
 */
export function OnConfiguration(
  storeName: string,
  keys: readonly string[] = [],
  options: OnConfigurationOptions = {},
): MethodDecorator {
  return daprHandler({ kind: 'configuration', storeName, keys, options });
}
