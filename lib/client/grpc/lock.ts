import type { CallOptions } from '../call-options.js';
import type { LockStatus } from '../lock-status.js';
import {
  requireExpiry,
  requireLockNames,
  type ClientLock,
  type LockResponse,
  type UnlockResponse,
  type WithLockOptions,
} from '../lock.js';
import { withLock } from '../with-lock.js';
import type { GrpcChannel } from './channel.js';

/** Locks over gRPC. */
export class GrpcLock implements ClientLock {
  constructor(private readonly channel: GrpcChannel) {}

  async lock(
    storeName: string,
    resourceId: string,
    lockOwner: string,
    expiryInSeconds: number,
    options?: CallOptions,
  ): Promise<LockResponse> {
    const operation = `lock.lock "${storeName}" resource "${resourceId}"`;
    requireLockNames(operation, storeName, resourceId, lockOwner);
    requireExpiry(operation, expiryInSeconds);
    return this.channel.unary(
      'tryLockAlpha1',
      { storeName, resourceId, lockOwner, expiryInSeconds },
      { operation, errorCode: 'ERR_TRY_LOCK', options },
    );
  }

  tryLock(...call: Parameters<ClientLock['lock']>): Promise<LockResponse> {
    return this.lock(...call);
  }

  async unlock(
    storeName: string,
    resourceId: string,
    lockOwner: string,
    options?: CallOptions,
  ): Promise<UnlockResponse> {
    const operation = `lock.unlock "${storeName}" resource "${resourceId}"`;
    requireLockNames(operation, storeName, resourceId, lockOwner);
    const { status } = await this.channel.unary(
      'unlockAlpha1',
      { storeName, resourceId, lockOwner },
      { operation, errorCode: 'ERR_UNLOCK', options },
    );
    return { status: status as LockStatus };
  }

  withLock<T>(
    storeName: string,
    resourceId: string,
    work: (signal: AbortSignal) => Promise<T> | T,
    options: WithLockOptions,
  ): Promise<T> {
    const { clock } = this.channel;
    return withLock(this, clock, storeName, resourceId, work, options);
  }
}
