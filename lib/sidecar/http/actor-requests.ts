import { goJson } from '../../protocol/go-json.js';
import type { ReminderRequest } from '../blocks/actor-reminders.js';
import type {
  ActorStateOperation,
  ActorStateRequest,
} from '../blocks/actor-state.js';
import type { TimerRequest } from '../blocks/actor-timers.js';
import { decodeJson, memberText } from './decode.js';
import { decodeWrite } from './generic-write.js';
import {
  arrayOr,
  booleanOr,
  member,
  mismatch,
  objectOr,
  stringOr,
  type JsonObject,
} from './members.js';

/** The body of a timer registration. */
export function readTimer(body: Buffer): TimerRequest {
  const alias = 'createTimerAlias';
  const object = readRegistration(body, `*api.${alias}`);
  return {
    ...readData(body),
    ...readTexts(object, alias, ['dueTime', 'period', 'ttl', 'callback']),
  };
}

/** The body of a reminder registration. daprd takes a failure policy over gRPC only. */
export function readReminder(body: Buffer): ReminderRequest {
  const alias = 'createReminderAlias';
  const object = readRegistration(
    body,
    `FailurePolicy *common.JobFailurePolicy "json:\\"failure_policy,omitempty\\""; *api.${alias}`,
  );
  const overwrite = booleanOr(
    member(object, 'overwrite'),
    `.${alias}.overwrite`,
  );
  return {
    ...readData(body),
    ...readTexts(object, alias, ['dueTime', 'period', 'ttl']),
    ...(overwrite !== undefined && { overwrite }),
  };
}

/** The body of a state transaction. */
export function readActorOperations(
  body: Buffer,
): readonly ActorStateOperation[] {
  const type = 'TransactionalOperation';
  const operations = arrayOr(
    decodeJson(body, `${type}.request`),
    `value of type []api.${type}`,
  );
  return operations.map((entry) => {
    const object = objectOr(entry, `value of type api.${type}`);
    const operation = member(object, 'operation') ?? '';
    if (typeof operation !== 'string')
      throw mismatch(
        operation,
        `struct field ${type}.operation of type api.OperationType`,
      );
    const request = member(object, 'request') ?? undefined;
    return {
      operation,
      request: request === undefined ? undefined : () => readWrite(request),
    };
  });
}

function readWrite(request: unknown): ActorStateRequest {
  const { value, ...write } = decodeWrite(request);
  return { ...write, value: goJson(value ?? null) };
}

function readRegistration(body: Buffer, fields: string): JsonObject {
  return objectOr(
    decodeJson(body),
    `value of type struct { Data json.RawMessage "json:\\"data\\""; ${fields} }`,
  );
}

function readTexts<Name extends string>(
  object: JsonObject,
  alias: string,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const texts: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const text = stringOr(member(object, name), `.${alias}.${name}`);
    if (text !== undefined) texts[name] = text;
  }
  return texts;
}

function readData(body: Buffer): { readonly data?: string } {
  const data = memberText(body, 'data');
  return data === undefined ? {} : { data };
}
