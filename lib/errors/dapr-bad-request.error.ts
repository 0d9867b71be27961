import { DaprError } from './dapr.error.js';

/** The sidecar, or the client before it called, refused the request as malformed. Sending it again will not help. */
export class DaprBadRequestError extends DaprError {}
