import { randomUUID } from 'node:crypto';
import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';
import { DaprError } from '../errors/dapr.error.js';
import { LockLostError } from '../errors/lock-lost.error.js';
import { LockNotAcquiredError } from '../errors/lock-not-acquired.error.js';
import { sleep, type Clock } from '../protocol/clock.js';
import { toMilliseconds } from '../protocol/duration.js';
import type { CallOptions } from './call-options.js';
import { encoding } from './json.js';
import { LockStatus } from './lock-status.js';
import type { ClientLock, WithLockOptions } from './lock.js';

type LockCalls = Pick<ClientLock, 'lock' | 'unlock'>;

/** One lock, once asked for. */
interface Wanted {
  readonly operation: string;
  readonly storeName: string;
  readonly resourceId: string;
  readonly owner: string;
  readonly seconds: number;
  /** Milliseconds. */
  readonly wait: number;
}

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;
const LONGEST_MARGIN = 5_000;
/** Milliseconds that giving a lock back may take: after that it is left to run out. */
const PATIENCE = 5_000;

/** {@link ClientLock.withLock}, over either protocol. */
export async function withLock<T>(
  calls: LockCalls,
  clock: Clock,
  storeName: string,
  resourceId: string,
  work: (signal: AbortSignal) => Promise<T> | T,
  options: WithLockOptions,
): Promise<T> {
  const operation = `lock.withLock "${storeName}" resource "${resourceId}"`;
  const { signal, owner = randomUUID() } = options;
  const wanted: Wanted = {
    operation,
    storeName,
    resourceId,
    owner,
    ...encoding(operation, () => ({
      seconds: Math.ceil(toMilliseconds(options.ttl) / 1000),
      wait: toMilliseconds(options.wait ?? '0s'),
    })),
  };
  const since = await acquire(calls, clock, wanted, options);
  const end = new AbortController();
  const ttl = wanted.seconds * 1000;
  const margin = Math.min(ttl / 10, LONGEST_MARGIN);
  const runsOut = (): void => end.abort(lost(operation, 'is about to run out'));
  const left = since + ttl - margin - clock.now();
  const timer = clock.schedule(left, runsOut);
  const abort = (): void => end.abort(signal?.reason);
  if (left <= 0) runsOut();
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const release = async (): Promise<LockStatus | undefined> => {
    timer.cancel();
    signal?.removeEventListener('abort', abort);
    return giveBack(calls, wanted, options);
  };
  let result: T;
  try {
    end.signal.throwIfAborted();
    result = await work(end.signal);
  } catch (error) {
    await release();
    throw error;
  }
  // Where the sidecar does not tell, time does.
  const isLate = clock.now() >= since + ttl;
  const status = await release();
  if (
    status === LockStatus.LockDoesNotExist ||
    status === LockStatus.LockBelongsToOthers ||
    (status !== LockStatus.Success && isLate)
  )
    throw lost(operation, 'ran out before the work had ended');
  return result;
}

/** Resolves with a time at which the lock was not yet taken: it can't run out before that time and its ttl. */
async function acquire(
  calls: LockCalls,
  clock: Clock,
  wanted: Wanted,
  { signal, timeout }: CallOptions,
): Promise<number> {
  const { operation, storeName, resourceId, owner, seconds, wait } = wanted;
  const call = {
    ...(signal && { signal }),
    ...(timeout !== undefined && { timeout }),
  };
  const deadline = clock.now() + wait;
  signal?.throwIfAborted();
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const now = clock.now();
    const { success } = await calls
      .lock(storeName, resourceId, owner, seconds, call)
      .catch((error: unknown) => {
        // Nobody knows whether the lock was taken.
        if (!isAnswer(error) && !(error instanceof DaprBadRequestError))
          void giveBack(calls, wanted, { timeout });
        throw error;
      });
    if (success) return now;
    const left = deadline - clock.now();
    if (left <= 0)
      throw new LockNotAcquiredError(
        `${operation} failed: somebody else has the lock${wait > 0 ? `, and had it for ${wait} ms` : ''}. ` +
          'Try again later, or allow more time for it with the option wait.',
        { operation },
      );
    await sleep(clock, Math.min(pause, left), signal);
  }
}

/** Undefined where that failed: the lock runs out by itself then. Whether the work may go on is not asked here. */
async function giveBack(
  calls: LockCalls,
  { storeName, resourceId, owner }: Wanted,
  { timeout = PATIENCE }: { readonly timeout?: number | undefined },
): Promise<LockStatus | undefined> {
  const options = { timeout: Math.min(timeout, PATIENCE) };
  return calls.unlock(storeName, resourceId, owner, options).then(
    ({ status }) => status,
    () => undefined,
  );
}

function isAnswer(error: unknown): boolean {
  return error instanceof DaprError && error.status !== undefined;
}

function lost(operation: string, what: string): LockLostError {
  return new LockLostError(
    `${operation}: the lock ${what}. Allow more time for the work with the option ttl.`,
    { operation },
  );
}
