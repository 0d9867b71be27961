import { describe, expect, it } from '@jest/globals';
import {
  ofProtoDuration,
  parseProtoDuration,
  protoDurationText,
  toProtoDuration,
} from '../../../lib/protocol/proto-duration.js';

describe('a google.protobuf.Duration', () => {
  it.each<[number, string, number, number]>([
    [0, '0s', 0, 0],
    [5000, '5s', 5, 0],
    [500, '0.500s', 0, 5e8],
    [1500.25, '1.500250s', 1, 500_250_000],
    [0.000_001, '0.000000001s', 0, 1],
    [-1500, '-1.500s', -1, -5e8],
    [-500, '-0.500s', 0, -5e8],
    [3_600_000, '3600s', 3600, 0],
  ])('of %d ms is %s', (milliseconds, text, seconds, nanos) => {
    expect(protoDurationText(milliseconds)).toBe(text);
    expect(parseProtoDuration(text)).toBe(milliseconds);
    const wire = toProtoDuration(milliseconds);
    expect([wire.seconds, wire.nanos]).toEqual([seconds, nanos]);
    expect(ofProtoDuration(wire)).toBe(milliseconds);
  });

  it.each(['1.5s', '+1.5s', '1.50000s'])('may be written %s', (text) => {
    expect(parseProtoDuration(text)).toBe(1500);
  });

  it.each(['', 's', '1h', '500ms', '1', '1.0000000001s', '1 s', '1e3s'])(
    'is not %j',
    (text) => {
      expect(parseProtoDuration(text)).toBeUndefined();
    },
  );
});
