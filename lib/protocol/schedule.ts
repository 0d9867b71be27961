import {
  DurationError,
  fixedLength,
  formatGoDuration,
  readDuration,
  type DurationInput,
  type DurationReading,
} from './duration.js';
import type { ScheduleText } from './schedule-times.js';
import { parseTimestamp } from './timestamp.js';

export {
  everyText,
  resolveSchedule,
  type Schedule,
  type ScheduleText,
} from './schedule-times.js';

/** When a timer or reminder fires, in the words of its caller. */
export interface ScheduleOptions {
  /** When it first fires: a duration from now, or a point in time (Date or RFC 3339 text). */
  readonly dueTime?: DurationInput | Date | undefined;
  /** Time between fires; `R3/PT10S` limits their number. */
  readonly period?: DurationInput | undefined;
  /** When it ends: a duration from the due time, or a point in time. */
  readonly ttl?: DurationInput | Date | undefined;
}

/**
 * What to send for a timer. A form that daprd refuses is said in another one of the same length (`PT0.5S` as `500ms`).
 * @throws DurationError for what daprd can't hold, or would run without pause
 * @see https://docs.dapr.io/developing-applications/building-blocks/actors/actors-timers-reminders/
 */
export function timerWire(options: ScheduleOptions): ScheduleText {
  return wire('timer', options);
}

/** What to send for a reminder; its rules differ from a timer's. See {@link timerWire}. */
export function reminderWire(options: ScheduleOptions): ScheduleText {
  const { dueTime, period, ttl } = options;
  if (dueTime === undefined && period === undefined)
    throw new DurationError('a reminder needs a dueTime, a period or both');
  if (ttl !== undefined && period === undefined)
    throw new DurationError(
      'a reminder without a period fires once, so Dapr refuses a ttl for it',
    );
  return wire('reminder', options);
}

function wire(
  kind: 'timer' | 'reminder',
  { dueTime, period, ttl }: ScheduleOptions,
): ScheduleText {
  return {
    ...boundsWire({ dueTime, ttl }),
    ...(period !== undefined && { period: periodOf(kind, period) }),
  };
}

/** What to send for a begin and an end. @throws DurationError for what Dapr would not take */
export function boundsWire({
  dueTime,
  ttl,
}: Pick<ScheduleOptions, 'dueTime' | 'ttl'>): Pick<
  ScheduleText,
  'dueTime' | 'ttl'
> {
  const due = dueTime === undefined ? undefined : pointOf('dueTime', dueTime);
  const end = ttl === undefined ? undefined : pointOf('ttl', ttl);
  const dueAt = due && parseTimestamp(due);
  const endAt = end && parseTimestamp(end);
  if (dueAt && endAt && endAt < dueAt)
    throw new DurationError(`the ttl ${end} is before the dueTime ${due}`);
  if (end?.startsWith('-'))
    throw new DurationError(`the ttl ${end} is before the dueTime`);
  return {
    ...(due !== undefined && { dueTime: due }),
    ...(end !== undefined && { ttl: end }),
  };
}

function pointOf(
  field: 'dueTime' | 'ttl',
  value: DurationInput | Date,
): string {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime()))
      throw new DurationError(`the ${field} is an invalid Date`);
    return value.toISOString();
  }
  if (typeof value === 'string' && parseTimestamp(value) !== undefined)
    return value;
  const reading = inField(field, () => readDuration(value));
  if (reading.repetitions !== undefined)
    throw new DurationError(
      `the ${field} "${reading.text}" has repetitions, which belong to the period`,
    );
  return exactly(field, reading);
}

function periodOf(kind: 'timer' | 'reminder', value: DurationInput): string {
  const reading = inField('period', () => readDuration(value));
  const { repetitions, years, months, milliseconds, text } = reading;
  if (repetitions === 0)
    throw new DurationError(
      `the period "${text}" has no repetitions; leave the period out for a single fire`,
    );
  if (milliseconds < 0)
    throw new DurationError(`the period "${text}" is negative`);
  const calendar = years !== 0 || months !== 0;
  if (calendar && kind === 'reminder')
    throw new DurationError(
      `the period "${text}" has years or months, which Dapr refuses for a reminder; say it in days or hours, or set a new reminder at each fire`,
    );
  const length = calendar ? Infinity : fixedLength(reading);
  if (length === 0 && (kind === 'reminder' || repetitions !== undefined))
    throw new DurationError(
      `the period "${text}" has no length; leave the period out for a single fire`,
    );
  if (kind === 'timer' || reading.days === 0) return exactly('period', reading);
  // A reminder's period knows no days; the scheduler counts in UTC, where each has 24 hours.
  return spelled('period', reading, length);
}

/** The text as it is where daprd reads it, else the same length in a form that it reads. */
function exactly(field: string, reading: DurationReading): string {
  if (reading.form === 'go' || reading.whole) return reading.text;
  if (reading.years !== 0 || reading.months !== 0)
    throw new DurationError(
      `the ${field} "${reading.text}" has years or months next to a fraction, which Dapr can't hold`,
    );
  return spelled(field, reading, fixedLength(reading));
}

function spelled(
  field: string,
  { repetitions, text }: DurationReading,
  length: number,
): string {
  if (repetitions === undefined) return formatGoDuration(length);
  if (length % 1000 !== 0)
    throw new DurationError(
      `the ${field} "${text}" has repetitions next to a fraction of a second, which Dapr can't hold`,
    );
  return `R${repetitions}/PT${length / 1000}S`;
}

function inField<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    throw new DurationError(`${field}: ${error.message}`);
  }
}
