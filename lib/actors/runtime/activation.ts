import type { Actor, ActorHome } from '../actor.js';
import type { ActorReminders, ActorTimers } from '../actor-schedules.js';
import type { Chain } from './chain.js';
import { remindersOf, timersOf } from './schedules.js';
import type { ActorSlot } from './slot.js';
import { StateCache, type ActorHost } from './state.js';

/** An instance in memory, with what belongs to it. */
export class Activation implements ActorHome {
  readonly state: StateCache;
  /** `onActivate` has ended well. */
  isActive = false;
  /** What `onActivate` changed is not stored yet: the instance is worth nothing if the turn fails. */
  isUnsaved = false;

  constructor(
    readonly actor: Actor,
    private readonly slot: ActorSlot,
    private readonly host: ActorHost,
  ) {
    this.state = new StateCache(slot, host);
  }

  get id(): string {
    return this.slot.id;
  }

  get timers(): ActorTimers {
    return timersOf(this.slot, this.host);
  }

  get reminders(): ActorReminders {
    return remindersOf(this.slot, this.host);
  }

  /** Stores what a chain changed. Where it rejects, nobody knows whether it did. */
  async store(chain: Chain): Promise<void> {
    const { type, id } = this.slot;
    const operations = this.state.operations();
    await chain.commit((signal) =>
      this.host
        .client()
        .stateTransaction(type.name, id, operations, { signal }),
    );
    this.state.committed();
    this.isUnsaved = false;
  }
}
