import type { Actor, ActorHome } from '../actor.js';
import type { ActorReminders, ActorTimers } from '../actor-schedules.js';
import { remindersOf, timersOf } from './schedules.js';
import type { ActorSlot } from './slot.js';
import { StateCache, type ActorHost } from './state.js';

/** An instance in memory, with what belongs to it. */
export class Activation implements ActorHome {
  readonly state: StateCache;
  /** `onActivate` has ended well. */
  isActive = false;

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
}
