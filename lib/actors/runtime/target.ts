import type { ScheduleCallbackBody } from '../../protocol/actor-callback.js';
import { decodeArguments } from '../../protocol/actor-arguments.js';
import { scheduledData } from '../../protocol/actor-envelope.js';
import { decodePayload, PayloadError } from '../../protocol/payload.js';
import type { ActorCall } from './actor-call.js';
import type { ActorMethod, HostedType } from './hosted-type.js';
import { missingHandler, scheduleMethod } from './schedule-method.js';

/** What a call runs, with which arguments. */
export interface Target {
  readonly type: HostedType;
  readonly method: ActorMethod;
  readonly args: readonly unknown[];
}

/** Why a call runs nothing. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

export function targetOf(type: HostedType, call: ActorCall): Target | Refusal {
  try {
    return readTarget(type, call);
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    return { status: 400, message: error.message };
  }
}

function readTarget(type: HostedType, call: ActorCall): Target | Refusal {
  return call.kind === 'method'
    ? methodTarget(type, call)
    : scheduleTarget(type, call, call.kind);
}

function methodTarget(
  type: HostedType,
  { name, body, headers }: ActorCall,
): Target | Refusal {
  const method = type.methods.get(name);
  if (!method)
    return {
      status: 404,
      message: `Actor type ${type.name} has no method ${name} that can be called from outside.`,
    };
  const bare = type.options.arguments ?? 'single';
  return { type, method, args: decodeArguments(body, headers, bare) };
}

function scheduleTarget(
  type: HostedType,
  { name, body }: ActorCall,
  kind: 'timer' | 'reminder',
): Target | Refusal {
  const { data, callback } = scheduleBody(body);
  const method = scheduleMethod(type, kind, name, callback);
  if (!method)
    return {
      status: 400,
      message: missingHandler(type, kind, name, callback),
    };
  return {
    type,
    method,
    args: data === undefined ? [] : [scheduledData(data)],
  };
}

function scheduleBody(body: Buffer): ScheduleCallbackBody {
  const value = decodePayload(body, 'application/json') ?? {};
  if (typeof value === 'object') return value;
  throw new PayloadError('The body of a timer or reminder must be an object');
}
