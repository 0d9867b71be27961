import { describe, expect, it } from '@jest/globals';
import {
  localTimestamp,
  parseTimestamp,
  utcTimestamp,
} from '../../../lib/protocol/timestamp.js';

const TIME = Date.parse('2026-11-20T14:27:10Z');

describe('a point in time as text', () => {
  it.each([
    '2026-11-20T14:27:10Z',
    '2026-11-20T19:57:10+05:30',
    '2026-11-20T07:27:10.000-07:00',
    '2026-11-20T14:27:10.0000000Z',
  ])('is read from RFC 3339: %s', (text) => {
    expect(parseTimestamp(text)).toBe(TIME);
  });

  it.each([
    '2026-11-20',
    '2026-11-20T14:27:10',
    '2026-11-20T14:27Z',
    '2026-11-20 14:27:10Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20T14:27:10+24:00',
    '2026-02-30T14:27:10Z',
    '2026-13-01T14:27:10Z',
    '2026-00-01T14:27:10Z',
    'Fri, 20 Nov 2026 14:27:10 GMT',
    '1795184830000',
    '',
  ])('is nothing else: %j', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  it('is written in whole seconds, in UTC or with the offset of the machine', () => {
    expect(utcTimestamp(TIME + 900)).toBe('2026-11-20T14:27:10Z');
    expect(localTimestamp(TIME + 900)).toMatch(/:10(Z|[+-]\d\d:\d\d)$/);
    expect(parseTimestamp(localTimestamp(TIME + 900))).toBe(TIME);
  });
});
