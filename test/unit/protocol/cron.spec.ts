import { describe, expect, it } from '@jest/globals';
import { CronError, nextCron } from '../../../lib/protocol/cron.js';

const at = (text: string): number => Date.parse(text);
const next = (schedule: string, from: string): string | undefined => {
  const time = nextCron(schedule, at(from));
  return time === undefined ? undefined : new Date(time).toISOString();
};

describe('Schedules of the cron binding', () => {
  it.each([
    ['TZ=UTC */5 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:05:00.000Z'],
    ['TZ=UTC 30 * * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:00:30.000Z'],
    [
      'TZ=UTC 0 9 * * MON-FRI',
      '2026-01-02T10:00:00Z',
      '2026-01-05T09:00:00.000Z',
    ],
    ['TZ=UTC 0 0 1 jan ?', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['TZ=UTC 0 0 5/10 * *', '2026-01-06T00:00:00Z', '2026-01-15T00:00:00.000Z'],
    [
      'TZ=UTC 0,30 8-9 * * *',
      '2026-01-01T08:30:00Z',
      '2026-01-01T09:00:00.000Z',
    ],
    [
      'CRON_TZ=Europe/Paris 0 6 * * *',
      '2026-07-01T00:00:00Z',
      '2026-07-01T04:00:00.000Z',
    ],
    [
      'TZ=America/New_York 0 0 * * *',
      '2026-01-01T00:00:00Z',
      '2026-01-01T05:00:00.000Z',
    ],
    ['TZ=UTC @hourly', '2026-01-01T00:10:00Z', '2026-01-01T01:00:00.000Z'],
    ['TZ=UTC @daily', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00.000Z'],
    ['TZ=UTC @midnight', '2026-01-01T00:00:01Z', '2026-01-02T00:00:00.000Z'],
    ['TZ=UTC @weekly', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00.000Z'],
    ['TZ=UTC @monthly', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00.000Z'],
    ['TZ=UTC @yearly', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['TZ=UTC @annually', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00.000Z'],
  ])('%s after %s is due at %s', (schedule, from, due) => {
    expect(next(schedule, from)).toBe(due);
  });

  it('counts @every from where it stands, to the millisecond', () => {
    expect(next('@every 1m30s', '2026-01-01T00:00:00.250Z')).toBe(
      '2026-01-01T00:01:30.250Z',
    );
  });

  it('takes a day of the month or a day of the week when both are given', () => {
    expect(next('TZ=UTC 0 0 15 * SUN', '2026-01-01T00:00:00Z')).toBe(
      '2026-01-04T00:00:00.000Z',
    );
  });

  it('is never due on a date that does not exist', () => {
    expect(next('TZ=UTC 0 0 30 2 *', '2026-01-01T00:00:00Z')).toBeUndefined();
  });

  it.each([
    ['', 'five or six fields'],
    ['* * * *', 'five or six fields'],
    ['* * * * * * *', 'five or six fields'],
    ['@sometimes', 'five or six fields'],
    ['@every', 'five or six fields'],
    ['@every soon', '"soon" is no duration'],
    ['@every 0s', '"0s" is no duration'],
    ['@every -1s', '"-1s" is no duration'],
    ['0 0 L * *', 'does not know "L"'],
    ['0 0 * * 5#2', 'does not know "5#2"'],
    ['61 * * * *', '"61 * * * *" is no schedule'],
    ['TZ=Nowhere/Else 0 0 * * *', 'is no schedule'],
  ])('refuses %j in words', (schedule, words) => {
    expect(() => nextCron(schedule, 0)).toThrow(CronError);
    expect(() => nextCron(schedule, 0)).toThrow(words);
  });
});
