import { goJson } from '../../protocol/go-json.js';
import type { ReminderRequest } from '../blocks/actor-reminders.js';
import type {
  ActorStateOperation,
  ActorStateRequest,
} from '../blocks/actor-state.js';
import type { TimerRequest } from '../blocks/actor-timers.js';
import { decodeJson } from './decode.js';
import { decodeWrite } from './generic-write.js';
import {
  arrayOr,
  booleanOr,
  member,
  objectOr,
  stringOr,
  type JsonObject,
} from './members.js';

/** The body of a timer registration. */
export function readTimer(body: Buffer): TimerRequest {
  const alias = 'createTimerAlias';
  const object = readRegistration(body, alias);
  return {
    ...readData(object),
    ...readTexts(object, alias, ['dueTime', 'period', 'ttl', 'callback']),
  };
}

/** The body of a reminder registration. daprd takes a failure policy over gRPC only. */
export function readReminder(body: Buffer): ReminderRequest {
  const alias = 'createReminderAlias';
  const object = readRegistration(body, alias);
  const overwrite = booleanOr(
    member(object, 'overwrite'),
    `.${alias}.overwrite`,
  );
  return {
    ...readData(object),
    ...readTexts(object, alias, ['dueTime', 'period', 'ttl']),
    ...(overwrite !== undefined && { overwrite }),
  };
}

/** The body of a state transaction. */
export function readActorOperations(
  body: Buffer,
): readonly ActorStateOperation[] {
  const type = 'TransactionalOperation';
  const operations = arrayOr(decodeJson(body), `value of type []api.${type}`);
  return operations.map((entry) => {
    const object = objectOr(entry, `value of type api.${type}`);
    const operation = member(object, 'operation');
    const request = member(object, 'request') ?? undefined;
    return {
      operation: stringOr(operation, `${type}.operation`) ?? '',
      request: request === undefined ? undefined : () => readWrite(request),
    };
  });
}

function readWrite(request: unknown): ActorStateRequest {
  const { value, ...write } = decodeWrite(request);
  return { ...write, value: goJson(value ?? null) };
}

function readRegistration(body: Buffer, alias: string): JsonObject {
  return objectOr(
    decodeJson(body),
    `value of type struct { Data json.RawMessage "json:\\"data\\""; *api.${alias} }`,
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

/** Its members stay in the order in which they came; `<`, `>` and `&` are escaped, as Go does. */
function readData(object: JsonObject): { readonly data?: string } {
  const data = member(object, 'data');
  if (data === undefined) return {};
  const text = JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return { data: text };
}
