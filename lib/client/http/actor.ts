import { scheduledData } from '../../protocol/actor-envelope.js';
import { headerOf } from '../../protocol/headers.js';
import { decodeLenient } from '../../protocol/payload.js';
import { reminderWire, timerWire } from '../../protocol/schedule.js';
import { parseTimestamp } from '../../protocol/timestamp.js';
import {
  callActor,
  invokeBare,
  type BeginCall,
  type InvokeArguments,
} from '../actor-invocation.js';
import type {
  ActorMethodAnswer,
  ActorMethodRequest,
  ActorReminder,
  ActorReminderOptions,
  ActorStateOperation,
  ActorStateValue,
  ActorTimerOptions,
  ClientActor,
  NamedActorReminder,
} from '../actor.js';
import type { CallOptions } from '../call-options.js';
import { actorPath, schedulePath } from './actor-path.js';
import { JSON_TYPE, type HttpCall, type HttpChannel } from './channel.js';
import { encoding, jsonOf, parseAnswer } from '../json.js';
import { pathPart } from './path.js';

// Of an answer to a read (dapr/dapr pkg/api/http/actors.go).
const EXPIRY = 'metadata.ttlexpiretime';

/** Actors over HTTP, as far as Dapr has them there. */
export class HttpActor implements ClientActor {
  /** @param overGrpc takes the rest */
  constructor(
    private readonly channel: HttpChannel,
    private readonly overGrpc: ClientActor,
    private readonly begin?: BeginCall,
  ) {}

  invoke<T = unknown>(...parts: InvokeArguments): Promise<T> {
    return invokeBare(this, parts);
  }

  async request(request: ActorMethodRequest): Promise<ActorMethodAnswer> {
    const { actorType, actorId, method, body } = request;
    const operation = `actor.invoke ${actorType}/${actorId} method "${method}"`;
    const path = `${actorPath(operation, actorType, actorId)}/method/${pathPart(operation, 'method', method)}`;
    return callActor(this.begin, operation, request, (headers, options) =>
      this.channel.send({
        operation,
        lane: 'reentrant',
        target: 'actor',
        method: 'POST',
        path,
        body,
        contentType: body === undefined ? undefined : JSON_TYPE,
        headers,
        options,
      }),
    );
  }

  async stateGet<T = unknown>(
    actorType: string,
    actorId: string,
    key: string,
    options?: CallOptions,
  ): Promise<T | undefined> {
    return (await this.stateGetWithExpiry<T>(actorType, actorId, key, options))
      .value;
  }

  async stateGetWithExpiry<T = unknown>(
    actorType: string,
    actorId: string,
    key: string,
    options?: CallOptions,
  ): Promise<ActorStateValue<T>> {
    const operation = `actor.stateGet ${actorType}/${actorId} key "${key}"`;
    const path = `${actorPath(operation, actorType, actorId)}/state/${pathPart(operation, 'key', key)}`;
    const { status, headers, body } = await this.channel.send(
      read(operation, path, options),
    );
    if (status === 204) return { value: undefined, expires: undefined };
    const value = decodeLenient(body) as T | undefined;
    return { value, expires: expiryOf(headerOf(headers, EXPIRY)) };
  }

  async stateTransaction(
    actorType: string,
    actorId: string,
    operations: readonly ActorStateOperation[],
    options?: CallOptions,
  ): Promise<void> {
    const operation = `actor.stateTransaction ${actorType}/${actorId}`;
    const path = `${actorPath(operation, actorType, actorId)}/state`;
    await this.#post(operation, path, operations, options);
  }

  async reminderCreate(
    actorType: string,
    actorId: string,
    name: string,
    reminder: ActorReminderOptions,
    options?: CallOptions,
  ): Promise<void> {
    const operation = `actor.reminderCreate ${actorType}/${actorId} reminder "${name}"`;
    const path = schedulePath(operation, actorType, actorId, 'reminder', name);
    const { data, overwrite } = reminder;
    // daprd takes it over HTTP, too, and ignores it.
    if (reminder.failurePolicy)
      return this.overGrpc.reminderCreate(
        actorType,
        actorId,
        name,
        reminder,
        options,
      );
    const times = encoding(operation, () => reminderWire(reminder));
    await this.#post(operation, path, { data, ...times, overwrite }, options);
  }

  async reminderGet(
    actorType: string,
    actorId: string,
    name: string,
    options?: CallOptions,
  ): Promise<ActorReminder> {
    const operation = `actor.reminderGet ${actorType}/${actorId} reminder "${name}"`;
    const path = schedulePath(operation, actorType, actorId, 'reminder', name);
    const { body } = await this.channel.send(read(operation, path, options));
    const { actorID, ...reminder } = parseAnswer(operation, body) as Omit<
      ActorReminder,
      'actorId'
    > & { actorID: string };
    const { data } = reminder;
    return {
      ...reminder,
      actorId: actorID,
      ...(data !== undefined && { data: scheduledData(data) }),
    };
  }

  reminderList(
    actorType: string,
    actorId?: string,
    options?: CallOptions,
  ): Promise<NamedActorReminder[]> {
    return this.overGrpc.reminderList(actorType, actorId, options);
  }

  async reminderDelete(
    actorType: string,
    actorId: string,
    name: string,
    options?: CallOptions,
  ): Promise<void> {
    const operation = `actor.reminderDelete ${actorType}/${actorId} reminder "${name}"`;
    const path = schedulePath(operation, actorType, actorId, 'reminder', name);
    await this.channel.send(leaf(operation, 'DELETE', path, options));
  }

  reminderDeleteByType(
    actorType: string,
    actorId?: string,
    options?: CallOptions,
  ): Promise<void> {
    return this.overGrpc.reminderDeleteByType(actorType, actorId, options);
  }

  async timerCreate(
    actorType: string,
    actorId: string,
    name: string,
    timer: ActorTimerOptions,
    options?: CallOptions,
  ): Promise<void> {
    const operation = `actor.timerCreate ${actorType}/${actorId} timer "${name}"`;
    const path = schedulePath(operation, actorType, actorId, 'timer', name);
    const { data, callback } = timer;
    const times = encoding(operation, () => timerWire(timer));
    await this.#post(operation, path, { data, ...times, callback }, options);
  }

  async timerDelete(
    actorType: string,
    actorId: string,
    name: string,
    options?: CallOptions,
  ): Promise<void> {
    const operation = `actor.timerDelete ${actorType}/${actorId} timer "${name}"`;
    const path = schedulePath(operation, actorType, actorId, 'timer', name);
    await this.channel.send(leaf(operation, 'DELETE', path, options));
  }

  async #post(
    operation: string,
    path: string,
    body: unknown,
    options: CallOptions | undefined,
  ): Promise<void> {
    await this.channel.send({
      ...leaf(operation, 'POST', path, options),
      body: jsonOf(operation, body),
      contentType: JSON_TYPE,
    });
  }
}

function leaf(
  operation: string,
  method: HttpCall['method'],
  path: string,
  options: CallOptions | undefined,
): HttpCall {
  return { operation, lane: 'leaf', method, path, options };
}

function read(
  operation: string,
  path: string,
  options: CallOptions | undefined,
): HttpCall {
  return { ...leaf(operation, 'GET', path, options), repeatable: true };
}

function expiryOf(text: string | undefined): Date | undefined {
  const time = text === undefined ? undefined : parseTimestamp(text);
  return time === undefined ? undefined : new Date(time);
}
