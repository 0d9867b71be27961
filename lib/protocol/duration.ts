import {
  formatGoDuration,
  LONGEST_GO_DURATION,
  parseGoDuration,
  roundToNanosecond,
} from './go-duration.js';
import { parseIsoDuration, type IsoDuration } from './iso-duration.js';

export { formatGoDuration };

/** A duration by its units; all that are given add up. */
export interface DurationFields {
  /** Whole years; only where a point in time is meant, and as the period of a timer. */
  readonly years?: number | undefined;
  /** Whole months; as `years`. */
  readonly months?: number | undefined;
  readonly weeks?: number | undefined;
  readonly days?: number | undefined;
  readonly hours?: number | undefined;
  readonly minutes?: number | undefined;
  readonly seconds?: number | undefined;
  readonly milliseconds?: number | undefined;
}

/**
 * A length of time: a Go duration (`'1h30m'`, `'500ms'`), an ISO 8601 duration (`'P1DT2H'`, `'PT0.5S'`), its fields
 * (`{ hours: 1 }`), or anything whose text is one of the first two, such as a `Temporal.Duration`. A day is 24 hours.
 */
export type Duration = string | DurationFields | { toString(): string };

/** The same as {@link Duration}, where a parameter is meant. */
export type DurationInput = Duration;

/** What was given is no duration, or none that Dapr takes in that place. */
export class DurationError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DurationError';
  }
}

/** A duration as read, with the text it was read from. */
export interface DurationReading extends IsoDuration {
  readonly text: string;
  readonly form: 'go' | 'iso';
}

export const DAY = 86_400_000;

/**
 * Milliseconds of a duration, fractions of one included.
 * @throws DurationError for years and months, which have no fixed length, and for negative ones
 */
export function toMilliseconds(input: Duration): number {
  const reading = readDuration(input);
  if (reading.repetitions !== undefined)
    throw new DurationError(
      `"${reading.text}" has repetitions; here a plain duration is due, such as "PT10S"`,
    );
  if (reading.milliseconds < 0)
    throw new DurationError(`"${reading.text}" is negative`);
  return fixedLength(reading);
}

/** The Go form of a duration, the only one that the answer to GET /dapr/config may hold. */
export function toGoDuration(input: Duration): string {
  return formatGoDuration(toMilliseconds(input));
}

/** Milliseconds of a reading without years and months. */
export function fixedLength(reading: DurationReading): number {
  if (reading.years !== 0 || reading.months !== 0)
    throw new DurationError(
      `"${reading.text}" has years or months, which have no fixed length; say it in days or hours`,
    );
  return roundToNanosecond(reading.days * DAY + reading.milliseconds);
}

/** Reads any form of a duration; ISO text may be in lower case, as Temporal takes it. */
export function readDuration(input: Duration): DurationReading {
  const reading = hasFields(input) ? readFields(input) : readText(input);
  const { years, months, days, milliseconds, text } = reading;
  if (
    Math.abs(days * DAY + milliseconds) > LONGEST_GO_DURATION ||
    years + months > 10_000
  )
    throw new DurationError(`"${text}" is longer than Dapr can hold`);
  return reading;
}

const EXACT = {
  repetitions: undefined,
  years: 0,
  months: 0,
  days: 0,
  whole: true,
  form: 'go',
} as const;

function hasFields(input: Duration): input is DurationFields {
  return (
    typeof input === 'object' &&
    input !== null &&
    (typeof input.toString !== 'function' ||
      input.toString === Object.prototype.toString)
  );
}

function readText(input: unknown): DurationReading {
  const text = String(input);
  const milliseconds = parseGoDuration(text);
  const reading =
    milliseconds === undefined
      ? readIso(text)
      : { ...EXACT, milliseconds, text };
  if (!reading) throw new DurationError(noDuration(text));
  return reading;
}

function readIso(input: string): DurationReading | undefined {
  // `R/` without a number is ISO's word for endless, which Dapr spells by leaving it out.
  const text = input.toUpperCase().replace(/^R\//, '');
  const iso = parseIsoDuration(text);
  return iso && { ...iso, text, form: 'iso' };
}

function noDuration(text: string): string {
  const example = 'such as "1h30m", "PT90M" or { minutes: 90 }';
  if (/^-?[\d.]+$/.test(text))
    return `${text} is no duration: it lacks a unit; write one ${example}`;
  if (/^-P/i.test(text)) return `"${text}" is negative`;
  return `"${text}" is no duration; write one ${example}`;
}

/** Milliseconds per field; years and months have none. */
const FIELDS: Readonly<Record<keyof DurationFields, number>> = {
  years: NaN,
  months: NaN,
  weeks: 7 * DAY,
  days: DAY,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
  milliseconds: 1,
};

function readFields(fields: DurationFields): DurationReading {
  const given = Object.entries(fields).filter(
    ([, amount]) => amount !== undefined,
  ) as [keyof DurationFields, number][];
  if (given.length === 0)
    throw new DurationError(
      `a duration needs at least one of ${Object.keys(FIELDS).join(', ')}`,
    );
  for (const [name, amount] of given) checkField(name, amount);
  const { years = 0, months = 0 } = fields;
  const milliseconds = roundToNanosecond(
    given.reduce(
      (sum, [name, amount]) => sum + (FIELDS[name] || 0) * amount,
      0,
    ),
  );
  const exact = {
    ...EXACT,
    milliseconds,
    text: formatGoDuration(milliseconds),
  };
  if (years === 0 && months === 0) return exact;
  return {
    ...exact,
    years,
    months,
    whole: milliseconds % 1000 === 0,
    form: 'iso',
    text: `P${years}Y${months}M${milliseconds === 0 ? '' : `T${milliseconds / 1000}S`}`,
  };
}

function checkField(name: string, amount: unknown): void {
  if (!Object.hasOwn(FIELDS, name))
    throw new DurationError(
      `"${name}" is no unit of a duration; there are ${Object.keys(FIELDS).join(', ')}`,
    );
  if (typeof amount !== 'number' || !Number.isFinite(amount))
    throw new DurationError(`${name} of a duration must be a finite number`);
  if (amount < 0) throw new DurationError(`${name} of a duration is negative`);
  if ((name === 'years' || name === 'months') && !Number.isInteger(amount))
    throw new DurationError(`${name} of a duration must be a whole number`);
}
