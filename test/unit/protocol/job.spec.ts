import { describe, expect, it } from '@jest/globals';
import { DurationError } from '../../../lib/protocol/duration.js';
import {
  jobWire,
  problemOfJobName,
  resolveJob,
  type JobText,
  type JobTimes,
} from '../../../lib/protocol/job.js';

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

function times(text: JobText, count = 4): (number | undefined)[] {
  const schedule = resolveJob(text, NOW);
  return Array.from({ length: count }, (_, n) => {
    const at = schedule.at(n);
    return at === undefined ? undefined : (at - NOW) / HOUR;
  });
}

describe('what is sent for a job', () => {
  it.each<[JobTimes, JobText]>([
    [{ schedule: '@daily' }, { schedule: '@daily' }],
    [
      { dueTime: new Date(NOW), schedule: '@every 1h', ttl: new Date(NOW) },
      {
        dueTime: '2026-01-01T00:00:00.000Z',
        schedule: '@every 1h',
        ttl: '2026-01-01T00:00:00.000Z',
      },
    ],
    [{ dueTime: { days: 1, milliseconds: 5 } }, { dueTime: '24h0m0.005s' }],
    [{ dueTime: 'pt0.5s' }, { dueTime: '500ms' }],
    [{ dueTime: 'P1Y2M' }, { dueTime: 'P1Y2M' }],
    [
      { dueTime: '-1s', repeats: 1 },
      { dueTime: '-1s', repeats: 1 },
    ],
  ])('for %j', (given, sent) => {
    expect(jobWire(given)).toEqual(sent);
  });

  it.each<[JobTimes, RegExp]>([
    [{}, /needs a schedule, a dueTime, or both/],
    [{ ttl: '1h', dueTime: '1h' }, /a ttl needs a schedule/],
    [{ schedule: '@daily', ttl: '-1s' }, /before the dueTime/],
    [{ schedule: '@daily', repeats: 2 ** 32 }, /repeats is 4294967296/],
    [{ dueTime: 'P1YT0.5S' }, /has years or months next to a fraction/],
  ])('is nothing for %j', (given, words) => {
    expect(() => jobWire(given)).toThrow(DurationError);
    expect(() => jobWire(given)).toThrow(words);
  });
});

describe('the ticks of a job', () => {
  it.each<[JobText, (number | undefined)[]]>([
    [{ dueTime: '1h' }, [1, undefined, undefined, undefined]],
    [{ dueTime: '-1h' }, [-1, undefined, undefined, undefined]],
    [{ dueTime: 'P1D' }, [24, undefined, undefined, undefined]],
    [{ schedule: '@every 1h' }, [1, 2, 3, 4]],
    [{ schedule: '@every 1h', repeats: 2 }, [1, 2, undefined, undefined]],
    [{ schedule: '@every 1h', ttl: '2h' }, [1, 2, undefined, undefined]],
    [
      { schedule: '@every 1h', ttl: '-1s' },
      [undefined, undefined, undefined, undefined],
    ],
    [{ schedule: '@hourly', dueTime: '30m' }, [0.5, 1, 2, 3]],
    [
      { schedule: '@hourly', dueTime: '30m', ttl: '90m' },
      [0.5, 1, 2, undefined],
    ],
    [{ schedule: '@hourly', dueTime: '2026-01-01T05:00:00Z' }, [5, 6, 7, 8]],
  ])('of %j', (text, expected) => {
    expect(times(text)).toEqual(expected);
  });

  it('can be asked for again', () => {
    const schedule = resolveJob({ schedule: '@every 1h' }, NOW);
    expect([2, 0, 1].map((n) => (schedule.at(n) ?? 0) - NOW)).toEqual([
      3 * HOUR,
      HOUR,
      2 * HOUR,
    ]);
  });
});

describe('the name of a job', () => {
  it.each(['a', 'a b', 'grüße', 'a||b', '.a', 'a:b;c=d&e+f'])(
    'may be %j',
    (name) => {
      expect(problemOfJobName(name)).toBeUndefined();
    },
  );

  it.each([
    'a/b',
    'a\\b',
    'a#b',
    'a?b',
    '1%',
    'a\u0085',
    '.',
    '..',
    'a ',
    ' a',
  ])('may not be %j', (name) => {
    expect(problemOfJobName(name)).toBeDefined();
  });
});
