import { headerOf } from '../../protocol/headers.js';
import type { AppState, StateStores } from '../blocks/state.js';
import { IllegalKey } from '../blocks/state.js';
import {
  illegalKey,
  queryFailed,
  queryUnsupported,
  storeNotConfigured,
  storeNotFound,
} from '../blocks/state-refusals.js';
import { EtagMismatch } from '../blocks/state-store.js';
import type { Refusal } from '../refusal.js';
import {
  ApiError,
  NO_CONTENT,
  queryMetadata,
  type ApiAnswer,
  type ApiCall,
  type ApiRoute,
} from './api.js';
import { DecodeError } from './decode-error.js';
import { decodeJson } from './decode.js';
import { orRefused } from './refused.js';
import { bulkAnswer, queryAnswer, valueAnswer } from './state-answers.js';
import {
  readBulkGet,
  readSave,
  readTransaction,
  UnknownOperation,
} from './state-requests.js';

type Operation = (state: AppState, call: ApiCall, store: string) => ApiAnswer;

/** @see https://docs.dapr.io/reference/api/state_api/ */
export function stateRoutes(stores: StateStores): readonly ApiRoute[] {
  const route = (
    verbs: string,
    path: string,
    operation: Operation,
  ): ApiRoute => ({
    verbs: verbs.split(' '),
    path,
    handle(call) {
      const store = call.params['store'] ?? '';
      return orRefused(() =>
        operation(find(stores, store, call.appId), call, store),
      );
    },
  });
  return [
    route('GET', '/v1.0/state/:store/:key', get),
    route('DELETE', '/v1.0/state/:store/:key', remove),
    {
      ...route('POST PUT', '/v1.0/state/:store', save),
      tooLarge: (_, reason) =>
        new ApiError(400, 'ERR_MALFORMED_REQUEST', reason),
    },
    route('POST PUT', '/v1.0/state/:store/bulk', bulkGet),
    route('POST PUT', '/v1.0/state/:store/transaction', transact),
    {
      verbs: ['POST', 'PUT'],
      path: '/v1.0-alpha1/state/:store/query',
      handle(call) {
        const store = call.params['store'] ?? '';
        return orRefused(() =>
          query(find(stores, store, call.appId, true), call, store),
        );
      },
    },
  ];
}

/** Of all state calls, only the query does not name the app in this error. */
function find(
  stores: StateStores,
  store: string,
  appId: string,
  anonymous = false,
): AppState {
  const shown = anonymous ? undefined : appId;
  if (!stores.hasAny(appId)) throw storeNotConfigured(store, shown);
  const state = stores.of(appId, store);
  if (!state) throw storeNotFound(store, shown);
  return state;
}

function get(state: AppState, call: ApiCall, store: string): ApiAnswer {
  const key = call.params['key'] ?? '';
  const item = attempt(
    () => state.get(key),
    (error) => {
      if (error instanceof IllegalKey) return illegal(store, error);
      return new ApiError(
        500,
        'ERR_STATE_GET',
        `fail to get ${key} from state store ${store}: ${error.message}`,
      );
    },
  );
  // daprd tells a value without bytes, which gRPC callers may save, from none by its etag alone.
  if (!item || item.value.length === 0) return NO_CONTENT;
  return valueAnswer(item, { etag: item.etag });
}

function bulkGet(state: AppState, call: ApiCall, store: string): ApiAnswer {
  const { keys } = attempt(() => readBulkGet(call.body), malformedBody);
  const items = attempt(
    () => state.getAll(keys),
    (error) =>
      error instanceof IllegalKey
        ? illegal(store, error)
        : new ApiError(500, 'ERR_STATE_BULK_GET', error.message),
  );
  return bulkAnswer(keys, items);
}

function save(state: AppState, call: ApiCall, store: string): ApiAnswer {
  const sets = attempt(
    () => readSave(call.body, queryMetadata(call.query)),
    (error) => new ApiError(400, 'ERR_MALFORMED_REQUEST', error.message),
  );
  if (sets.length === 0) return NO_CONTENT;
  attempt(
    () => state.apply(sets),
    (error) => {
      if (error instanceof IllegalKey) return illegal(store, error);
      return new ApiError(
        error instanceof EtagMismatch ? 409 : 500,
        'ERR_STATE_SAVE',
        `failed saving state in state store ${store}: ${error.message}`,
      );
    },
  );
  return NO_CONTENT;
}

function remove(state: AppState, call: ApiCall, store: string): ApiAnswer {
  const key = call.params['key'] ?? '';
  const etag = headerOf(call.headers, 'if-match');
  attempt(
    () =>
      state.apply([
        {
          kind: 'delete',
          key,
          ...(etag !== undefined && { etag }),
          options: {
            concurrency: call.query.get('concurrency') ?? '',
            consistency: call.query.get('consistency') ?? '',
          },
        },
      ]),
    (error) => {
      if (error instanceof IllegalKey) return illegal(store, error);
      return new ApiError(
        error instanceof EtagMismatch ? 409 : 500,
        'ERR_STATE_DELETE',
        `failed deleting state with key ${key}: ${error.message}`,
      );
    },
  );
  return NO_CONTENT;
}

function transact(state: AppState, call: ApiCall, store: string): ApiAnswer {
  const operations = attempt(
    () => readTransaction(call.body, queryMetadata(call.query)),
    malformedBody,
  );
  if (operations.length === 0) return NO_CONTENT;
  attempt(
    () => state.transact(operations.map((read) => read())),
    (error) => {
      // daprd has lost the key when it reports it.
      if (error instanceof IllegalKey) return illegal(store, error, '');
      if (error instanceof DecodeError) return malformedBody(error);
      if (error instanceof UnknownOperation)
        return new ApiError(
          400,
          'ERR_NOT_SUPPORTED_STATE_OPERATION',
          error.message,
        );
      return new ApiError(
        500,
        'ERR_STATE_TRANSACTION',
        `error while executing state transaction: ${error.message}`,
      );
    },
  );
  return NO_CONTENT;
}

function query(state: AppState, call: ApiCall, store: string): ApiAnswer {
  if (!state.canQuery) throw queryUnsupported(store);
  const json = attempt(
    () => decodeJson(call.body),
    (error) =>
      queryFailed(store, `failed to parse JSON query body: ${error.message}`),
  );
  const result = attempt(
    () => state.query(json),
    (error) => queryFailed(store, error.message),
  );
  return result.items.length === 0 ? NO_CONTENT : queryAnswer(result);
}

function attempt<T>(
  work: () => T,
  failure: (error: Error) => ApiError | Refusal,
): T {
  try {
    return work();
  } catch (error) {
    throw failure(error as Error);
  }
}

function malformedBody(error: Error): ApiError {
  return new ApiError(
    400,
    'ERR_MALFORMED_REQUEST',
    `failed deserializing HTTP body: ${error.message}`,
  );
}

function illegal(store: string, error: IllegalKey, field = error.key): Refusal {
  // daprd wraps its own error, prefix and all.
  const message = `api error: code = InvalidArgument desc = ${error.message}`;
  return illegalKey(store, field, message);
}
