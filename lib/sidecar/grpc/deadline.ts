import { headerOf, type HeaderBag } from '../../protocol/headers.js';

const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

// Timers take anything longer for 1 ms: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** Aborts when the caller waits no longer; undefined where it waits for ever, or for longer than any timer. */
export function deadlineOf(headers: HeaderBag): AbortSignal | undefined {
  const [, amount, unit = ''] =
    /^(\d{1,8})([HMSmun])$/.exec(headerOf(headers, 'grpc-timeout') ?? '') ?? [];
  if (amount === undefined) return undefined;
  const timeout = Math.ceil(Number(amount) * (UNITS[unit] ?? 1));
  return timeout > LONGEST_TIMEOUT ? undefined : AbortSignal.timeout(timeout);
}
