import { CronError, nextCron } from './cron.js';
import { parseGoDuration } from './go-duration.js';

/** When a job comes again. */
export interface JobCron {
  /** The first time after `from`, both in milliseconds since the epoch; undefined when there is none. */
  next(from: number): number | undefined;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const SIXTY: Bounds = { min: 0, max: 59 };

const FIELDS: readonly Bounds[] = [
  SIXTY,
  SIXTY,
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  {
    min: 1,
    max: 12,
    names: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' '),
  },
  { min: 0, max: 6, names: 'sun mon tue wed thu fri sat'.split(' ') },
];

const DESCRIPTOR =
  /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/;

/**
 * The schedule of a job, which Dapr's scheduler reads more strictly than the cron binding: six fields, seconds first,
 * `@every 1h30m`, `@daily` and the like; `TZ=Europe/Paris ` before it sets the time zone, else it is UTC.
 * @throws CronError in the scheduler's words (dapr/kit, cron/parser.go)
 */
export function readJobCron(schedule: string): JobCron {
  if (schedule === '') throw new CronError('empty spec string');
  const { zone, text } = splitZone(schedule);
  if (text.startsWith('@every ')) return every(text);
  if (text.startsWith('@') && !DESCRIPTOR.test(text))
    throw new CronError(`unrecognized descriptor: ${text}`);
  const pattern = text.startsWith('@') ? text : patternOf(text);
  return {
    next: (from) =>
      pattern === undefined
        ? undefined
        : nextCron(`TZ=${zone} ${pattern}`, from),
  };
}

function splitZone(schedule: string): { zone: string; text: string } {
  const zoned = /^(?:CRON_)?TZ=([^ ]*)( .*)?$/s.exec(schedule);
  if (!zoned) return { zone: 'UTC', text: schedule };
  const [, zone = '', text] = zoned;
  checkZone(zone);
  // The scheduler itself does not survive this one.
  if (text === undefined)
    throw new CronError(`expected a schedule after the time zone: ${schedule}`);
  return { zone, text: text.trim() };
}

function checkZone(zone: string): void {
  try {
    if (/^[+-]|^$/.test(zone)) throw new RangeError(zone);
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch (cause) {
    throw new CronError(
      `provided bad location ${zone}: unknown time zone ${zone}`,
      { cause },
    );
  }
}

function every(text: string): JobCron {
  const interval = text.slice('@every '.length);
  const length = parseGoDuration(interval);
  if (length === undefined)
    throw new CronError(
      `failed to parse duration ${text}: time: ${/^[+-]?\d+$/.test(interval) ? 'missing unit in' : 'invalid'} duration ${JSON.stringify(interval)}`,
    );
  // The scheduler would run it without a pause.
  if (length <= 0)
    throw new CronError(`the interval must be greater than 0: ${text}`);
  return { next: (from) => from + length };
}

/** Six lists of numbers, which every cron reads alike; undefined for a schedule that has no time at all. */
function patternOf(text: string): string | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== FIELDS.length)
    throw new CronError(
      `expected exactly ${FIELDS.length} fields, found ${fields.length}: [${fields.join(' ')}]`,
    );
  const lists = fields.map((field, index) =>
    listOf(field, FIELDS[index] as Bounds),
  );
  return lists.includes('') ? undefined : lists.join(' ');
}

function listOf(field: string, bounds: Bounds): string {
  const ranges = field
    .split(',')
    .filter((range) => range !== '')
    .map((range) => readRange(range, bounds));
  // A star leaves the choice of the day to the other field of the two that name one.
  if (ranges.some(({ isStar }) => isStar)) return '*';
  return [...new Set(ranges.flatMap(({ values }) => values))].join(',');
}

function readRange(
  text: string,
  { min, max, names }: Bounds,
): { readonly isStar: boolean; readonly values: readonly number[] } {
  const [range = '', step, ...steps] = text.split('/');
  const [low = '', high, ...more] = range.split('-');
  const isStar = low === '*' || low === '?';
  const start = isStar ? min : numberOf(low, min, names);
  if (!isStar && more.length > 0)
    throw new CronError(`too many hyphens: ${text}`);
  let end = isStar ? max : start;
  if (!isStar && high !== undefined) end = numberOf(high, min, names);
  if (steps.length > 0) throw new CronError(`too many slashes: ${text}`);
  const by = step === undefined ? 1 : numberOf(step, min);
  if (step !== undefined && high === undefined) end = max;
  const wrong = problemOf(start, end, by, { min, max });
  if (wrong !== undefined) throw new CronError(`${wrong}: ${text}`);
  const count = Math.floor((end - start) / by) + 1;
  return {
    isStar: isStar && by === 1,
    values: Array.from({ length: count }, (_, index) => start + index * by),
  };
}

function problemOf(
  start: number,
  end: number,
  step: number,
  { min, max }: Bounds,
): string | undefined {
  if (start < min)
    return `beginning of range (${start}) below minimum (${min})`;
  if (end > max) return `end of range (${end}) above maximum (${max})`;
  if (start > end)
    return `beginning of range (${start}) beyond end of range (${end})`;
  return step === 0 ? 'step of range should be a positive number' : undefined;
}

function numberOf(
  text: string,
  min: number,
  names: readonly string[] = [],
): number {
  const index = names.indexOf(text.toLowerCase());
  if (index >= 0) return index + min;
  if (/^\+?\d+$/.test(text)) return Number(text);
  throw new CronError(
    `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}
