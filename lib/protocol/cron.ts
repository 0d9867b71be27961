import { Cron } from 'croner';
import { parseGoDuration } from './go-duration.js';

/** The text is no schedule that Dapr's cron binding takes. */
export class CronError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CronError';
  }
}

/** What Dapr's own cron knows (dapr/kit, cron/parser.go); croner knows more, so each is spelt out. */
const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 0 1 1 *',
  '@annually': '0 0 0 1 1 *',
  '@monthly': '0 0 0 1 * *',
  '@weekly': '0 0 0 * * 0',
  '@daily': '0 0 0 * * *',
  '@midnight': '0 0 0 * * *',
  '@hourly': '0 0 * * * *',
};

const ATOM =
  /^(?:\*|\?|\d+|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)$/i;

/**
 * The first time after `from` at which a cron schedule is due, both in milliseconds since the epoch; undefined when
 * there is none. Five or six fields (seconds first), `@every 1h30m`, `@daily` and the like; `TZ=Europe/Paris ` before
 * it sets the time zone, else it is the machine's own.
 * @throws CronError in words
 * @see https://docs.dapr.io/reference/components-reference/supported-bindings/cron/#schedule-format
 */
export function nextCron(schedule: string, from: number): number | undefined {
  const { pattern, timezone } = splitTimezone(schedule);
  const every = /^@every\s+(\S+)$/.exec(pattern)?.[1];
  if (every !== undefined) return from + interval(schedule, every);
  const fields = DESCRIPTORS[pattern] ?? checkFields(schedule, pattern);
  try {
    const cron = new Cron(fields, {
      paused: true,
      mode: '5-or-6-parts',
      sloppyRanges: true,
      ...(timezone && { timezone }),
    });
    return cron.nextRun(new Date(from))?.getTime();
  } catch (error) {
    throw new CronError(
      `"${schedule}" is no schedule: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function splitTimezone(schedule: string): {
  pattern: string;
  timezone?: string;
} {
  const zoned = /^(?:CRON_)?TZ=(\S*)\s+(.*)$/s.exec(schedule);
  return zoned
    ? { pattern: zoned[2]!.trim(), timezone: zoned[1]! }
    : { pattern: schedule.trim() };
}

function interval(schedule: string, text: string): number {
  const milliseconds = parseGoDuration(text);
  if (milliseconds === undefined || milliseconds <= 0)
    throw new CronError(
      `"${schedule}" is no schedule: "${text}" is no duration such as 30s or 1h30m`,
    );
  return milliseconds;
}

function checkFields(schedule: string, pattern: string): string {
  const fields = pattern.split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6)
    throw new CronError(
      `"${schedule}" is no schedule: it takes five or six fields, @every with a duration, or one of ${Object.keys(DESCRIPTORS).join(', ')}`,
    );
  const strange = fields
    .flatMap((field) => field.split(/[,/-]/))
    .find((part) => !ATOM.test(part));
  if (strange !== undefined)
    throw new CronError(
      `"${schedule}" is no schedule: Dapr's cron does not know "${strange}"`,
    );
  // For Dapr `?` is `*`; croner would put the current time there.
  return pattern.replaceAll('?', '*');
}
