import type { Locks } from '../blocks/locks.js';
import type { GrpcMethods } from './api.js';
import { orRefused } from './refused.js';

/** @see https://docs.dapr.io/reference/api/distributed_lock_api/ */
export function lockMethods(locks: Locks): GrpcMethods {
  return {
    tryLockAlpha1: (request, { appId }) => ({
      success: orRefused(() => locks.tryLock(appId, request)),
    }),
    unlockAlpha1: (request, { appId }) => ({
      status: orRefused(() => locks.unlock(appId, request)),
    }),
  };
}
