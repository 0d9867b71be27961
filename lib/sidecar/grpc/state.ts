import { GrpcCode } from '../../protocol/grpc-code.js';
import type { AppState, StateStores } from '../blocks/state.js';
import { errorInfo, GrpcError, type GrpcMethods } from './api.js';

/** @see https://docs.dapr.io/reference/api/state_api/ */
export function stateMethods(stores: StateStores): GrpcMethods {
  return {
    getState({ storeName, key }, { appId }) {
      const item = find(stores, storeName, appId).get(key);
      return {
        data: Buffer.from(item?.value ?? ''),
        etag: item?.etag ?? '',
        metadata: {},
      };
    },
  };
}

function find(stores: StateStores, store: string, appId: string): AppState {
  if (!stores.hasAny(appId))
    throw new GrpcError(
      GrpcCode.failedPrecondition,
      `state store ${store} is not configured`,
      [errorInfo('DAPR_STATE_NOT_CONFIGURED', { appID: appId })],
    );
  const state = stores.of(appId, store);
  if (state) return state;
  throw new GrpcError(
    GrpcCode.invalidArgument,
    `state store ${store} is not found`,
    [errorInfo('DAPR_STATE_NOT_FOUND', { appID: appId })],
  );
}
