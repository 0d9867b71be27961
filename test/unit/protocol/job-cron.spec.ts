import { describe, expect, it } from '@jest/globals';
import { CronError } from '../../../lib/protocol/cron.js';
import { readJobCron } from '../../../lib/protocol/job-cron.js';

const FROM = Date.UTC(2026, 0, 1);

function times(schedule: string, count = 3, from = FROM): string[] {
  const cron = readJobCron(schedule);
  const found: string[] = [];
  for (let time = from; found.length < count;) {
    const next = cron.next(time);
    if (next === undefined) break;
    time = next;
    found.push(new Date(time).toISOString().replace('.000Z', ''));
  }
  return found;
}

describe('the schedule of a job', () => {
  it.each<[string, string[]]>([
    [
      '0 30 2 * * *',
      ['2026-01-01T02:30:00', '2026-01-02T02:30:00', '2026-01-03T02:30:00'],
    ],
    [
      ' 30 0 0 1 JAN,jul ?',
      ['2026-01-01T00:00:30', '2026-07-01T00:00:30', '2027-01-01T00:00:30'],
    ],
    [
      '0 0 12 * * mon-fri/2',
      ['2026-01-02T12:00:00', '2026-01-05T12:00:00', '2026-01-07T12:00:00'],
    ],
    [
      '0 50/5 0 * * *',
      ['2026-01-01T00:50:00', '2026-01-01T00:55:00', '2026-01-02T00:50:00'],
    ],
    // One that names both days takes either.
    [
      '0 0 0 13 * 5',
      ['2026-01-02T00:00:00', '2026-01-09T00:00:00', '2026-01-13T00:00:00'],
    ],
    [
      'TZ=Asia/Kolkata 0 0 0 * * *',
      ['2026-01-01T18:30:00', '2026-01-02T18:30:00', '2026-01-03T18:30:00'],
    ],
    [
      'CRON_TZ=Europe/Paris @daily',
      ['2026-01-01T23:00:00', '2026-01-02T23:00:00', '2026-01-03T23:00:00'],
    ],
    [
      '@every 1h30m',
      ['2026-01-01T01:30:00', '2026-01-01T03:00:00', '2026-01-01T04:30:00'],
    ],
    [
      '@hourly',
      ['2026-01-01T01:00:00', '2026-01-01T02:00:00', '2026-01-01T03:00:00'],
    ],
    [
      '@yearly',
      ['2027-01-01T00:00:00', '2028-01-01T00:00:00', '2029-01-01T00:00:00'],
    ],
  ])('%j comes at its times', (schedule, expected) => {
    expect(times(schedule)).toEqual(expected);
  });

  it.each(['0 0 0 30 2 *', '0 0 0 , * *'])('%j never comes', (schedule) => {
    expect(times(schedule)).toEqual([]);
  });

  it.each<[string, string]>([
    ['', 'empty spec string'],
    ['* * * * *', 'expected exactly 6 fields, found 5: [* * * * *]'],
    ['0 0 24 * * *', 'end of range (24) above maximum (23): 24'],
    ['0 0 0 * 13 *', 'end of range (13) above maximum (12): 13'],
    ['0 0 0 * 0 *', 'beginning of range (0) below minimum (1): 0'],
    [
      '0 0 0 * feb-jan *',
      'beginning of range (2) beyond end of range (1): feb-jan',
    ],
    [
      '0 0 0 * sun *',
      'failed to parse int from sun: strconv.Atoi: parsing "sun": invalid syntax',
    ],
    ['*/0 0 0 * * *', 'step of range should be a positive number: */0'],
    ['@weekday', 'unrecognized descriptor: @weekday'],
    [
      '@every 1d',
      'failed to parse duration @every 1d: time: invalid duration "1d"',
    ],
    ['@every -1s', 'the interval must be greater than 0: @every -1s'],
    ['TZ=UTC', 'expected a schedule after the time zone: TZ=UTC'],
    ['CRON_TZ=UTC', 'expected a schedule after the time zone: CRON_TZ=UTC'],
    [
      'TZ=+02:00 @daily',
      'provided bad location +02:00: unknown time zone +02:00',
    ],
    ['TZ= @daily', 'provided bad location : unknown time zone '],
  ])('%j is refused', (schedule, words) => {
    const read = (): unknown => readJobCron(schedule);
    expect(read).toThrow(CronError);
    expect(read).toThrow(words);
  });
});
