import type { Clock, ScheduledCall } from '../../protocol/clock.js';
import { formatGoDuration, toMilliseconds } from '../../protocol/duration.js';
import { resolveSchedule, type Schedule } from '../../protocol/schedule.js';
import { parseTimestamp } from '../../protocol/timestamp.js';
import type { Activity } from '../activity.js';
import type { ActorAddress } from './actor-calls.js';
import { ActorError } from './actor-error.js';
import {
  DEFAULT_POLICY,
  delayOf,
  triesAgain,
  type JobFailurePolicy,
} from './failure-policy.js';
import { fireAt } from './fire-at.js';

/** What is registered, as text of the wire. */
export interface ReminderRequest {
  readonly dueTime?: string;
  readonly period?: string;
  readonly ttl?: string;
  /** JSON text. */
  readonly data?: string;
  /** Default true. */
  readonly overwrite?: boolean;
  /** Over HTTP none can be asked for. */
  readonly failurePolicy?: JobFailurePolicy | undefined;
}

/** A registered reminder, as its app reads it back. */
export interface RegisteredReminder {
  readonly dueTime?: string;
  /** Whatever was sent, `@every 1s`. */
  readonly period?: string;
  /** Only where it was registered as a point in time. */
  readonly ttl?: string;
  /** JSON text. */
  readonly data?: string;
}

/** One of a list. */
export interface NamedReminder extends RegisteredReminder {
  readonly actor: ActorAddress;
  readonly name: string;
}

interface Reminder {
  readonly actor: ActorAddress;
  readonly name: string;
  readonly schedule: Schedule;
  readonly registered: RegisteredReminder;
  readonly body: string;
  readonly failurePolicy: JobFailurePolicy;
  fired: number;
  /** Failed deliveries of the current tick. */
  failures: number;
  /** Due, and no host is there. */
  waiting: boolean;
  next?: ScheduledCall;
}

export interface ActorRemindersDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  /** Whether a running process could take a tick for an actor of that type. */
  readonly isHosted: (type: string) => boolean;
  /** Calls the actor. Rejects when it does not answer 200. */
  readonly tick: (
    actor: ActorAddress,
    name: string,
    body: string,
  ) => Promise<void>;
}

/**
 * The reminders of all actors. They outlive the processes of their app, as in Dapr's scheduler, and belong to the actor:
 * where several apps host its type, all of them see its reminders, and the one that has the actor gets them.
 */
export class ActorReminders {
  private readonly reminders = new Map<string, Reminder>();

  constructor(private readonly deps: ActorRemindersDependencies) {}

  /**
   * Takes the place of a reminder of that name, and begins anew.
   * @throws DurationError in daprd's words; ActorError when it exists and must not be overwritten
   */
  create(actor: ActorAddress, name: string, request: ReminderRequest): void {
    const { dueTime, ttl, data, overwrite = true } = request;
    const { failurePolicy = DEFAULT_POLICY } = request;
    const key = keyOf(actor, name);
    checkJobName(actor, name);
    const schedule = resolveSchedule(
      'reminder',
      request,
      this.deps.clock.now(),
    );
    if (!overwrite && this.reminders.has(key))
      throw new ActorError(
        'already-exists',
        `actor reminder already exists: ${name}`,
      );
    this.remove(key);
    const period = request.period && schedulerPeriod(request.period);
    const reminder: Reminder = {
      actor,
      name,
      schedule,
      registered: {
        ...(dueTime && { dueTime }),
        ...(period && { period }),
        ...(ttl &&
          parseTimestamp(ttl) !== undefined && { ttl: timestampText(ttl) }),
        ...(data !== undefined && { data }),
      },
      body: `{${data === undefined ? '' : `"data":${data},`}"dueTime":"","period":""}`,
      failurePolicy,
      fired: 0,
      failures: 0,
      waiting: false,
    };
    this.reminders.set(key, reminder);
    this.arm(reminder);
  }

  get(actor: ActorAddress, name: string): RegisteredReminder | undefined {
    checkJobName(
      actor,
      name,
      'api error: code = Internal desc = failed to get job due to: ',
    );
    return this.reminders.get(keyOf(actor, name))?.registered;
  }

  delete(actor: ActorAddress, name: string): void {
    checkJobName(actor, name);
    this.remove(keyOf(actor, name));
  }

  /** Those of an actor, or of all actors of a type, by type, id and name. */
  list(type: string, id?: string): NamedReminder[] {
    return this.of(type, id)
      .sort((a, b) =>
        keyOf(a.actor, a.name) < keyOf(b.actor, b.name) ? -1 : 1,
      )
      .map(({ actor, name, registered }) => ({ ...registered, actor, name }));
  }

  /** Removes those of an actor, or of all actors of a type. */
  deleteAll(type: string, id?: string): void {
    for (const { actor, name } of this.of(type, id))
      this.remove(keyOf(actor, name));
  }

  /** A host has come: what was due without one goes out now. */
  wake(): void {
    for (const reminder of this.reminders.values())
      if (reminder.waiting) void this.fire(reminder);
  }

  clear(): void {
    for (const reminder of this.reminders.values()) reminder.next?.cancel();
    this.reminders.clear();
  }

  private of(type: string, id?: string): Reminder[] {
    return [...this.reminders.values()].filter(
      ({ actor }) =>
        actor.type === type && (id === undefined || actor.id === id),
    );
  }

  private remove(key: string): void {
    this.reminders.get(key)?.next?.cancel();
    this.reminders.delete(key);
  }

  /** The next tick is set when the last one is done with; what is late by then follows at once. */
  private arm(reminder: Reminder): void {
    const due = reminder.schedule.at(reminder.fired);
    if (due === undefined)
      return this.remove(keyOf(reminder.actor, reminder.name));
    const at = due + delayOf(reminder.failurePolicy, reminder.failures);
    reminder.next = fireAt(this.deps, at, () => void this.fire(reminder));
  }

  private async fire(reminder: Reminder): Promise<void> {
    const { actor, name, body } = reminder;
    reminder.waiting = !this.deps.isHosted(actor.type);
    if (reminder.waiting) return;
    try {
      await this.deps.tick(actor, name, body);
      reminder.failures = 0;
    } catch {
      // The answer may hold the application's data, so it is not logged; the application logs its own errors.
      reminder.failures += 1;
      if (!triesAgain(reminder.failurePolicy, reminder.failures))
        reminder.failures = 0;
    }
    if (reminder.failures === 0) reminder.fired += 1;
    if (this.reminders.get(keyOf(actor, name)) === reminder) this.arm(reminder);
  }
}

function keyOf({ type, id }: ActorAddress, name: string): string {
  return `${type}||${id}||${name}`;
}

/** The scheduler puts type, id and name into one name that becomes a path of its store. */
function checkJobName(
  { type, id }: ActorAddress,
  name: string,
  context = '',
): void {
  const job = `actorreminder||default||${type}||${id}||${name}`;
  if (/[/\\#?]/.test(job))
    throw new ActorError(
      'failed',
      `${context}rpc error: code = Unknown desc = job name is invalid ${JSON.stringify(job)}: must not contain '/', '\\', '#' or '?'`,
    );
}

/** The scheduler keeps a period in cron's form, and the number of repeats apart. */
function schedulerPeriod(period: string): string {
  const length = toMilliseconds(period.replace(/^R\d+\/?/, '') || '0s');
  return `@every ${formatGoDuration(length)}`;
}

/** As Go prints it: zeros at the end of the fraction left out, and no offset written as Z. */
function timestampText(text: string): string {
  return text
    .replace(/(\.\d*?)0+(?=Z|[+-])/, '$1')
    .replace(/\.(?=Z|[+-])/, '')
    .replace(/[+-]00:00$/, 'Z');
}
