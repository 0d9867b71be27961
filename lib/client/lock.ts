import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';
import type { Duration } from '../protocol/duration.js';
import type { CallOptions } from './call-options.js';
import type { LockStatus } from './lock-status.js';
import { requireName } from './name.js';

export interface LockResponse {
  /** False where somebody has the lock, be it the same owner. */
  readonly success: boolean;
}

export interface UnlockResponse {
  readonly status: LockStatus;
}

/** `timeout` is for each call of the sidecar; `signal` ends the waiting, and aborts the signal of the work. */
export interface WithLockOptions extends CallOptions {
  /** The lock runs out after this, in whole seconds, rounded up, and can't be renewed: allow for the longest work. */
  readonly ttl: Duration;
  /**
   * Names the holder: one for each call, since a call that is aborted while it asks gives back whatever its owner has.
   * Default: a random UUID.
   */
  readonly owner?: string | undefined;
  /** How long to wait for a lock that somebody else has. Default: not at all. */
  readonly wait?: Duration | undefined;
}

/**
 * Distributed locks. Each app has locks of its own, unless the component's `keyPrefix` says otherwise. An unknown store
 * rejects with a `DaprNotFoundError`.
 * @see https://docs.dapr.io/reference/api/distributed_lock_api/
 */
export interface ClientLock {
  /**
   * Takes a lock if nobody has it; never waits. It runs out by itself, and can't be renewed.
   * @param resourceId what is locked; not `||`, which Dapr puts between the parts of a key
   * @param lockOwner who takes it, and alone may give it back: unique per holder, not per app
   * @param expiryInSeconds whole seconds, at least 1
   */
  lock(
    storeName: string,
    resourceId: string,
    lockOwner: string,
    expiryInSeconds: number,
    options?: CallOptions,
  ): Promise<LockResponse>;
  /** The same as `lock`, by the name that Dapr's API has for it. */
  tryLock(
    storeName: string,
    resourceId: string,
    lockOwner: string,
    expiryInSeconds: number,
    options?: CallOptions,
  ): Promise<LockResponse>;
  /** Gives a lock back. That it has run out, or is somebody else's, shows in the status and is no error. */
  unlock(
    storeName: string,
    resourceId: string,
    lockOwner: string,
    options?: CallOptions,
  ): Promise<UnlockResponse>;
  /**
   * Runs `work` while it holds a lock, and gives the lock back however the work ends. Resolves with what the work
   * resolves with, and rejects with what it throws.
   * @param work gets a signal that aborts some time before the lock runs out (a tenth of it, 5 s at most), with a
   * `LockLostError`: what is done after that is not protected any more
   * @throws LockNotAcquiredError where somebody else has the lock, until the end of `wait`
   * @throws LockLostError where the work ended well, but the lock had run out before, or may have where the sidecar does
   * not tell
   */
  withLock<T>(
    storeName: string,
    resourceId: string,
    work: (signal: AbortSignal) => Promise<T> | T,
    options: WithLockOptions,
  ): Promise<T>;
}

const LONGEST_EXPIRY = 2 ** 31 - 1;

/** @throws {@link DaprBadRequestError} for what no lock can be named by */
export function requireLockNames(
  operation: string,
  storeName: string,
  resourceId: string,
  lockOwner: string,
): void {
  requireName(operation, 'store name', storeName);
  requireName(operation, 'resource', resourceId);
  requireName(operation, 'owner', lockOwner);
  if (resourceId.includes('||'))
    throw new DaprBadRequestError(
      `${operation} failed: the resource can't hold "||", which Dapr puts between the parts of a key.`,
      { operation },
    );
}

/** @throws {@link DaprBadRequestError} for what is no expiry of a lock */
export function requireExpiry(operation: string, seconds: number): void {
  if (Number.isInteger(seconds) && seconds > 0 && seconds <= LONGEST_EXPIRY)
    return;
  throw new DaprBadRequestError(
    `${operation} failed: the lock's expiry is ${seconds}; whole seconds are due, at least 1.`,
    { operation },
  );
}
