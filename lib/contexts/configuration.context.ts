import { DaprContext, type DaprCall } from './dapr.context.js';

export interface ConfigurationCall extends DaprCall {
  readonly storeName: string;
  readonly keys: readonly string[];
}

/** A change of configuration. Its signal aborts when the app shuts down; it has no headers. */
export class ConfigurationContext extends DaprContext<ConfigurationCall> {
  /** Name of the configuration store component. */
  get storeName(): string {
    return this.call.storeName;
  }

  /** The keys that have changed. */
  get keys(): readonly string[] {
    return this.call.keys;
  }
}
