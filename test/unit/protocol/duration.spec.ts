import { describe, expect, it } from '@jest/globals';
import {
  DurationError,
  formatGoDuration,
  toGoDuration,
  toMilliseconds,
  type Duration,
} from '../../../lib/protocol/duration.js';

class TemporalLike {
  constructor(private readonly iso: string) {}

  toString(): string {
    return this.iso;
  }
}

describe('a duration', () => {
  it.each<[Duration, number]>([
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['1.5s', 1500],
    ['1.001s', 1001],
    ['.5s', 500],
    ['1m0.25s', 60_250],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['10ns', 0.00001],
    ['0', 0],
    ['0s', 0],
    ['PT0.5S', 500],
    ['PT0,5S', 500],
    ['PT1.001S', 1001],
    ['P1DT2H', 93_600_000],
    ['P2W', 1_209_600_000],
    ['P1W2D', 777_600_000],
    ['pt1h', 3_600_000],
    [{ hours: 1 }, 3_600_000],
    [{ weeks: 1, days: 1, minutes: 30, milliseconds: 5 }, 693_000_005],
    [{ seconds: 0.5 }, 500],
    [{ seconds: 1.001 }, 1001],
    [{ years: 0, hours: 2 }, 7_200_000],
    [new TemporalLike('PT1H30M'), 5_400_000],
    [new TemporalLike('P1DT0.25S'), 86_400_250],
  ])(
    'is read from Go text, ISO text, fields or Temporal: %j [C16]',
    (input, expected) => {
      expect(toMilliseconds(input)).toBe(expected);
    },
  );

  it.each<[unknown, RegExp]>([
    ['', /is no duration/],
    ['soon', /is no duration; write one such as "1h30m"/],
    ['1 second', /is no duration/],
    ['1d', /is no duration/],
    ['P', /is no duration/],
    ['PT', /is no duration/],
    ['P1H', /is no duration/],
    ['PT5', /is no duration/],
    ['R3', /has repetitions/],
    ['R3/PT1S', /has repetitions/],
    ['60', /60 is no duration: it lacks a unit/],
    [60, /60 is no duration: it lacks a unit/],
    ['P1M', /years or months, which have no fixed length/],
    [{ months: 1 }, /years or months/],
    ['-1s', /"-1s" is negative/],
    ['-PT1S', /"-PT1S" is negative/],
    [new TemporalLike('-PT1S'), /negative/],
    [{ seconds: -1 }, /seconds of a duration is negative/],
    [{ seconds: Number.NaN }, /seconds of a duration must be a finite number/],
    [{ months: 0.5 }, /months of a duration must be a whole number/],
    [{ hour: 1 }, /"hour" is no unit of a duration; there are years, months/],
    [{}, /needs at least one of years/],
    ['9000000h', /longer than Dapr can hold/],
    [null, /is no duration/],
    [undefined, /is no duration/],
  ])('is refused in words when it is none: %j [C16]', (input, message) => {
    const read = (): number => toMilliseconds(input as Duration);
    expect(read).toThrow(DurationError);
    expect(read).toThrow(message);
  });

  it('adds no undefined fields', () => {
    expect(toMilliseconds({ hours: 1, minutes: undefined } as Duration)).toBe(
      3_600_000,
    );
  });

  it.each<[Duration, string]>([
    ['PT1H', '1h0m0s'],
    ['5m', '5m0s'],
    [{ minutes: 90 }, '1h30m0s'],
    ['P1D', '24h0m0s'],
  ])('goes to daprd as a Go duration: %j [C16]', (input, expected) => {
    expect(toGoDuration(input)).toBe(expected);
  });

  it.each<[number, string]>([
    [0, '0s'],
    [5_400_000, '1h30m0s'],
    [3_600_000, '1h0m0s'],
    [60_000, '1m0s'],
    [1000, '1s'],
    [1500, '1.5s'],
    [500, '500ms'],
    [1.5, '1.5ms'],
    [0.25, '250µs'],
    [0.0015, '1.5µs'],
    [0.00001, '10ns'],
    [-1500, '-1.5s'],
    [61_000.5, '1m1.0005s'],
    [8_640_000_000_001, '2400000h0m0.001s'],
  ])('is printed as Go prints it: %d ms', (milliseconds, expected) => {
    expect(formatGoDuration(milliseconds)).toBe(expected);
  });
});
