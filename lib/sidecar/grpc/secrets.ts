import type { Secrets } from '../blocks/secrets.js';
import type { GrpcMethods } from './api.js';
import { orRefused } from './refused.js';

/** @see https://docs.dapr.io/reference/api/secrets_api/ */
export function secretMethods(secrets: Secrets): GrpcMethods {
  return {
    getSecret: ({ storeName, key }, { appId }) => ({
      data: orRefused(() => ({ ...secrets.get(appId, storeName, key) })),
    }),
    getBulkSecret({ storeName }, { appId }) {
      const all = orRefused(() => secrets.all(appId, storeName));
      const data = Object.entries(all).map(([key, secret]) => [
        key,
        { secrets: { ...secret } },
      ]);
      return { data: Object.fromEntries(data) };
    },
  };
}
