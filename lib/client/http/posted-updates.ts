import { SidecarUnavailableError } from '../../errors/sidecar-unavailable.error.js';
import type { ConfigurationItems } from '../../protocol/configuration.js';
import type {
  ConfigurationUpdates,
  UpdateTarget,
} from '../configuration-updates.js';
import type { ConfigurationListener } from '../configuration-watch.js';

/** Calls of the sidecar. */
interface Calls {
  /** Resolves with the subscription's id. */
  subscribe(): Promise<string>;
  /** False where the sidecar does not know the subscription. Never rejects. */
  unsubscribe(id: string): Promise<boolean>;
}

/** A subscription whose updates the sidecar posts to the app. */
export class PostedUpdates implements UpdateTarget {
  #id = '';
  #isOver = false;
  #renewed: Promise<void> = Promise.resolve();

  constructor(
    private readonly updates: ConfigurationUpdates,
    private readonly storeName: string,
    private readonly listener: ConfigurationListener,
    private readonly calls: Calls,
  ) {}

  /** Resolves when the subscription stands, with how to end it. */
  async open(): Promise<() => Promise<void>> {
    await this.#subscribe();
    return () => this.#close();
  }

  deliver(items: ConfigurationItems): Promise<void> {
    return this.listener.deliver(items);
  }

  renew(): void {
    // One after the other, so that none is left behind when sidecars come quickly.
    this.#renewed = this.#renewed.then(() => this.#renew());
  }

  async #renew(): Promise<void> {
    if (this.#isOver) return;
    const before = this.#id;
    try {
      await this.#subscribe();
    } catch (error) {
      this.updates.remove(before);
      this.#isOver = true;
      this.listener.broken(error as Error);
      return;
    }
    // Last, so that there is no moment without a subscription where it is the same sidecar after all.
    const isSame = await this.calls.unsubscribe(before);
    this.updates.remove(before);
    if (this.#isOver) {
      this.updates.remove(this.#id);
      await this.calls.unsubscribe(this.#id);
    } else if (!isSame)
      this.listener.missed(
        new SidecarUnavailableError(
          `The sidecar has restarted. Changes in configuration store "${this.storeName}" may have been missed meanwhile.`,
          { operation: `configuration.subscribe "${this.storeName}"` },
        ),
      );
  }

  async #subscribe(): Promise<void> {
    const { updates, storeName, calls } = this;
    this.#id = await updates.add(storeName, () => calls.subscribe(), this);
  }

  async #close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.updates.remove(this.#id);
    await this.calls.unsubscribe(this.#id);
  }
}
