import { DaprError } from './dapr.error.js';

/** The call took longer than its `timeout`. It may still have had its effect. */
export class DaprTimeoutError extends DaprError {}
