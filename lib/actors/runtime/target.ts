import type { ScheduleCallbackBody } from '../../protocol/actor-callback.js';
import { decodeArguments } from '../../protocol/actor-arguments.js';
import { scheduledData } from '../../protocol/actor-envelope.js';
import { decodePayload, PayloadError } from '../../protocol/payload.js';
import type { ActorCall, ActorReply } from './actor-call.js';
import type { ActorMethod, HostedType } from './hosted-type.js';
import { hostReply } from './reply.js';

/** What a call runs, with which arguments. */
export interface Target {
  readonly method: ActorMethod;
  readonly args: readonly unknown[];
}

/**
 * The answer instead where nothing takes the call.
 * @throws PayloadError where the body is not what it says it is
 */
export function targetOf(
  type: HostedType,
  call: ActorCall,
): Target | ActorReply {
  return call.kind === 'method'
    ? methodTarget(type, call)
    : scheduleTarget(type, call, call.kind);
}

function methodTarget(
  type: HostedType,
  { name, body, headers }: ActorCall,
): Target | ActorReply {
  const method = type.methods.get(name);
  if (!method)
    return hostReply(
      404,
      `Actor type ${type.name} has no method ${name} that can be called from outside.`,
    );
  const bare = type.options.arguments ?? 'single';
  return { method, args: decodeArguments(body, headers, bare) };
}

function scheduleTarget(
  type: HostedType,
  { name, body }: ActorCall,
  kind: 'timer' | 'reminder',
): Target | ActorReply {
  const { data, callback } = scheduleBody(body);
  const method =
    kind === 'reminder'
      ? type.reminders.get(name)
      : (type.timers.get(name) ?? type.methods.get(callback ?? ''));
  if (method)
    return { method, args: data === undefined ? [] : [scheduledData(data)] };
  const decorator = kind === 'timer' ? 'OnTimer' : 'OnReminder';
  const other =
    callback && kind === 'timer'
      ? `, nor a callable method ${callback} as its callback asks`
      : '';
  return hostReply(
    400,
    `Actor type ${type.name} has no @${decorator}('${name}')${other}. Add the handler, or remove the ${kind}.`,
  );
}

function scheduleBody(body: Buffer): ScheduleCallbackBody {
  const value = decodePayload(body, 'application/json') ?? {};
  if (typeof value === 'object') return value;
  throw new PayloadError('The body of a timer or reminder must be an object');
}
