import { DaprError } from './dapr.error.js';

/** The sidecar refuses the call: a wrong API token, a scope, or an access policy. */
export class DaprPermissionError extends DaprError {}
