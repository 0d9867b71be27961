import { goJson } from '../../protocol/go-json.js';
import type { ActorAddress } from '../blocks/actor-calls.js';
import { ActorError, type ActorErrorReason } from '../blocks/actor-error.js';
import { forwardable } from '../blocks/actor-headers.js';
import type { Actors } from '../blocks/actors.js';
import {
  readActorOperations,
  readReminder,
  readTimer,
} from './actor-requests.js';
import {
  ApiError,
  NO_CONTENT,
  type ApiAnswer,
  type ApiCall,
  type ApiRoute,
} from './api.js';
import { checkName, normalizeMethod } from './names.js';
import { jsonText, valueAnswer } from './state-answers.js';

type Operation = (
  actors: Actors,
  actor: ActorAddress,
  call: ApiCall,
  name: string,
) => Promise<ApiAnswer>;

/** @see https://docs.dapr.io/reference/api/actors_api/ */
export function actorRoutes(actors: Actors): readonly ApiRoute[] {
  const route = (
    verbs: string,
    rest: string,
    operation: Operation,
  ): ApiRoute => ({
    verbs: verbs.split(' '),
    path: `/v1.0/actors/:type/:id/${rest}`,
    handle(call) {
      const { type = '', id = '', name = '' } = call.params;
      return operation(actors, { type, id }, call, name);
    },
  });
  return [
    route('GET POST PUT DELETE', 'method/:name', invoke),
    route('GET', 'state/:name', unreserved(getState)),
    route('POST PUT', 'state', unreserved(saveState)),
    route('POST PUT', 'reminders/:name', unreserved(createReminder)),
    route('GET', 'reminders/:name', unreserved(getReminder)),
    route('DELETE', 'reminders/:name', unreserved(deleteReminder)),
    route('POST PUT', 'timers/:name', unreserved(createTimer)),
    route('DELETE', 'timers/:name', unreserved(deleteTimer)),
  ];
}

const invoke: Operation = async (actors, actor, call, method) => {
  for (const [field, name] of [
    ['actorType', actor.type],
    ['actorId', actor.id],
  ] as const)
    validated(() => checkName(name), `invalid ${field}: `);
  const name = validated(() => normalizeMethod(method)).replace(/^\//, '');
  const answer = await orError(
    'ERR_ACTOR_INVOKE_METHOD',
    'error invoke actor method',
    actors.invoke(call, actor, {
      name,
      query: call.rawQuery,
      headers: call.headers,
      body: call.body,
    }),
  );
  // An application error (X-DaprErrorResponseHeader) is passed on as any other 200.
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      ...forwardable(answer.headers, NOT_ANSWERED),
    },
    body: answer.body,
  };
};

/** This server sets its own. */
const NOT_ANSWERED: ReadonlySet<string> = new Set(['date']);

const getState: Operation = async (actors, actor, call, key) => {
  const item = await orError(
    'ERR_ACTOR_STATE_GET',
    'error getting actor state',
    actors.getState(call, actor, key),
  );
  return item ? valueAnswer(item) : NO_CONTENT;
};

const saveState: Operation = async (actors, actor, call) => {
  const operations = decoded(() => readActorOperations(call.body));
  await orError(
    'ERR_ACTOR_STATE_TRANSACTION_SAVE',
    'error saving actor transaction state',
    actors.saveState(call, actor, operations),
  );
  return NO_CONTENT;
};

const createReminder: Operation = async (actors, actor, call, name) => {
  const request = decoded(() => readReminder(call.body));
  validated(() => checkName(name));
  await orError(
    'ERR_ACTOR_REMINDER_CREATE',
    'error creating actor reminder',
    actors.schedules.createReminder(call, actor, name, request),
  );
  return NO_CONTENT;
};

const getReminder: Operation = async (actors, actor, call, name) => {
  const reminder = await orError(
    'ERR_ACTOR_REMINDER_GET',
    'error getting actor reminder',
    actors.schedules.getReminder(call, actor, name),
  );
  if (!reminder)
    throw new ApiError(
      404,
      'ERR_ACTOR_REMINDER_NOT_FOUND',
      `actor reminder not found: ${name}`,
    );
  const { data, ...times } = reminder;
  const address = goJson({ actorID: actor.id, actorType: actor.type });
  const members = [
    address.slice(1, -1),
    ...(data === undefined ? [] : [`"data":${data}`]),
    ...(Object.keys(times).length === 0 ? [] : [goJson(times).slice(1, -1)]),
  ];
  return jsonText(`{${members.join(',')}}\n`);
};

const deleteReminder: Operation = async (actors, actor, call, name) => {
  await orError(
    'ERR_ACTOR_REMINDER_DELETE',
    'error deleting actor reminder',
    actors.schedules.deleteReminder(call, actor, name),
  );
  return NO_CONTENT;
};

const createTimer: Operation = async (actors, actor, call, name) => {
  const request = decoded(() => readTimer(call.body));
  validated(() => checkName(name));
  await orError(
    'ERR_ACTOR_TIMER_CREATE',
    'error creating actor timer',
    actors.schedules.createTimer(call, actor, name, request),
  );
  return NO_CONTENT;
};

const deleteTimer: Operation = async (actors, actor, call, name) => {
  await actors.schedules.deleteTimer(call, actor, name);
  return NO_CONTENT;
};

/** Dapr's own workflow engine runs on actors; nobody else may touch their state, timers and reminders. */
function unreserved(operation: Operation): Operation {
  return async (actors, actor, call, name) => {
    if (actor.type.startsWith('dapr.internal.'))
      throw new ApiError(
        403,
        'ERR_ACTOR_TYPE_RESERVED',
        `actor type ${JSON.stringify(actor.type)} is reserved for the Dapr workflow runtime; direct actor API access is not permitted`,
      );
    return operation(actors, actor, call, name);
  };
}

const STATUS: Readonly<
  Partial<Record<ActorErrorReason, readonly [status: number, code: string]>>
> = {
  'stack-depth': [500, 'ERR_ACTOR_STACK_DEPTH'],
  'instance-missing': [400, 'ERR_ACTOR_INSTANCE_MISSING'],
  'no-state-store': [500, 'ERR_ACTOR_RUNTIME_NOT_FOUND'],
  'not-hosted': [403, 'ERR_ACTOR_REMINDER_NON_HOSTED'],
  'already-exists': [409, 'ERR_ACTOR_REMINDER_ALREADY_EXISTS'],
};

async function orError<T>(
  code: string,
  context: string,
  work: Promise<T>,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { message } = error as Error;
    const known = error instanceof ActorError && STATUS[error.reason];
    if (known) throw new ApiError(...known, message);
    throw new ApiError(500, code, `${context}: ${message}`);
  }
}

function decoded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ApiError(
      400,
      'ERR_MALFORMED_REQUEST',
      `failed deserializing HTTP body: ${(error as Error).message}`,
    );
  }
}

function validated<T>(check: () => T, context = ''): T {
  try {
    return check();
  } catch (error) {
    throw new ApiError(
      400,
      'ERR_BAD_REQUEST',
      `invalid request: ${context}${(error as Error).message}`,
    );
  }
}
