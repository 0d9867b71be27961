/** Why an actor operation failed, as far as the API tells one from another. */
export type ActorErrorReason =
  | 'stack-depth'
  | 'instance-missing'
  | 'no-state-store'
  | 'not-hosted'
  | 'no-address'
  | 'moved'
  | 'already-exists'
  | 'failed';

/** An actor operation failed. */
export class ActorError extends Error {
  constructor(
    readonly reason: ActorErrorReason,
    message: string,
  ) {
    super(message);
    this.name = 'ActorError';
  }
}

/** What became of a turn that had not ended when its actor had to go to another host. */
export function turnMoved(): ActorError {
  return new ActorError('moved', 'context canceled');
}

/** What became of a call whose caller, or whose actor instance, went away. */
export function contextCanceled(): ActorError {
  return new ActorError('failed', 'context canceled');
}
