import {
  DurationError,
  toMilliseconds,
  type Duration,
} from '../../protocol/duration.js';

/**
 * Seconds, as Dapr counts a time to live.
 * @throws DurationError for what is no whole number of them from 1 up
 */
export function timeToLive(ttl: Duration): number {
  const seconds = toMilliseconds(ttl) / 1000;
  if (Number.isInteger(seconds) && seconds > 0) return seconds;
  throw new DurationError(
    `the ttl ${seconds} s of a state can't be held: Dapr counts it in whole seconds, from 1 up`,
  );
}
