import { ActorInvocationError } from '../errors/actor-invocation.error.js';
import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';
import { headerOf, Headers } from '../protocol/headers.js';
import { decodePayload } from '../protocol/payload.js';
import type { ActorMethodRequest, ClientActor } from './actor.js';
import type { CallOptions } from './call-options.js';
import { eitherOf } from './either-of.js';
import { HttpMethod } from './http-method.js';
import { headersWithout, isToken } from './invocation.js';
import { decoding, jsonOf } from './json.js';

/** What a call of an actor hands on of the turn that it is made in. */
export interface CallOut {
  readonly headers: Readonly<Record<string, string>>;
  /** Ends the call with the turn. */
  readonly signal: AbortSignal | undefined;
  /** Due when the call has ended. */
  readonly end: () => void;
}

/**
 * Asked before each call of an actor; undefined where it is made in no turn.
 * @throws DaprBadRequestError where the call would wait for itself
 */
export type BeginCall = (
  operation: string,
  actorType: string,
  actorId: string,
) => CallOut | undefined;

/** Makes a call of an actor with what goes with it of the turn that it is made in. */
export async function callActor<T>(
  begin: BeginCall | undefined,
  operation: string,
  request: ActorMethodRequest,
  call: (
    headers: ActorMethodRequest['headers'],
    options: CallOptions,
  ) => Promise<T>,
): Promise<T> {
  const { actorType, actorId, timeout } = request;
  const headers = headersWithout(request.headers, isToken);
  const out = begin?.(operation, actorType, actorId);
  if (!out) return call(headers, request);
  const { signal, release } = eitherOf(request.signal, out.signal);
  try {
    return await call({ ...headers, ...out.headers }, { signal, timeout });
  } finally {
    release();
    out.end();
  }
}

/** The arguments of `client.actor.invoke`, in either form. */
export type InvokeArguments = [string, string, string, unknown?, unknown?];

/** The verbs that Dapr has for calls of actors. */
const VERBS = ['GET', 'POST', 'PUT', 'DELETE'] as const;
type ActorVerb = (typeof VERBS)[number];

/** What stands in front of the older form of `client.actor.invoke`. */
export type InvokeVerb = ActorVerb | Lowercase<ActorVerb>;

const ALL_VERBS: readonly string[] = Object.keys(HttpMethod);

/** Calls a method with bare JSON, and gives what JSON makes of its result. */
export async function invokeBare<T>(
  actors: Pick<ClientActor, 'request'>,
  parts: InvokeArguments,
): Promise<T> {
  const verb = verbOf(parts);
  const [actorType, actorId, method, body, options] = (
    verb === undefined ? parts : parts.slice(1)
  ) as [string, string, string, unknown?, CallOptions?];
  const operation = `actor.invoke ${actorType}/${actorId} method "${method}"`;
  requireVerb(operation, verb);
  const answer = await actors.request({
    ...options,
    actorType,
    actorId,
    method,
    ...(body !== undefined && { body: jsonOf(operation, body) }),
  });
  const { headers } = answer;
  const result = decoding(operation, () =>
    decodePayload(answer.body, headerOf(headers, 'content-type')),
  );
  if (headerOf(headers, Headers.actorError) === undefined) return result as T;
  throw new ActorInvocationError(
    `${operation} failed: the actor answered with an error; it is in data.`,
    { operation, status: 200, data: result },
  );
}

/** The verb of the older form, as the constants and the page of Dapr's API spell it: `Post` is the type of an actor. */
function verbOf([first, , , fourth]: InvokeArguments): string | undefined {
  const verb = first.toUpperCase();
  const isVerb =
    ALL_VERBS.includes(verb) &&
    (first === verb || first === first.toLowerCase());
  return isVerb && typeof fourth === 'string' ? verb : undefined;
}

function requireVerb(operation: string, verb: string | undefined): void {
  if (verb === undefined || VERBS.some((each) => each === verb)) return;
  throw new DaprBadRequestError(
    `${operation} failed: actors are called with GET, POST, PUT or DELETE, and not with ${verb}.`,
    { operation },
  );
}
