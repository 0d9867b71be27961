import { DaprError, type DaprErrorOptions } from './dapr.error.js';

export interface ActorInvocationErrorOptions extends DaprErrorOptions {
  /** Class name of the error that the actor threw; becomes this error's `name`. */
  readonly name?: string;
  /** What the actor's error carried beside its message, such as an HttpException's response. */
  readonly data?: unknown;
}

/**
 * An actor's method threw, or its turn could not be committed. Nothing of the turn's state changes was stored, but what it
 * had stored itself by `state.save()`.
 */
export class ActorInvocationError extends DaprError {
  readonly data: unknown;

  constructor(message: string, options: ActorInvocationErrorOptions) {
    super(message, options);
    if (options.name !== undefined) this.name = options.name;
    this.data = options.data;
  }
}
