import type { ActorMethodAnswer } from '../../client/actor.js';
import { ActorInvocationError } from '../../errors/actor-invocation.error.js';
import {
  HOST_ERROR,
  isEnvelope,
  readRemoteError,
  type RemoteError,
} from '../../protocol/actor-envelope.js';
import type { ErrorDetail } from '../../protocol/error-codes.js';
import { headerOf, Headers } from '../../protocol/headers.js';
import { decodePayload } from '../../protocol/payload.js';

/** How a call of an actor ended. */
export type RemoteOutcome =
  { readonly result: unknown } | { readonly error: RemoteError };

/** Reads an answer of ours by its mark; one of another SDK is taken as it is. */
export function outcomeOf({ headers, body }: ActorMethodAnswer): RemoteOutcome {
  const value = decodePayload(body, headerOf(headers, 'content-type'));
  if (isEnvelope(value))
    return 'error' in value
      ? { error: readRemoteError(value.error) }
      : { result: value.result };
  // Dapr's own mark of an application error, which comes with a 200.
  if (headers[Headers.actorError] === undefined) return { result: value };
  const message = typeof value === 'string' ? value : 'The actor failed';
  return {
    error: { name: 'ActorInvocationError', message, details: value },
  };
}

/** The error that a proxy throws for what an actor threw. */
export function invocationError(
  operation: string,
  { name, message, status, details, stack }: RemoteError,
): ActorInvocationError {
  return new ActorInvocationError(message, {
    operation,
    name,
    ...(stack !== undefined && {
      cause: Object.assign(new Error(message), { stack }),
    }),
    ...(status !== undefined && { status }),
    ...(details !== undefined && { data: details }),
    ...(isDetail(details) && { details: [details] }),
    ...(Array.isArray(details) && { details: details.filter(isDetail) }),
  });
}

/** What the host itself has to say, in its own words instead of the client's. */
export function hostError(operation: string, error: unknown): unknown {
  if (!(error instanceof ActorInvocationError) || !isHostAnswer(error.data))
    return error;
  const { status, errorCode, data, details } = error;
  return new ActorInvocationError(error.data.message, {
    operation,
    cause: error,
    details,
    data,
    ...(status !== undefined && { status }),
    ...(errorCode !== undefined && { errorCode }),
  });
}

function isHostAnswer(data: unknown): data is { readonly message: string } {
  return (
    isDetail(data) &&
    data['name'] === HOST_ERROR &&
    typeof data['message'] === 'string'
  );
}

function isDetail(details: unknown): details is ErrorDetail {
  return (
    typeof details === 'object' && details !== null && !Array.isArray(details)
  );
}
