import { sleep, type Clock } from '../protocol/clock.js';
import type { Activity } from './activity.js';
import type { Policy } from './resiliency.js';
import type { RetrySpec } from './resources/resiliency-spec.js';

// Dapr's exponential back-off, without its random factor, so that a spec can tell when the next attempt comes:
// https://pkg.go.dev/github.com/cenkalti/backoff/v4#pkg-constants
const FIRST_INTERVAL = 500;
const MULTIPLIER = 1.5;
const LONGEST_ELAPSED = 15 * 60_000;

/** What has been tried so far. */
export interface Progress {
  /** Attempts that failed, the last one included. */
  readonly failures: number;
  /** Milliseconds since the first attempt. */
  readonly elapsed: number;
  /** The HTTP status of the last attempt, if a status was what made it fail. */
  readonly status: number | undefined;
}

/** Milliseconds until the next attempt; undefined when there is none. */
export function retryDelay(
  retry: RetrySpec | undefined,
  { failures, elapsed, status }: Progress,
): number | undefined {
  if (!retry) return undefined;
  if (retry.maxRetries >= 0 && failures > retry.maxRetries) return undefined;
  if (status !== undefined && !isRetriable(retry, status)) return undefined;
  if (retry.policy === 'constant') return retry.duration;
  const grown = FIRST_INTERVAL * MULTIPLIER ** (failures - 1);
  const delay = Math.min(grown, retry.maxInterval);
  return elapsed + delay > LONGEST_ELAPSED ? undefined : delay;
}

function isRetriable(retry: RetrySpec, status: number): boolean {
  return (
    retry.statuses?.some(([from, to]) => from <= status && status <= to) ?? true
  );
}

/** A timeout of a resiliency policy has passed. */
export class PolicyTimeoutError extends Error {
  constructor() {
    super('context deadline exceeded');
    this.name = 'PolicyTimeoutError';
  }
}

/** Runs `work` with a signal that aborts after `timeout` milliseconds of the clock; without a timeout, with none. */
export async function inTime<T>(
  clock: Clock,
  timeout: number | undefined,
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (!timeout) return work(undefined);
  const controller = new AbortController();
  const timer = clock.schedule(timeout, () =>
    controller.abort(new PolicyTimeoutError()),
  );
  try {
    return await work(controller.signal);
  } finally {
    timer.cancel();
  }
}

/** What {@link attempt} works with. `until`: after it aborts there is no further attempt. */
export interface AttemptDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly until?: AbortSignal;
}

/** Why a result counts as a failure; with a status, a policy may say that it is not worth a retry. */
export interface Failure {
  readonly status: number | undefined;
}

/**
 * Runs an operation as its policy says, within an activity. `failureOf` tells of a result whether it is a failure:
 * undefined when it is none. What the last attempt gave or threw is the result.
 */
export async function attempt<T>(
  { clock, activity, until }: AttemptDependencies,
  policy: Policy,
  once: (signal: AbortSignal | undefined) => Promise<T>,
  failureOf: (result: T) => Failure | undefined = () => undefined,
): Promise<T> {
  const begun = clock.now();
  for (let failures = 1; ; failures += 1) {
    const result = await inTime(clock, policy.timeout, once).then(
      (value) => ({ value, failure: failureOf(value) }),
      (error: unknown) => ({ error, failure: { status: undefined } }),
    );
    const delay =
      result.failure && !until?.aborted
        ? retryDelay(policy.retry, {
            failures,
            elapsed: clock.now() - begun,
            status: result.failure.status,
          })
        : undefined;
    if (delay === undefined) {
      if ('error' in result) throw result.error;
      return result.value;
    }
    await activity.rest(() => sleep(clock, delay, until));
  }
}
