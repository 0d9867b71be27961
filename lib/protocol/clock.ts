/** A running timer of a {@link Clock}. */
export interface ScheduledCall {
  cancel(): void;
}

/**
 * Time as the library sees it. Timeouts, back-off, reminders and cron ticks all go through one clock, so that a spec
 * can move time by hand.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `callback` once, `delay` milliseconds from now (0 or less: as soon as possible, never synchronously). */
  schedule(delay: number, callback: () => void): ScheduledCall;
}

// setTimeout treats anything longer as 1 ms: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delay, callback) {
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      const step = Math.min(left, LONGEST_TIMEOUT);
      timer = setTimeout(
        () => (left > step ? wait(left - step) : callback()),
        step,
      );
    };
    wait(Math.max(0, delay));
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves after `delay` milliseconds of `clock`; rejects with the signal's reason when that comes first. */
export function sleep(
  clock: Clock,
  delay: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const abort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.schedule(delay, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
