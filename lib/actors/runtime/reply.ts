import {
  errorEnvelope,
  HOST_ERROR,
  resultEnvelope,
} from '../../protocol/actor-envelope.js';
import { Headers } from '../../protocol/headers.js';
import { toJson } from '../../protocol/payload.js';
import type { ActorCall, ActorReply } from './actor-call.js';
import { remoteErrorForProxy, remoteErrorOf } from './remote-error.js';

const JSON_HEADERS = { 'content-type': 'application/json' };
const ERROR_HEADERS = { ...JSON_HEADERS, [Headers.actorError]: 'true' };
const EMPTY: ActorReply = { status: 200, headers: {}, body: '' };

/**
 * The answer to a call that went well.
 * @throws PayloadError for a result that JSON can't carry
 */
export function resultReply(call: ActorCall, result: unknown): ActorReply {
  if (wantsEnvelope(call)) return json(resultEnvelope(result));
  return result === undefined || call.kind !== 'method'
    ? EMPTY
    : json(toJson(result));
}

/**
 * The answer to a call whose method threw, or was not reached past a guard or pipe. daprd throws away the body of what
 * is no 200, so our proxies get a 200 that is marked; for everybody else the status tells. Never 404, which means that
 * there is no such method.
 */
export function errorReply(
  call: ActorCall,
  error: unknown,
  withStack: boolean,
): ActorReply {
  if (wantsEnvelope(call)) {
    const body = errorEnvelope(remoteErrorForProxy(error, withStack));
    return { status: 200, headers: ERROR_HEADERS, body };
  }
  const remote = remoteErrorOf(error);
  const { status = 500 } = remote;
  const isFailure = status >= 400 && status < 600 && status !== 404;
  return {
    status: isFailure ? status : 500,
    headers: JSON_HEADERS,
    body: toJson(remote),
  };
}

/** The answer of the host itself: the call was not run, or what it did could not be stored. The same for everybody. */
export function hostReply(status: number, message: string): ActorReply {
  return {
    status,
    headers: JSON_HEADERS,
    body: toJson({ name: HOST_ERROR, message }),
  };
}

function json(body: string): ActorReply {
  return { status: 200, headers: JSON_HEADERS, body };
}

/** Our proxies say which version of the envelope they understand; any later one will understand the first. */
function wantsEnvelope({ kind, headers }: ActorCall): boolean {
  return kind === 'method' && Number(headers[Headers.envelope]) >= 1;
}
