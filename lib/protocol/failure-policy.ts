import { DurationError, toMilliseconds, type Duration } from './duration.js';

/** What Dapr's scheduler does when a call that was due has failed. */
export type FailurePolicy =
  /** The call is not made again; the schedule goes on. */
  | { readonly drop: true }
  /** The call is made again. */
  | {
      readonly constant: {
        /** Time between tries. Default 1 s. */
        readonly interval?: Duration | undefined;
        /** Tries beyond the first; then the schedule goes on. Default: without end. */
        readonly maxRetries?: number | undefined;
      };
    };

/** A policy with its interval in milliseconds. */
export type FailurePolicyReading =
  | { readonly drop: true }
  | {
      readonly constant: {
        readonly interval: number;
        readonly maxRetries?: number;
      };
    };

/** That of a call for which none was set. */
export const DEFAULT_FAILURE_POLICY: FailurePolicyReading = {
  constant: { interval: 1000, maxRetries: 3 },
};

const DEFAULT_INTERVAL = '1s';
// `max_retries` is a uint32 on the wire.
const MOST_RETRIES = 2 ** 32 - 1;

/** @throws DurationError for a policy that can't be meant */
export function readFailurePolicy(policy: FailurePolicy): FailurePolicyReading {
  if ('drop' in policy) return { drop: true };
  const { interval = DEFAULT_INTERVAL, maxRetries } = policy.constant;
  const milliseconds = toMilliseconds(interval);
  if (milliseconds === 0)
    throw new DurationError('the interval of a failure policy has no length');
  if (maxRetries === undefined) return { constant: { interval: milliseconds } };
  if (
    !Number.isInteger(maxRetries) ||
    maxRetries < 0 ||
    maxRetries > MOST_RETRIES
  )
    throw new DurationError(
      `maxRetries of a failure policy is ${maxRetries}; a whole number from 0 is due`,
    );
  return { constant: { interval: milliseconds, maxRetries } };
}
