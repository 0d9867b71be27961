import type { StateStores } from '../blocks/state.js';
import type { ApiRoute } from './api.js';

/** @see https://docs.dapr.io/reference/api/state_api/ */
export function stateRoutes(stores: StateStores): readonly ApiRoute[] {
  void stores;
  return [];
}
