import { describe, expect, it } from '@jest/globals';
import { timeToLive } from '../../../lib/actors/runtime/time-to-live.js';
import { DurationError } from '../../../lib/protocol/duration.js';

describe('the time to live of a state', () => {
  it.each([
    ['1s', 1],
    ['PT1H', 3600],
    ['P1D', 86_400],
    [{ minutes: 2, milliseconds: 1000 }, 121],
  ])('is whole seconds: %j', (ttl, seconds) => {
    expect(timeToLive(ttl)).toBe(seconds);
  });

  it.each(['0s', '1500ms', '-1s', 'P1M', 'R3/PT1S', 'soon', 5 as never])(
    'is refused where it is none: %j',
    (ttl) => {
      expect(() => timeToLive(ttl)).toThrow(DurationError);
    },
  );
});
