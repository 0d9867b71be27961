import { ActorInvocationError } from '../errors/actor-invocation.error.js';
import { headerOf, Headers } from '../protocol/headers.js';
import { decodePayload } from '../protocol/payload.js';
import type { ActorMethodRequest, ClientActor } from './actor.js';
import type { CallOptions } from './call-options.js';
import { decoding, jsonOf } from './json.js';

/** What a call of an actor hands on of the turn that it is made in. */
export interface CallOut {
  readonly headers: Readonly<Record<string, string>>;
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

/** Makes a call of an actor with the headers that go with it: those of the request, and of the turn that it is made in. */
export async function callActor<T>(
  begin: BeginCall | undefined,
  operation: string,
  { actorType, actorId, headers }: ActorMethodRequest,
  call: (headers: ActorMethodRequest['headers']) => Promise<T>,
): Promise<T> {
  const out = begin?.(operation, actorType, actorId);
  if (!out) return call(headers);
  try {
    return await call({ ...headers, ...out.headers });
  } finally {
    out.end();
  }
}

/** The arguments of `client.actor.invoke`, in either form. */
export type InvokeArguments = [string, string, string, unknown?, unknown?];

const VERBS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'DELETE']);

/** Calls a method with bare JSON, and gives what JSON makes of its result. */
export async function invokeBare<T>(
  actors: Pick<ClientActor, 'request'>,
  parts: InvokeArguments,
): Promise<T> {
  const [first, , , fourth] = parts;
  const older = VERBS.has(first.toUpperCase()) && typeof fourth === 'string';
  const [actorType, actorId, method, body, options] = (
    older ? parts.slice(1) : parts
  ) as [string, string, string, unknown?, CallOptions?];
  const operation = `actor.invoke ${actorType}/${actorId} method "${method}"`;
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
