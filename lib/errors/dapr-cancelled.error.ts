import { DaprError } from './dapr.error.js';

/**
 * The call was ended by somebody other than its caller: the client was stopped, or the sidecar gave the call up. It may
 * have had its effect. A call that its caller aborts rejects with the reason of its signal instead.
 */
export class DaprCancelledError extends DaprError {}
