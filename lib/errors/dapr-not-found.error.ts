import { DaprError } from './dapr.error.js';

/** The component, topic, key or other thing that the call names does not exist. */
export class DaprNotFoundError extends DaprError {}
