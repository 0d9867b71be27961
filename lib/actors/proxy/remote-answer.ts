import type { ActorMethodAnswer } from '../../client/actor.js';
import { ActorInvocationError } from '../../errors/actor-invocation.error.js';
import { DaprError } from '../../errors/dapr.error.js';
import { isEnvelope, type RemoteError } from '../../protocol/actor-envelope.js';
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
    return 'error' in value ? { error: value.error } : { result: value.result };
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
  { name, message, status, details }: RemoteError,
): ActorInvocationError {
  return new ActorInvocationError(message, {
    operation,
    name,
    ...(status !== undefined && { status }),
    ...(details !== undefined && { data: details }),
    ...(isDetail(details) && { details: [details] }),
    ...(Array.isArray(details) && { details: details.filter(isDetail) }),
  });
}

// What daprd answers, with the status and body that the host gave: actors/targets/app in dapr/dapr.
const HOST_ANSWER = /error from actor service: \(\d+\) (\{.*\})$/s;

/** The sidecar's word that a call failed at its host, with the host's own words where it sent some. */
export function hostError(operation: string, error: unknown): unknown {
  if (
    !(error instanceof DaprError) ||
    !error.errorCode?.startsWith('ERR_ACTOR_INVOKE')
  )
    return error;
  return new ActorInvocationError(hostWords(error.message), {
    operation,
    errorCode: error.errorCode,
    details: error.details,
    cause: error,
    ...(error.status !== undefined && { status: error.status }),
  });
}

function hostWords(message: string): string {
  const body = HOST_ANSWER.exec(message)?.[1];
  if (body === undefined) return message;
  try {
    const { message: words } = JSON.parse(body) as { message?: unknown };
    return typeof words === 'string' ? words : message;
  } catch {
    return message;
  }
}

function isDetail(details: unknown): details is ErrorDetail {
  return (
    typeof details === 'object' && details !== null && !Array.isArray(details)
  );
}
