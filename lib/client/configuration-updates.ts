import type { ConfigurationItems } from '../protocol/configuration.js';

/** A subscription that was made over HTTP. */
export interface UpdateTarget {
  /** Rejects when its callback does. */
  deliver(items: ConfigurationItems): Promise<void>;
  /** The sidecar may be another one than that which promised to tell. */
  renew(): void;
}

/**
 * The way from where an app's server receives changes of configuration to the subscriptions of its client: over HTTP,
 * the sidecar posts them to the app. One for a module; its server and its client both have it.
 */
export class ConfigurationUpdates {
  readonly #stores = new Set<string>();
  readonly #targets = new Map<string, UpdateTarget>();
  /** Subscriptions that are being made: their first update may come before their id. */
  readonly #asking = new Set<Promise<string>>();
  #end: (storeName: string, id: string) => void = () => undefined;

  /** `end` ends a subscription at the sidecar. */
  attach(end: (storeName: string, id: string) => void): void {
    this.#end = end;
  }

  /** Resolves with the id of a subscription from which on `target` gets its updates. */
  async add(
    storeName: string,
    subscribe: () => Promise<string>,
    target: UpdateTarget,
  ): Promise<string> {
    this.#stores.add(storeName);
    const asking = subscribe();
    this.#asking.add(asking);
    try {
      const id = await asking;
      this.#targets.set(id, target);
      return id;
    } finally {
      this.#asking.delete(asking);
    }
  }

  remove(id: string): void {
    this.#targets.delete(id);
  }

  /** Whether updates of that store are for this client. */
  expects(storeName: string): boolean {
    return this.#stores.has(storeName);
  }

  /** Hands an update to the subscription with that id. Rejects when its callback does. */
  async receive(
    storeName: string,
    id: string,
    items: ConfigurationItems,
  ): Promise<void> {
    if (!this.#targets.has(id)) await Promise.allSettled(this.#asking);
    const target = this.#targets.get(id);
    // Of an earlier run of the app, which went without a word: the sidecar would go on for as long as it lives.
    if (!target) return this.#end(storeName, id);
    await target.deliver(items);
  }

  /** A sidecar has asked the app for its configuration, as each does once in its life. */
  newWorld(): void {
    for (const target of new Set(this.#targets.values())) target.renew();
  }
}
