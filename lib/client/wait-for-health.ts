import { DaprTimeoutError } from '../errors/dapr-timeout.error.js';
import { SidecarUnavailableError } from '../errors/sidecar-unavailable.error.js';
import { sleep, systemClock, type Clock } from '../protocol/clock.js';
import { requireTimeout, type CallOptions } from './call-options.js';

/** What is waited for. */
export interface HealthWait {
  readonly operation: string;
  /** Why a sidecar that runs is not ready, mostly; for the error. */
  readonly usualCause: string;
  /** Asks once, within the milliseconds that are left. */
  readonly probe: (left: number) => Promise<boolean>;
}

/** How long `isHealthy` takes at most, unless it is told. */
export const HEALTHY_TIMEOUT = 1_000;
const POLL_PAUSE = 100;

/**
 * Asks until the answer is yes.
 * @throws SidecarUnavailableError when the time is over
 */
export async function waitForHealth(
  { operation, usualCause, probe }: HealthWait,
  clock: Clock,
  timeout: number,
  { signal }: CallOptions = {},
): Promise<void> {
  requireTimeout(operation, timeout);
  const deadline = clock.now() + timeout;
  let obstacle: SidecarUnavailableError | undefined;
  for (let left = timeout; left > 0; left = deadline - clock.now()) {
    try {
      if (await probe(left)) return;
      obstacle = undefined;
    } catch (error) {
      if (error instanceof SidecarUnavailableError) obstacle = error;
      else if (!(error instanceof DaprTimeoutError)) throw error;
    }
    // Real time, as in Reachability: a real sidecar is waited for.
    await sleep(systemClock, POLL_PAUSE, signal);
  }
  throw (
    obstacle ??
    new SidecarUnavailableError(
      `${operation} failed: the sidecar is not ready after ${timeout} ms. Look at its log; ${usualCause}.`,
      { operation },
    )
  );
}
