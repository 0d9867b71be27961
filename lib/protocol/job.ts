import { CronError } from './cron.js';
import { DurationError, type DurationInput } from './duration.js';
import { readJobCron, type JobCron } from './job-cron.js';
import { boundsWire, type Schedule } from './schedule.js';
import { refusedJob, schedulerPoint } from './schedule-times.js';

/** When a job comes, in the words of its caller. */
export interface JobTimes {
  /**
   * Six cron fields, seconds first (`'0 30 2 * * *'`), `@every 1h30m`, `@daily` and the like. UTC, unless it begins with
   * a time zone: `'TZ=Europe/Paris 0 30 2 * * *'`.
   */
  readonly schedule?: string | undefined;
  /**
   * When it first comes: a duration from now, or a point in time (Date or RFC 3339 text). Without a schedule it comes
   * once.
   */
  readonly dueTime?: DurationInput | Date | undefined;
  /** How often it comes in all. Default: without end. */
  readonly repeats?: number | undefined;
  /** When the schedule ends: a duration from the due time, or a point in time. */
  readonly ttl?: DurationInput | Date | undefined;
}

/** The same as it is sent. */
export interface JobText {
  readonly schedule?: string;
  readonly dueTime?: string;
  readonly repeats?: number;
  readonly ttl?: string;
}

/** In which daprd keeps the JSON that a job carries: an Any with a google.protobuf.Value. */
export const VALUE_TYPE = 'type.googleapis.com/google.protobuf.Value';

// `repeats` is a uint32 on the wire.
const MOST_REPEATS = 2 ** 32 - 1;

/**
 * What to send for a job.
 * @throws DurationError for what Dapr's scheduler would not take, and for what it would run without a pause
 */
export function jobWire(times: JobTimes): JobText {
  const { schedule, repeats, ttl } = times;
  if (schedule === undefined && times.dueTime === undefined)
    throw new DurationError('a job needs a schedule, a dueTime, or both');
  if (schedule !== undefined) checkSchedule(schedule);
  if (repeats !== undefined) checkRepeats(repeats, schedule);
  if (ttl !== undefined && schedule === undefined)
    throw new DurationError('a ttl needs a schedule: it says when that ends');
  return {
    ...(schedule !== undefined && { schedule }),
    ...boundsWire(times),
    ...(repeats !== undefined && { repeats }),
  };
}

function checkSchedule(schedule: string): void {
  try {
    if (readJobCron(schedule).next(0) !== undefined) return;
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    throw new DurationError(
      `the schedule "${schedule}" is none that Dapr takes for a job: ${error.message}. ` +
        'It takes six fields, seconds first, such as "0 30 2 * * *", "@every 1h30m", "@daily" and the like',
      { cause: error },
    );
  }
  throw new DurationError(`the schedule "${schedule}" never comes`);
}

function checkRepeats(repeats: number, schedule: string | undefined): void {
  if (!Number.isInteger(repeats) || repeats < 1 || repeats > MOST_REPEATS)
    throw new DurationError(
      `repeats is ${repeats}; a whole number from 1 is due`,
    );
  if (schedule === undefined && repeats > 1)
    throw new DurationError('repeats need a schedule');
}

/**
 * What is wrong with the name of a job; undefined for nothing. Dapr puts the name into a path as it is, so that a `%` in
 * it would be read as an escape and never arrive.
 */
export function problemOfJobName(name: string): string | undefined {
  if (/[/\\#?%]/.test(name)) return 'holds one of / \\ # ? %';
  if (/\p{Cc}/u.test(name)) return 'holds a control character';
  if (name === '.' || name === '..') return 'is a step in a path';
  return name.trim() === name ? undefined : 'begins or ends with a space';
}

/**
 * The scheduler's reading of a job at the time `now` (diagridio/go-etcd-cron, internal/scheduler). Unlike it, this one
 * refuses what would run without a pause.
 * @throws DurationError with the scheduler's message
 */
export function resolveJob(text: JobText, now: number): Schedule {
  const { schedule, dueTime, repeats, ttl } = text;
  if (schedule === undefined && repeats !== undefined && repeats > 1)
    throw refusedJob('job must have a schedule to repeat');
  if (repeats !== undefined && repeats < 1)
    throw refusedJob('defined repeats must be greater than 0');
  if (schedule === undefined && ttl !== undefined)
    throw refusedJob('job must have a schedule to have a ttl');
  const cron = schedule === undefined ? undefined : cronOf(schedule);
  const begin =
    dueTime === undefined ? now : schedulerPoint('due time', dueTime, now);
  const end = ttl === undefined ? Infinity : schedulerPoint('ttl', ttl, begin);
  if (dueTime !== undefined && begin > end)
    throw refusedJob('ttl must be greater than due time');
  if (!cron) return { at: (n) => (n === 0 ? begin : undefined) };
  const time = ticks(cron, dueTime === undefined ? cron.next(begin) : begin);
  return {
    at(n) {
      if (repeats !== undefined && n >= repeats) return undefined;
      const tick = time(n);
      return tick !== undefined && tick <= end ? tick : undefined;
    },
  };
}

function cronOf(schedule: string): JobCron {
  try {
    const cron = readJobCron(schedule);
    if (cron.next(0) === undefined)
      throw new CronError(`the schedule never comes: ${schedule}`);
    return cron;
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    throw refusedJob(error.message);
  }
}

/** The n-th tick. The last one is kept, since ticks are asked for in order. */
function ticks(
  cron: JobCron,
  first: number | undefined,
): (n: number) => number | undefined {
  let last = { n: 0, time: first };
  return (n) => {
    if (n < last.n) last = { n: 0, time: first };
    while (last.n < n && last.time !== undefined)
      last = { n: last.n + 1, time: cron.next(last.time) };
    return last.time;
  };
}
