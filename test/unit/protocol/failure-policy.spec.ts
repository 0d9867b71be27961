import { describe, expect, it } from '@jest/globals';
import { DurationError } from '../../../lib/protocol/duration.js';
import {
  readFailurePolicy,
  type FailurePolicy,
} from '../../../lib/protocol/failure-policy.js';

describe('a failure policy', () => {
  it.each<[FailurePolicy, object]>([
    [{ drop: true }, { drop: true }],
    [{ constant: {} }, { constant: { interval: 1000 } }],
    [
      { constant: { interval: 'PT0.5S', maxRetries: 0 } },
      { constant: { interval: 500, maxRetries: 0 } },
    ],
    [
      { constant: { interval: { minutes: 1 }, maxRetries: 7 } },
      { constant: { interval: 60_000, maxRetries: 7 } },
    ],
  ])('%j is read', (policy, reading) => {
    expect(readFailurePolicy(policy)).toEqual(reading);
  });

  it.each<FailurePolicy>([
    { constant: { interval: '0s' } },
    { constant: { interval: '-1s' } },
    { constant: { interval: 'P1M' } },
    { constant: { maxRetries: -1 } },
    { constant: { maxRetries: 1.5 } },
    { constant: { maxRetries: Infinity } },
    { constant: { maxRetries: 2 ** 32 } },
  ])('%j is refused', (policy) => {
    expect(() => readFailurePolicy(policy)).toThrow(DurationError);
  });
});
