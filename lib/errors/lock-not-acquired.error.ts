import { DaprError } from './dapr.error.js';

/** Somebody else has the lock. Nothing was done. */
export class LockNotAcquiredError extends DaprError {}
