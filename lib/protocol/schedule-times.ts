import { DAY, DurationError } from './duration.js';
import { formatGoDuration, parseGoDuration } from './go-duration.js';
import { parseIsoDuration, type IsoDuration } from './iso-duration.js';
import { parseTimestamp } from './timestamp.js';

/** Due time, period and end as daprd takes them. */
export interface ScheduleText {
  readonly dueTime?: string;
  readonly period?: string;
  readonly ttl?: string;
}

/** The fires of a timer or reminder. */
export interface Schedule {
  /** Time of the n-th fire (from 0) in milliseconds since the epoch; undefined when it is over. */
  at(n: number): number | undefined;
}

/** Years, months, days and exact time, added one after the other as Go's AddDate and Add do. */
type Span = Pick<IsoDuration, 'years' | 'months' | 'days' | 'milliseconds'>;

/**
 * daprd's reading of a registration at the time `now`. Timers and reminders are read by different code there
 * (pkg/actors/api/reminders.go, pkg/actors/internal/scheduler with go-etcd-cron), so rules and messages differ. Days,
 * months and years are counted in UTC. Unlike daprd it refuses a period that would fire without pause.
 * @throws DurationError with daprd's message
 */
export function resolveSchedule(
  kind: 'timer' | 'reminder',
  text: ScheduleText,
  now: number,
): Schedule {
  return kind === 'timer' ? timer(text, now) : reminder(text, now);
}

function timer({ dueTime, period, ttl }: ScheduleText, now: number): Schedule {
  const first = dueTime ? timerPoint('due time', dueTime, now) : now;
  const every = period ? readPeriod(period) : undefined;
  if (period && !every)
    throw new DurationError(
      `invalid timer period: parse error: unsupported duration format: ${period}`,
    );
  if (every?.repetitions === 0)
    throw new DurationError('invalid timer period: has zero repetitions');
  const end = ttl ? timerPoint('TTL', ttl, first) : Infinity;
  if (end < now || end < first)
    throw new DurationError(
      `timer has already expired: dueTime: ${new Date(first).toISOString()} TTL: ${ttl}`,
    );
  const repeats = every && !isZero(every);
  const fires = repeats ? (every.repetitions ?? Infinity) : 1;
  const time = steps(first, every ?? NOTHING);
  return {
    at: (n) => (n < fires && time(n) < end ? time(n) : undefined),
  };
}

/** The period that daprd gives back for a registered reminder: `@every 1m0s`, without its repetitions. */
export function everyText(period: string): string {
  const every = readPeriod(period);
  if (!every) throw new DurationError(`unsupported period format: ${period}`);
  return `@every ${formatGoDuration(every.milliseconds)}`;
}

function timerPoint(field: string, text: string, base: number): number {
  const iso = parseIsoDuration(text);
  if (iso?.repetitions !== undefined)
    throw new DurationError(
      `error parsing timer ${field}: repetitions are not allowed`,
    );
  const time = iso?.whole ? add(base, iso) : exactPoint(text, base);
  if (time === undefined)
    throw new DurationError(
      `error parsing timer ${field}: unsupported time/duration format: ${text}`,
    );
  return time;
}

function reminder(
  { dueTime, period, ttl }: ScheduleText,
  now: number,
): Schedule {
  const every = period ? readPeriod(period) : undefined;
  if (period && (!every || every.years || every.months || every.days))
    throw new DurationError(`unsupported period format: ${period}`);
  if (!dueTime && !every)
    throw refusedJob('job must have either a due time or a schedule');
  if (!every && ttl) throw refusedJob('job must have a schedule to have a ttl');
  // daprd leaves R0 out, so it is endless.
  const fires = every ? every.repetitions || Infinity : 1;
  if (every && isZero(every) && fires === Infinity)
    throw new DurationError(`unsupported period format: ${period}`);
  const begin = dueTime ? schedulerPoint('due time', dueTime, now) : now;
  const end = ttl ? schedulerPoint('ttl', ttl, begin) : Infinity;
  if (dueTime && begin > end)
    throw refusedJob('ttl must be greater than due time');
  const first = dueTime || !every ? begin : add(begin, every);
  const time = steps(first, every ?? NOTHING);
  return {
    at: (n) => (n < fires && time(n) <= end ? time(n) : undefined),
  };
}

/** A point in time as the scheduler reads it. @throws DurationError in its words */
export function schedulerPoint(
  field: 'due time' | 'ttl',
  text: string,
  base: number,
): number {
  const exact = exactPoint(text, base);
  if (exact !== undefined) return exact;
  const iso = parseIsoDuration(text);
  if (iso?.repetitions && field === 'due time')
    throw refusedJob('repeats not supported for due time');
  if (!iso?.whole || iso.repetitions)
    throw refusedJob(`${field} format not recognized`);
  return add(base, iso);
}

function exactPoint(text: string, base: number): number | undefined {
  const duration = parseGoDuration(text);
  return duration === undefined ? parseTimestamp(text) : base + duration;
}

/** What the scheduler says to a job that it does not take. */
export function refusedJob(problem: string): DurationError {
  return new DurationError(
    `rpc error: code = Unknown desc = job failed validation: ${problem}`,
  );
}

const NOTHING: Span = { years: 0, months: 0, days: 0, milliseconds: 0 };

function readPeriod(
  text: string,
): (Span & Pick<IsoDuration, 'repetitions'>) | undefined {
  const iso = parseIsoDuration(text);
  if (iso) return iso.whole ? iso : undefined;
  const milliseconds = parseGoDuration(text);
  if (milliseconds === undefined) return undefined;
  if (milliseconds < 0) throw new DurationError(`negative period: ${text}`);
  return { ...NOTHING, milliseconds, repetitions: undefined };
}

function isZero({ years, months, days, milliseconds }: Span): boolean {
  return years === 0 && months === 0 && days === 0 && milliseconds === 0;
}

function add(
  time: number,
  { years, months, days, milliseconds }: Span,
): number {
  if (years === 0 && months === 0 && days === 0) return time + milliseconds;
  const date = new Date(time);
  date.setUTCFullYear(
    date.getUTCFullYear() + years,
    date.getUTCMonth() + months,
    date.getUTCDate() + days,
  );
  return date.getTime() + milliseconds;
}

/**
 * The n-th step from `first`. Each step is taken from the one before, as daprd does: a month after the 31st of January
 * is in March, and stays on that day. The last one is kept, since fires are asked for in order.
 */
function steps(first: number, span: Span): (n: number) => number {
  if (span.years === 0 && span.months === 0)
    return (n) => first + n * (span.days * DAY + span.milliseconds);
  let last = { n: 0, time: first };
  return (n) => {
    if (n < last.n) last = { n: 0, time: first };
    while (last.n < n) last = { n: last.n + 1, time: add(last.time, span) };
    return last.time;
  };
}
