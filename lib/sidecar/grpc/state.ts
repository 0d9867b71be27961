import { GrpcCode } from '../../protocol/grpc-code.js';
import { utcTimestamp } from '../../protocol/timestamp.js';
import {
  illegalKey,
  queryFailed,
  queryUnsupported,
  storeNotConfigured,
  storeNotFound,
} from '../blocks/state-refusals.js';
import { EtagMismatch, type StoredValue } from '../blocks/state-store.js';
import {
  IllegalKey,
  type AppState,
  type StateStores,
} from '../blocks/state.js';
import { decodeJson } from '../http/decode.js';
import { Refusal } from '../refusal.js';
import { errorInfo, GrpcError, type GrpcMethods } from './api.js';
import { grpcErrorOf } from './refused.js';
import { readDelete, readOperation, readSave } from './state-requests.js';

/** @see https://docs.dapr.io/reference/api/state_api/ */
export function stateMethods(stores: StateStores): GrpcMethods {
  return {
    getState({ storeName, key }, { appId }) {
      const state = find(stores, storeName, appId);
      const item = attempt(
        storeName,
        () => state.get(key),
        (error) =>
          failure(
            'ERR_STATE_GET',
            `fail to get ${key} from state store ${storeName}: ${error.message}`,
          ),
      );
      return {
        data: bytesOf(item),
        etag: etagOf(item),
        metadata: expiryOf(item),
      };
    },
    getBulkState({ storeName, keys }, { appId }) {
      const state = find(stores, storeName, appId);
      const items = attempt(storeName, () => state.getAll(keys), unclassified);
      return {
        items: keys.map((key, index) => {
          const item = items[index];
          const metadata = expiryOf(item);
          const [data, etag] = [bytesOf(item), etagOf(item)];
          return { key, data, etag, error: '', metadata };
        }),
      };
    },
    saveState({ storeName, states }, { appId }) {
      const state = find(stores, storeName, appId);
      const sets = states.map(readSave);
      attempt(
        storeName,
        () => state.apply(sets),
        (error) =>
          failure(
            'ERR_STATE_SAVE',
            `failed saving state in state store ${storeName}: ${error.message}`,
            error,
          ),
      );
      return {};
    },
    deleteState(request, { appId }) {
      const { storeName, key } = request;
      const state = find(stores, storeName, appId);
      attempt(
        storeName,
        () => state.apply([readDelete(request)]),
        (error) =>
          failure(
            'ERR_STATE_DELETE',
            `failed deleting state with key ${key}: ${error.message}`,
            error,
          ),
      );
      return {};
    },
    deleteBulkState({ storeName, states }, { appId }) {
      const state = find(stores, storeName, appId);
      attempt(
        storeName,
        () => state.apply(states.map(readDelete)),
        (error) =>
          failure(
            'ERR_STATE_BULK_DELETE',
            `failed deleting state in state store ${storeName}: ${error.message}`,
            error,
          ),
      );
      return {};
    },
    executeStateTransaction({ storeName, operations }, { appId }) {
      const state = find(stores, storeName, appId);
      attempt(
        storeName,
        () => state.transact(operations.map(readOperation)),
        (error) =>
          failure(
            'ERR_STATE_TRANSACTION',
            `error while executing state transaction: ${error.message}`,
          ),
      );
      return {};
    },
    queryStateAlpha1({ storeName, query }, { appId }) {
      const state = find(stores, storeName, appId);
      if (!state.canQuery) throw grpcErrorOf(queryUnsupported(storeName));
      const { items, token = '' } = attempt(
        storeName,
        () => state.query(parseQuery(query)),
        (error) => queryFailed(storeName, error.message),
      );
      return {
        results: items.map(({ key, data, etag }) => ({
          key,
          data: Buffer.from(data),
          etag,
          error: '',
        })),
        // daprd drops the token of a page on which nothing is.
        token: items.length === 0 ? '' : token,
        metadata: {},
      };
    },
  };
}

function find(stores: StateStores, store: string, appId: string): AppState {
  if (!stores.hasAny(appId)) throw grpcErrorOf(storeNotConfigured(store));
  const state = stores.of(appId, store);
  if (!state) throw grpcErrorOf(storeNotFound(store));
  return state;
}

function attempt<T>(
  store: string,
  work: () => T,
  failed: (error: Error) => GrpcError | Refusal,
): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof GrpcError) throw error;
    const failure =
      error instanceof IllegalKey
        ? illegalKey(store, error.key, error.message)
        : failed(error as Error);
    throw failure instanceof Refusal ? grpcErrorOf(failure) : failure;
  }
}

/** @param cause where a stale etag has a code of its own */
function failure(reason: string, message: string, cause?: Error): GrpcError {
  const code =
    cause instanceof EtagMismatch ? GrpcCode.aborted : GrpcCode.internal;
  return new GrpcError(code, message, [errorInfo(reason)]);
}

/** What daprd lets through as it comes from the store. */
function unclassified({ message }: Error): GrpcError {
  return new GrpcError(GrpcCode.unknown, message);
}

function bytesOf(item: StoredValue | undefined): Buffer {
  return item?.value ?? Buffer.alloc(0);
}

function etagOf(item: StoredValue | undefined): string {
  return item?.etag ?? '';
}

function expiryOf(item: StoredValue | undefined): Record<string, string> {
  if (item?.expiresAt === undefined) return {};
  return { ttlExpireTime: utcTimestamp(item.expiresAt) };
}

function parseQuery(query: string): unknown {
  try {
    return decodeJson(Buffer.from(query));
  } catch (error) {
    throw new Error(
      `failed to parse JSON query body: ${(error as Error).message}`,
    );
  }
}
