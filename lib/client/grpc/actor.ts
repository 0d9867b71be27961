import { readFailurePolicy } from '../../protocol/failure-policy.js';
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
import { encoding } from '../json.js';
import { requireName } from '../name.js';
import {
  addressOf,
  groupOf,
  messageHeaders,
  NO_TIMES,
  reminderOf,
  wireData,
  wireOperation,
} from './actor-messages.js';
import type { GrpcChannel } from './channel.js';
import { wirePolicy } from './failure-policy.js';

/** Actors over gRPC. */
export class GrpcActor implements ClientActor {
  constructor(
    private readonly channel: GrpcChannel,
    private readonly begin?: BeginCall,
  ) {}

  invoke<T = unknown>(...parts: InvokeArguments): Promise<T> {
    return invokeBare(this, parts);
  }

  /** The answer has no headers: daprd shows none. */
  async request(request: ActorMethodRequest): Promise<ActorMethodAnswer> {
    const { actorType, actorId, method, body } = request;
    const operation = `actor.invoke ${actorType}/${actorId} method "${method}"`;
    const actor = addressOf(operation, actorType, actorId);
    requireName(operation, 'method', method);
    const { data } = await callActor(
      this.begin,
      operation,
      request,
      (headers, options) =>
        this.channel.unary(
          'invokeActor',
          {
            ...actor,
            method,
            data: Buffer.from(body ?? ''),
            metadata: messageHeaders({
              ...this.channel.scopeHeaders('actor'),
              ...headers,
            }),
          },
          { operation, errorCode: 'ERR_ACTOR_INVOKE_METHOD', options },
        ),
    );
    return { headers: {}, body: data };
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
    const actor = addressOf(operation, actorType, actorId);
    requireName(operation, 'key', key);
    const { data, metadata } = await this.channel.unary(
      'getActorState',
      { ...actor, key },
      {
        operation,
        errorCode: 'ERR_ACTOR_STATE_GET',
        options,
        repeatable: true,
      },
    );
    const expires = parseTimestamp(metadata['ttlExpireTime'] ?? '');
    return {
      value: decodeLenient(data) as T | undefined,
      expires: expires === undefined ? undefined : new Date(expires),
    };
  }

  async stateTransaction(
    actorType: string,
    actorId: string,
    operations: readonly ActorStateOperation[],
    options?: CallOptions,
  ): Promise<void> {
    const operation = `actor.stateTransaction ${actorType}/${actorId}`;
    await this.channel.unary(
      'executeActorStateTransaction',
      {
        ...addressOf(operation, actorType, actorId),
        operations: operations.map((each) => wireOperation(operation, each)),
      },
      { operation, errorCode: 'ERR_ACTOR_STATE_TRANSACTION_SAVE', options },
    );
  }

  async reminderCreate(
    actorType: string,
    actorId: string,
    name: string,
    reminder: ActorReminderOptions,
    options?: CallOptions,
  ): Promise<void> {
    const operation = `actor.reminderCreate ${actorType}/${actorId} reminder "${name}"`;
    const actor = addressOf(operation, actorType, actorId);
    requireName(operation, 'reminder name', name);
    const { data, overwrite, failurePolicy } = reminder;
    const times = encoding(operation, () => reminderWire(reminder));
    const policy =
      failurePolicy &&
      encoding(operation, () => readFailurePolicy(failurePolicy));
    await this.channel.unary(
      'registerActorReminder',
      {
        ...actor,
        name,
        ...NO_TIMES,
        ...times,
        data: wireData(operation, data),
        overwrite,
        ...(policy && { failurePolicy: wirePolicy(policy) }),
      },
      { operation, errorCode: 'ERR_ACTOR_REMINDER_CREATE', options },
    );
  }

  async reminderGet(
    actorType: string,
    actorId: string,
    name: string,
    options?: CallOptions,
  ): Promise<ActorReminder> {
    const operation = `actor.reminderGet ${actorType}/${actorId} reminder "${name}"`;
    const actor = addressOf(operation, actorType, actorId);
    requireName(operation, 'reminder name', name);
    const reminder = await this.channel.unary(
      'getActorReminder',
      { ...actor, name },
      {
        operation,
        errorCode: 'ERR_ACTOR_REMINDER_GET',
        options,
        repeatable: true,
      },
    );
    return reminderOf({ ...reminder, actorType, actorId });
  }

  async reminderList(
    actorType: string,
    actorId?: string,
    options?: CallOptions,
  ): Promise<NamedActorReminder[]> {
    const operation = `actor.reminderList ${groupOf(actorType, actorId)}`;
    const { reminders } = await this.channel.unary(
      'listActorReminders',
      addressOf(operation, actorType, actorId),
      {
        operation,
        errorCode: 'ERR_ACTOR_REMINDER_GET',
        options,
        repeatable: true,
      },
    );
    return Promise.all(
      reminders.flatMap(({ name, reminder }) =>
        reminder
          ? [reminderOf(reminder).then((read) => ({ ...read, name }))]
          : [],
      ),
    );
  }

  async reminderDelete(
    actorType: string,
    actorId: string,
    name: string,
    options?: CallOptions,
  ): Promise<void> {
    const operation = `actor.reminderDelete ${actorType}/${actorId} reminder "${name}"`;
    const actor = addressOf(operation, actorType, actorId);
    requireName(operation, 'reminder name', name);
    await this.channel.unary(
      'unregisterActorReminder',
      { ...actor, name },
      { operation, errorCode: 'ERR_ACTOR_REMINDER_DELETE', options },
    );
  }

  async reminderDeleteByType(
    actorType: string,
    actorId?: string,
    options?: CallOptions,
  ): Promise<void> {
    const operation = `actor.reminderDeleteByType ${groupOf(actorType, actorId)}`;
    await this.channel.unary(
      'unregisterActorRemindersByType',
      addressOf(operation, actorType, actorId),
      { operation, errorCode: 'ERR_ACTOR_REMINDER_DELETE', options },
    );
  }

  async timerCreate(
    actorType: string,
    actorId: string,
    name: string,
    timer: ActorTimerOptions,
    options?: CallOptions,
  ): Promise<void> {
    const operation = `actor.timerCreate ${actorType}/${actorId} timer "${name}"`;
    const actor = addressOf(operation, actorType, actorId);
    requireName(operation, 'timer name', name);
    const { data, callback = '' } = timer;
    const times = encoding(operation, () => timerWire(timer));
    await this.channel.unary(
      'registerActorTimer',
      {
        ...actor,
        name,
        ...NO_TIMES,
        ...times,
        callback,
        data: wireData(operation, data),
      },
      { operation, errorCode: 'ERR_ACTOR_TIMER_CREATE', options },
    );
  }

  async timerDelete(
    actorType: string,
    actorId: string,
    name: string,
    options?: CallOptions,
  ): Promise<void> {
    const operation = `actor.timerDelete ${actorType}/${actorId} timer "${name}"`;
    const actor = addressOf(operation, actorType, actorId);
    requireName(operation, 'timer name', name);
    await this.channel.unary(
      'unregisterActorTimer',
      { ...actor, name },
      { operation, errorCode: 'ERR_ACTOR_TIMER_CREATE', options },
    );
  }
}
