import { setTimeout as delay } from 'node:timers/promises';
import type { VirtualClock } from '../../lib/sidecar/virtual-clock.js';

/** Resolves when `condition` holds; rejects in words when it does not within `limit` milliseconds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  limit = 20_000,
): Promise<void> {
  const deadline = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > deadline)
      throw new Error(`did not come true within ${limit} ms: ${condition}`);
    await delay(5);
  }
}

/** Moves virtual time on, second by second, until `work` has ended. */
export async function passUntil<T>(
  clock: VirtualClock,
  work: Promise<T>,
): Promise<T> {
  let isDone = false;
  const end = (): void => void (isDone = true);
  work.then(end, end);
  while (!isDone) await clock.advance('1s');
  return work;
}
