import type {
  ActorReminder,
  ActorReminderOptions,
  ActorTimerOptions,
  NamedActorReminder,
} from '../client/actor.js';

/**
 * The timers of one actor. They live in the memory of the sidecar: an idle actor is woken by them, a restart of the
 * sidecar forgets them. Setting and removing takes effect at once and is not undone when the turn fails.
 * @see https://docs.dapr.io/developing-applications/building-blocks/actors/actors-timers-reminders/#actor-timers
 */
export interface ActorTimers {
  /**
   * Starts a timer, or replaces the one of that name. It calls the `@OnTimer(name)` method, or, where there is none,
   * the method that `callback` names.
   * Where the actor has neither, it never runs: one warning says so.
   * @throws DaprBadRequestError for times that Dapr would not take, before it is called
   */
  set(name: string, timer: ActorTimerOptions): Promise<void>;
  /** Stops a timer; there need not be one. */
  remove(name: string): Promise<void>;
}

/**
 * The reminders of one actor. They survive restarts. Setting and removing takes effect at once and is not undone when
 * the turn fails.
 * @see https://docs.dapr.io/developing-applications/building-blocks/actors/actors-timers-reminders/#actor-reminders
 */
export interface ActorReminders {
  /**
   * Registers a reminder, or replaces the one of that name. It calls the `@OnReminder(name)` method; where the actor has
   * none, it never runs: one warning says so.
   * @throws DaprBadRequestError for times that Dapr would not take, before it is called
   */
  set(name: string, reminder: ActorReminderOptions): Promise<void>;
  /** Undefined where there is none of that name. */
  get(name: string): Promise<ActorReminder | undefined>;
  /** Those of this actor, in no order. Dapr tells them over gRPC only. */
  list(): Promise<NamedActorReminder[]>;
  /** Removes a reminder; there need not be one. */
  remove(name: string): Promise<void>;
}
