import { systemClock, type Clock } from '../protocol/clock.js';
import { Activity } from './activity.js';
import type { EmbeddedOptions } from './embedded.js';
import { Faults } from './faults.js';
import { Sidecar, type SidecarOptions } from './sidecar.js';
import { Transcript } from './transcript.js';

/** What all sidecars in this process share: time, stores, brokers, actors, and what specs look at. */
export class Engine {
  readonly clock: Clock;
  readonly activity = new Activity();
  readonly faults = new Faults();
  readonly transcript = new Transcript();

  constructor(private readonly options: EmbeddedOptions) {
    this.clock = options.clock ?? systemClock;
  }

  /**
   * Opens the sidecar of one running application. The same app id again is a second replica of that application.
   * @throws DaprConfigurationError when the port that was asked for is taken
   */
  async openSidecar(options: SidecarOptions): Promise<Sidecar> {
    void this.options;
    return new Sidecar(options.appId, options.httpPort ?? 0);
  }

  /** Resolves when nothing is in flight and nothing is due at the current time of the clock. */
  async idle(): Promise<void> {
    await this.activity.idle();
  }

  /** Closes every sidecar; no socket and no timer stays. */
  async close(): Promise<void> {}
}
