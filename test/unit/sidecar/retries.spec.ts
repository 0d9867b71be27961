import { describe, expect, it } from '@jest/globals';
import { Activity } from '../../../lib/sidecar/activity.js';
import type { RetrySpec } from '../../../lib/sidecar/resources/resiliency-spec.js';
import {
  attempt,
  PolicyTimeoutError,
  retryDelay,
} from '../../../lib/sidecar/retries.js';
import { VirtualClock } from '../../../lib/sidecar/virtual-clock.js';

const CONSTANT: RetrySpec = {
  policy: 'constant',
  duration: 5000,
  maxInterval: 60_000,
  maxRetries: -1,
  statuses: undefined,
};
const EXPONENTIAL: RetrySpec = { ...CONSTANT, policy: 'exponential' };

const delay = (
  retry: RetrySpec | undefined,
  failures: number,
  elapsed = 0,
  status?: number,
): number | undefined => retryDelay(retry, { failures, elapsed, status });

describe('the time until the next attempt', () => {
  it('is none without a policy', () => {
    expect(delay(undefined, 1)).toBeUndefined();
  });

  it('is always the same under a constant policy', () => {
    expect([1, 2, 1000].map((n) => delay(CONSTANT, n))).toEqual([
      5000, 5000, 5000,
    ]);
  });

  it('ends after as many retries as the policy has', () => {
    const twice = { ...CONSTANT, maxRetries: 2 };
    expect([1, 2, 3].map((n) => delay(twice, n))).toEqual([
      5000,
      5000,
      undefined,
    ]);
    expect(delay({ ...CONSTANT, maxRetries: 0 }, 1)).toBeUndefined();
  });

  it('grows by half each time under an exponential policy, up to its longest', () => {
    const delays = [1, 2, 3, 4, 20].map((n) => delay(EXPONENTIAL, n));
    expect(delays).toEqual([500, 750, 1125, 1687.5, 60_000]);
  });

  it('ends after a quarter of an hour under an exponential policy', () => {
    expect(delay(EXPONENTIAL, 20, 14 * 60_000)).toBe(60_000);
    expect(delay(EXPONENTIAL, 20, 14 * 60_000 + 1)).toBeUndefined();
  });

  it('is none for a status that the policy does not name', () => {
    const some: RetrySpec = {
      ...CONSTANT,
      statuses: [
        [429, 429],
        [500, 503],
      ],
    };
    expect(delay(some, 1, 0, 429)).toBe(5000);
    expect(delay(some, 1, 0, 502)).toBe(5000);
    expect(delay(some, 1, 0, 404)).toBeUndefined();
    // A cut connection has no status.
    expect(delay(some, 1)).toBe(5000);
  });
});

describe('an operation under a policy', () => {
  const setup = () => {
    const clock = new VirtualClock(0);
    const activity = new Activity();
    clock.settleWith(() => activity.settled(50));
    return { clock, activity };
  };

  it('is tried until it succeeds, and rests meanwhile', async () => {
    const deps = setup();
    const times: number[] = [];
    const work = deps.activity.track(() =>
      attempt(deps, { retry: CONSTANT }, async () => {
        times.push(deps.clock.now());
        if (times.length < 3) throw new Error('not yet');
        return 'done';
      }),
    );
    await deps.activity.idle();
    expect(times).toEqual([0]);
    await deps.clock.advance('1m');
    await expect(work).resolves.toBe('done');
    expect(times).toEqual([0, 5000, 10_000]);
  });

  it('gives what the last attempt gave', async () => {
    const deps = setup();
    const statuses = [500, 503];
    const policy = { retry: { ...CONSTANT, maxRetries: 1 } };
    const work = deps.activity.track(() =>
      attempt(
        deps,
        policy,
        async () => statuses.shift() ?? 200,
        (status) => (status < 500 ? undefined : { status }),
      ),
    );
    await deps.clock.advance('1m');
    await expect(work).resolves.toBe(503);
  });

  it('is cut at its timeout, for each attempt anew', async () => {
    const deps = setup();
    const policy = { timeout: 1000, retry: { ...CONSTANT, maxRetries: 1 } };
    const cut: number[] = [];
    const work = deps.activity.track(() =>
      attempt(
        deps,
        policy,
        (signal) =>
          new Promise<void>((_, reject) =>
            signal?.addEventListener('abort', () => {
              cut.push(deps.clock.now());
              reject(signal.reason as Error);
            }),
          ),
      ),
    );
    const rejected = expect(work).rejects.toThrow(PolicyTimeoutError);
    await deps.clock.advance('1m');
    await rejected;
    expect(cut).toEqual([1000, 7000]);
  });

  it('is not tried again after its caller has gone', async () => {
    const deps = setup();
    const caller = new AbortController();
    let attempts = 0;
    const work = deps.activity.track(() =>
      attempt(
        { ...deps, until: caller.signal },
        { retry: CONSTANT },
        async () => {
          attempts += 1;
          throw new Error('broken');
        },
      ),
    );
    const rejected = expect(work).rejects.toThrow('gone');
    await deps.activity.idle();
    caller.abort(new Error('gone'));
    await rejected;
    await deps.clock.advance('1m');
    expect(attempts).toBe(1);
  });
});
