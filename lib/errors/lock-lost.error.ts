import { DaprError } from './dapr.error.js';

/** A lock ran out, or is about to, while the work under it goes on: somebody else may have it. */
export class LockLostError extends DaprError {}
