import { describe, expect, it } from '@jest/globals';
import { DurationError } from '../../../lib/protocol/duration.js';
import {
  everyText,
  reminderWire,
  resolveSchedule,
  timerWire,
  type Schedule,
  type ScheduleOptions,
  type ScheduleText,
} from '../../../lib/protocol/schedule.js';
import { recordings, type Recording } from '../../support/recordings.js';

const NOW = Date.parse('2026-11-20T14:00:00Z');

/** Milliseconds after NOW of the first fires. */
function fires(schedule: Schedule, most = 4): number[] {
  const times: number[] = [];
  for (let n = 0; n < most; n++) {
    const time = schedule.at(n);
    if (time === undefined) break;
    times.push(time - NOW);
  }
  return times;
}

const timer = (text: ScheduleText): Schedule =>
  resolveSchedule('timer', text, NOW);
const reminder = (text: ScheduleText): Schedule =>
  resolveSchedule('reminder', text, NOW);

describe('what a timer sends', () => {
  it.each<[ScheduleOptions, ScheduleText]>([
    [{}, {}],
    [{ dueTime: '1h30m' }, { dueTime: '1h30m' }],
    [{ dueTime: 'P1DT2H' }, { dueTime: 'P1DT2H' }],
    [{ dueTime: 'P1M' }, { dueTime: 'P1M' }],
    [{ dueTime: 'PT0.5S' }, { dueTime: '500ms' }],
    [{ dueTime: 'P1DT0.5S' }, { dueTime: '24h0m0.5s' }],
    [{ dueTime: { hours: 1 } }, { dueTime: '1h0m0s' }],
    [{ dueTime: { months: 1, days: 1 } }, { dueTime: 'P0Y1MT86400S' }],
    [{ dueTime: new Date(NOW) }, { dueTime: '2026-11-20T14:00:00.000Z' }],
    [
      { dueTime: '2026-11-20T19:30:00+05:30' },
      { dueTime: '2026-11-20T19:30:00+05:30' },
    ],
    [{ dueTime: '-1s' }, { dueTime: '-1s' }],
    [{ period: 'P1M' }, { period: 'P1M' }],
    [{ period: 'P1D' }, { period: 'P1D' }],
    [{ period: 'R3/P1D' }, { period: 'R3/P1D' }],
    [{ period: 'R/PT5S' }, { period: 'PT5S' }],
    [{ period: 'pt5s' }, { period: 'PT5S' }],
    [{ period: 'PT0.5S' }, { period: '500ms' }],
    [{ period: 'R3/PT1.5M' }, { period: 'R3/PT90S' }],
    [{ period: { years: 1 } }, { period: 'P1Y0M' }],
    [{ period: '0s' }, { period: '0s' }],
    [
      { dueTime: '1s', period: '2s', ttl: { minutes: 1 } },
      { dueTime: '1s', period: '2s', ttl: '1m0s' },
    ],
  ])('is what daprd accepts: %j [C16]', (options, expected) => {
    const wire = timerWire(options);
    expect(wire).toEqual(expected);
    expect(() => timer(wire)).not.toThrow();
  });

  it('has no period that nobody gave [A13]', () => {
    expect(timerWire({ dueTime: '1s' })).not.toHaveProperty('period');
  });
});

describe('what a reminder sends', () => {
  it.each<[ScheduleOptions, ScheduleText]>([
    [{ dueTime: 'P1M' }, { dueTime: 'P1M' }],
    [{ dueTime: 'PT0.5S' }, { dueTime: '500ms' }],
    [{ period: '1h30m' }, { period: '1h30m' }],
    [{ period: 'PT24H' }, { period: 'PT24H' }],
    [{ period: 'PT0.5S' }, { period: '500ms' }],
    [{ period: { hours: 1 } }, { period: '1h0m0s' }],
    [{ period: 'P1D' }, { period: '24h0m0s' }],
    [{ period: 'P1DT2H' }, { period: '26h0m0s' }],
    [{ period: 'R3/P1W' }, { period: 'R3/PT604800S' }],
    [{ period: { days: 1 } }, { period: '24h0m0s' }],
    [
      { dueTime: '1s', period: 'R2/PT1S', ttl: new Date(NOW + 60_000) },
      {
        dueTime: '1s',
        period: 'R2/PT1S',
        ttl: '2026-11-20T14:01:00.000Z',
      },
    ],
  ])('is what daprd accepts: %j [C16]', (options, expected) => {
    const wire = reminderWire(options);
    expect(wire).toEqual(expected);
    expect(() => reminder(wire)).not.toThrow();
  });

  it('has no period that nobody gave [A13]', () => {
    expect(reminderWire({ dueTime: '1s' })).not.toHaveProperty('period');
  });

  it.each<[ScheduleOptions, RegExp]>([
    [{}, /needs a dueTime, a period or both/],
    [{ dueTime: '1s', ttl: '1m' }, /without a period fires once/],
    [{ period: 'P1M' }, /period "P1M" has years or months, which Dapr refuses/],
    [{ period: { months: 1 } }, /years or months/],
    [{ period: '0s' }, /has no length/],
    [{ period: 'PT0S' }, /has no length/],
  ])('is refused in words before any call: %j [C16]', (options, message) => {
    expect(() => reminderWire(options)).toThrow(DurationError);
    expect(() => reminderWire(options)).toThrow(message);
  });
});

describe.each([
  ['timer', timerWire],
  ['reminder', reminderWire],
])('a %s', (_, wire) => {
  it.each<[ScheduleOptions, RegExp]>([
    [{ dueTime: 'tomorrow' }, /dueTime: "tomorrow" is no duration/],
    [{ dueTime: '2026-11-20' }, /dueTime: "2026-11-20" is no duration/],
    [{ dueTime: new Date(NaN) }, /dueTime is an invalid Date/],
    [{ dueTime: 'R3/PT1S' }, /dueTime "R3\/PT1S" has repetitions/],
    [{ dueTime: 'R0/PT1S' }, /dueTime "R0\/PT1S" has repetitions/],
    [{ dueTime: 'P1MT0.5S' }, /years or months next to a fraction/],
    [{ period: '-1s' }, /period "-1s" is negative/],
    [{ period: '-PT1S' }, /period: "-PT1S" is negative/],
    [{ period: 'R0/PT1S' }, /"R0\/PT1S" has no repetitions/],
    [{ period: 'R3' }, /"R3" has no length/],
    [{ period: 'R3/PT0.4S' }, /repetitions next to a fraction of a second/],
    [{ period: '@every 1s' }, /period: "@every 1s" is no duration/],
    [{ period: '1s', ttl: '-1s' }, /ttl -1s is before the dueTime/],
    [
      { dueTime: new Date(NOW), period: '1s', ttl: new Date(NOW - 1) },
      /ttl .* is before the dueTime/,
    ],
  ])(
    'with %j is refused in words before any call [C16]',
    (options, message) => {
      expect(() => wire(options)).toThrow(DurationError);
      expect(() => wire(options)).toThrow(message);
    },
  );
});

describe('the fires of a timer', () => {
  it.each<[ScheduleText, number[]]>([
    [{}, [0]],
    [{ dueTime: '1s' }, [1000]],
    [{ dueTime: '' }, [0]],
    [{ period: '1s' }, [0, 1000, 2000, 3000]],
    [{ dueTime: '5s', period: '1s' }, [5000, 6000, 7000, 8000]],
    [{ period: 'R3/PT1S' }, [0, 1000, 2000]],
    [{ period: 'R1/PT1S' }, [0]],
    [{ period: 'R3' }, [0]],
    [{ period: '0s' }, [0]],
    [{ period: 'PT0S' }, [0]],
    [{ period: 'P1D' }, [0, 86_400_000, 172_800_000, 259_200_000]],
    [{ dueTime: '2020-01-01T00:00:00Z' }, [Date.UTC(2020) - NOW]],
    // The tick at the end itself does not run.
    [{ period: '500ms', ttl: '1500ms' }, [0, 500, 1000]],
    [{ dueTime: '1s', period: '1s', ttl: '2s' }, [1000, 2000]],
    [{ dueTime: '1s', ttl: '2026-11-20T14:00:01Z' }, []],
  ])('of %j come after %j ms', (text, expected) => {
    expect(fires(timer(text))).toEqual(expected);
  });

  it('follow the calendar, one step from the last', () => {
    const schedule = resolveSchedule(
      'timer',
      { period: 'P1M' },
      Date.parse('2026-01-31T00:00:00Z'),
    );
    const dates = [0, 1, 2, 1].map((n) => new Date(schedule.at(n)!).toJSON());
    expect(dates).toEqual([
      '2026-01-31T00:00:00.000Z',
      '2026-03-03T00:00:00.000Z',
      '2026-04-03T00:00:00.000Z',
      '2026-03-03T00:00:00.000Z',
    ]);
  });

  it.each<[ScheduleText, string]>([
    [
      { dueTime: 'R3/PT1S' },
      'error parsing timer due time: repetitions are not allowed',
    ],
    [
      { dueTime: 'PT0.5S' },
      'error parsing timer due time: unsupported time/duration format: PT0.5S',
    ],
    [
      { ttl: '2026-02-30T00:00:00Z' },
      'error parsing timer TTL: unsupported time/duration format: 2026-02-30T00:00:00Z',
    ],
    [{ period: '-1s' }, 'negative period: -1s'],
  ])('of %j are refused', (text, message) => {
    expect(() => timer(text)).toThrow(new DurationError(message));
  });
});

describe('the fires of a reminder', () => {
  it.each<[ScheduleText, number[]]>([
    [{ dueTime: '1s' }, [1000]],
    [{ dueTime: 'P1D' }, [86_400_000]],
    [{ period: '1s' }, [1000, 2000, 3000, 4000]],
    [{ dueTime: '0s', period: '1s' }, [0, 1000, 2000, 3000]],
    [{ dueTime: '5s', period: 'R2/PT1S' }, [5000, 6000]],
    [{ dueTime: '0s', period: 'R0/PT1S' }, [0, 1000, 2000, 3000]],
    [{ dueTime: '0s', period: 'R3' }, [0, 0, 0]],
    [{ period: 'R2/PT1S' }, [1000, 2000]],
    // The tick at the end itself still runs.
    [{ dueTime: '0s', period: '1s', ttl: '2s' }, [0, 1000, 2000]],
    [{ period: '3s', ttl: '2s' }, []],
    [{ dueTime: '2020-01-01T00:00:00Z' }, [Date.UTC(2020) - NOW]],
  ])('of %j come after %j ms', (text, expected) => {
    expect(fires(reminder(text))).toEqual(expected);
  });

  it.each<[ScheduleText, string]>([
    [
      { dueTime: 'R3/PT1S' },
      'rpc error: code = Unknown desc = job failed validation: repeats not supported for due time',
    ],
    [
      { dueTime: '1s', period: '1s', ttl: 'later' },
      'rpc error: code = Unknown desc = job failed validation: ttl format not recognized',
    ],
    [{ period: 'P1Y' }, 'unsupported period format: P1Y'],
    [{ period: '0s' }, 'unsupported period format: 0s'],
    [{ period: '-1s' }, 'negative period: -1s'],
  ])('of %j are refused', (text, message) => {
    expect(() => reminder(text)).toThrow(new DurationError(message));
  });
});

describe('registrations that a real daprd was given', () => {
  const registrations = recordings('actors-api').filter(
    ({ request, response }) =>
      request.method !== 'GET' &&
      response.status !== 400 &&
      request.url.includes('/v1.0/actors/'),
  );

  const accepted = (status: number): boolean => status === 204;

  const resolve = ({ request }: Recording): Schedule =>
    resolveSchedule(
      request.url.includes('/timers/') ? 'timer' : 'reminder',
      JSON.parse(request.body!) as ScheduleText,
      NOW,
    );

  it.each(
    registrations
      .filter(({ response }) => accepted(response.status))
      .map((r) => [r.name, r] as const),
  )('are accepted alike: %s', (_, recording) => {
    expect(() => resolve(recording)).not.toThrow();
  });

  it.each(
    registrations
      .filter(({ response }) => !accepted(response.status))
      .map((r) => [r.name, r] as const),
  )('are refused in the same words: %s', (_, recording) => {
    const { message } = JSON.parse(recording.response.body!) as Error;
    const reason = message
      .replace(/^error creating actor (timer|reminder): /, '')
      // Names the timer and two moments of that run.
      .replace(/timer \S+ (has already expired).*/, '$1');
    expect(() => resolve(recording)).toThrow(DurationError);
    expect(() => resolve(recording)).toThrow(reason);
  });

  it('are given back with the period as the scheduler holds it', () => {
    const all = recordings('actors-api');
    const given = all.filter(({ request }) => request.method === 'GET');
    const periods = given.flatMap(({ request, response }) => {
      const registered = all.find(
        (other) =>
          other.request.method === 'POST' && other.request.url === request.url,
      );
      if (!registered || response.status !== 200) return [];
      const { period } = JSON.parse(registered.request.body!) as ScheduleText;
      const answer = JSON.parse(response.body!) as ScheduleText;
      return period ? [[everyText(period), answer.period]] : [];
    });
    expect(periods.length).toBeGreaterThan(4);
    for (const [ours, theirs] of periods) expect(ours).toBe(theirs);
  });
});
