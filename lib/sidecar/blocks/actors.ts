import type { AppConfig } from '../../protocol/app-config.js';
import type { Clock } from '../../protocol/clock.js';
import type { Activity } from '../activity.js';
import type { AppChannel } from '../app/channel.js';
import type { Faults } from '../faults.js';
import type { Transcript } from '../transcript.js';
import type { StateStores } from './state.js';

/** One running process of an application that hosts actors. */
export interface ActorHost {
  readonly appId: string;
  /** Tells replicas of one app id apart; decides the placement, so a stable name makes it repeatable. */
  readonly instanceId: string;
  readonly channel: AppChannel;
}

export interface ActorsDependencies {
  readonly clock: Clock;
  readonly stores: StateStores;
  readonly activity: Activity;
  readonly faults: Faults;
  readonly transcript: Transcript;
  /** One line for the user; never holds a payload. */
  readonly warn: (message: string) => void;
  /** Names of the preview features that the Configuration resource turns on. */
  readonly features: ReadonlySet<string>;
}

/** `closing`: instances are deactivated with a DELETE each; `lost`: the host is gone, nothing is sent. */
export type Departure = 'closing' | 'lost';

/** An active type as the metadata API shows it. */
export interface ActiveActors {
  readonly type: string;
  readonly count: number;
}

/** Virtual actors: placement, turns, timers and reminders of all applications. */
export class Actors {
  constructor(private readonly deps: ActorsDependencies) {}

  /** An application of this id is about to tell its actor types: its actor calls wait until `register` or `unregister`. */
  expect(appId: string): void {
    void this.deps;
    void appId;
  }

  /** Takes the answer of GET /dapr/config into force. Resolves when the actors that move to this host have moved. */
  async register(host: ActorHost, config: AppConfig): Promise<void> {
    void host;
    void config;
  }

  /** Resolves when the host's instances are gone. Safe to call for a host that never registered. */
  async unregister(host: ActorHost, how: Departure): Promise<void> {
    void host;
    void how;
  }

  /** The types that any replica of the app hosts, with the number of active instances on it. */
  activeActors(appId: string): readonly ActiveActors[] {
    void appId;
    return [];
  }

  /** Ends all timers and turns. Nothing is sent to the hosts. */
  close(): void {}
}
