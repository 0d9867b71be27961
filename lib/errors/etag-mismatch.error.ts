import { DaprError } from './dapr.error.js';

/** The stored value has changed since its etag was read (or exists, where first-write was asked for). Read it again. */
export class EtagMismatchError extends DaprError {}
