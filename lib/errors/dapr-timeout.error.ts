import { DaprError } from './dapr.error.js';

/** The call took longer than its `timeout`, or than the sidecar allows (status 504). It may still have had its effect. */
export class DaprTimeoutError extends DaprError {}
