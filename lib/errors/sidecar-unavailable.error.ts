import { DaprError } from './dapr.error.js';

/** No sidecar answers at the configured address, or it is shutting down. */
export class SidecarUnavailableError extends DaprError {}
