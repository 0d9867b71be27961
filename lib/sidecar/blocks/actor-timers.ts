import type { Clock, ScheduledCall } from '../../protocol/clock.js';
import { goJson } from '../../protocol/go-json.js';
import { resolveSchedule, type Schedule } from '../../protocol/schedule.js';
import type { Activity } from '../activity.js';
import type { ActorAddress } from './actor-calls.js';
import { ActorError } from './actor-error.js';
import type { ActorHost } from './actor-placement.js';
import { fireAt } from './fire-at.js';

/** What is registered, as text of the wire. */
export interface TimerRequest {
  readonly dueTime?: string;
  readonly period?: string;
  readonly ttl?: string;
  readonly callback?: string;
  /** JSON text. */
  readonly data?: string;
}

interface Timer {
  readonly host: ActorHost;
  readonly actor: ActorAddress;
  readonly name: string;
  readonly schedule: Schedule;
  readonly body: string;
  fired: number;
  next?: ScheduledCall;
}

export interface ActorTimersDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  /** Calls the actor; resolves when the turn has ended, however it did. */
  readonly tick: (
    actor: ActorAddress,
    name: string,
    body: string,
  ) => Promise<void>;
}

/**
 * The timers of all actors. They live in the memory of the sidecar where they were made and go with it, wherever the
 * actor is: they outlive one that was idle, which a tick activates again, and follow one that moved
 * (dapr/dapr pkg/actors/internal/timers/inmemory).
 */
export class ActorTimers {
  private readonly timers = new Map<string, Timer>();

  constructor(private readonly deps: ActorTimersDependencies) {}

  /**
   * Takes the place of a timer of that name in the sidecar of that host.
   * @throws ActorError in daprd's words
   */
  create(
    host: ActorHost,
    actor: ActorAddress,
    name: string,
    request: TimerRequest,
  ): void {
    const now = this.deps.clock.now();
    const schedule = scheduleOf(nameOf(actor, name), request, now);
    this.delete(host, actor, name);
    const timer: Timer = {
      host,
      actor,
      name,
      schedule,
      body: bodyOf(request),
      fired: 0,
    };
    this.timers.set(keyOf(timer), timer);
    this.arm(timer);
  }

  delete(host: ActorHost, actor: ActorAddress, name: string): void {
    this.remove(keyOf({ host, actor, name }));
  }

  /** Ends the timers of that host's sidecar. */
  drop(host: ActorHost): void {
    for (const [key, timer] of this.timers)
      if (timer.host === host) this.remove(key);
  }

  clear(): void {
    for (const key of this.timers.keys()) this.remove(key);
  }

  private remove(key: string): void {
    this.timers.get(key)?.next?.cancel();
    this.timers.delete(key);
  }

  /** The next tick is set when the last one has ended, at its time by the schedule: late ticks run back to back. */
  private arm(timer: Timer): void {
    const at = timer.schedule.at(timer.fired);
    if (at === undefined) return this.remove(keyOf(timer));
    timer.next = fireAt(this.deps, at, () => void this.fire(timer));
  }

  private async fire(timer: Timer): Promise<void> {
    await this.deps.tick(timer.actor, timer.name, timer.body);
    timer.fired += 1;
    if (this.timers.get(keyOf(timer)) === timer) this.arm(timer);
  }
}

function nameOf({ type, id }: ActorAddress, name: string): string {
  return `${type}||${id}||${name}`;
}

function keyOf({
  host,
  actor,
  name,
}: Pick<Timer, 'host' | 'actor' | 'name'>): string {
  return `${host.instanceId}||${nameOf(actor, name)}`;
}

function bodyOf({
  data,
  callback = '',
  dueTime = '',
  period = '',
}: TimerRequest): string {
  const rest = goJson({ callback, dueTime, period });
  return data === undefined ? rest : `{"data":${data},${rest.slice(1)}`;
}

/** daprd names the timer in this one error. */
function scheduleOf(key: string, request: TimerRequest, now: number): Schedule {
  try {
    return resolveSchedule('timer', request, now);
  } catch (error) {
    const { message } = error as Error;
    throw new ActorError(
      'failed',
      message.replace(/^timer has/, `timer ${key} has`),
    );
  }
}
