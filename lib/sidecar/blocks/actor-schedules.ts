import type { Clock } from '../../protocol/clock.js';
import type { Activity } from '../activity.js';
import type { ActorAddress } from './actor-calls.js';
import { ActorError } from './actor-error.js';
import type { ActorHost, ActorPlacement } from './actor-placement.js';
import {
  ActorReminders,
  type NamedReminder,
  type RegisteredReminder,
  type ReminderRequest,
} from './actor-reminders.js';
import type { ActorCaller, ActorRouter } from './actor-router.js';
import { ActorTimers, type TimerRequest } from './actor-timers.js';
import type { ExpectedApps } from './expected-apps.js';

export interface ActorSchedulesDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly placement: ActorPlacement;
  readonly expected: ExpectedApps;
  readonly router: ActorRouter;
}

/** The API of timers and reminders: an app has them for the types that it hosts itself. */
export class ActorSchedules {
  private readonly timers: ActorTimers;
  private readonly reminders: ActorReminders;

  constructor(private readonly deps: ActorSchedulesDependencies) {
    const { clock, activity, placement, router } = deps;
    this.timers = new ActorTimers({
      clock,
      activity,
      tick: (...tick) => router.tick('timer', ...tick).catch(() => undefined),
    });
    this.reminders = new ActorReminders({
      clock,
      activity,
      isHosted: (type) => placement.isHosted(type),
      tick: (...tick) => router.tick('reminder', ...tick),
    });
  }

  /** A host has come: what was due without one goes out now. */
  wake(): void {
    this.reminders.wake();
  }

  /** A host goes, and with its sidecar the timers in it. */
  drop(host: ActorHost): void {
    this.timers.drop(host);
  }

  clear(): void {
    this.timers.clear();
    this.reminders.clear();
  }

  async createTimer(
    caller: ActorCaller,
    actor: ActorAddress,
    name: string,
    request: TimerRequest,
  ): Promise<void> {
    const host = await this.hostFor(caller, actor.type);
    if (!host)
      throw new ActorError(
        'failed',
        `can't create timer for actor ${actor.type}||${actor.id}: actor type not registered`,
      );
    this.timers.create(host, actor, name, request);
  }

  async deleteTimer(
    caller: ActorCaller,
    actor: ActorAddress,
    name: string,
  ): Promise<void> {
    const host = await this.hostFor(caller, actor.type);
    if (host) this.timers.delete(host, actor, name);
  }

  async createReminder(
    caller: ActorCaller,
    actor: ActorAddress,
    name: string,
    request: ReminderRequest,
  ): Promise<void> {
    await this.requireHosted(caller, actor.type);
    this.reminders.create(actor, name, request);
  }

  async getReminder(
    caller: ActorCaller,
    actor: ActorAddress,
    name: string,
  ): Promise<RegisteredReminder | undefined> {
    await this.requireHosted(caller, actor.type);
    return this.reminders.get(actor, name);
  }

  async deleteReminder(
    caller: ActorCaller,
    actor: ActorAddress,
    name: string,
  ): Promise<void> {
    await this.requireHosted(caller, actor.type);
    this.reminders.delete(actor, name);
  }

  /** Those of an actor, or of all actors of a type. */
  async listReminders(
    caller: ActorCaller,
    type: string,
    id?: string,
  ): Promise<NamedReminder[]> {
    await this.requireHosted(caller, type);
    return this.reminders.list(type, id);
  }

  async deleteReminders(
    caller: ActorCaller,
    type: string,
    id?: string,
  ): Promise<void> {
    await this.requireHosted(caller, type);
    this.reminders.deleteAll(type, id);
  }

  /** The host behind the sidecar that was called, if it hosts the type. */
  private async hostFor(
    caller: ActorCaller,
    type: string,
  ): Promise<ActorHost | undefined> {
    const { expected, placement } = this.deps;
    await expected.known(caller);
    const host = placement.hostOf(caller.instanceId);
    return host && placement.settingsOf(host, type) ? host : undefined;
  }

  private async requireHosted(
    caller: ActorCaller,
    type: string,
  ): Promise<void> {
    if (!(await this.hostFor(caller, type)))
      throw new ActorError(
        'not-hosted',
        'operations on actor reminders are only possible on hosted actor types',
      );
  }
}
