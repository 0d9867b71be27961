import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when `condition` holds; rejects in words when it does not within `limit` milliseconds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  limit = 10_000,
): Promise<void> {
  const deadline = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > deadline)
      throw new Error(`did not come true within ${limit} ms: ${condition}`);
    await delay(5);
  }
}
