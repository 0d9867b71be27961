import type { Locks } from '../blocks/locks.js';
import { ApiError, json, type ApiRoute } from './api.js';
import { decodeProtoJson, type ProtoFields } from './proto-json.js';
import { orRefused } from './refused.js';

const LOCK_FIELDS = { resourceId: 'string', lockOwner: 'string' } as const;

/** @see https://docs.dapr.io/reference/api/distributed_lock_api/ */
export function lockRoutes(locks: Locks): readonly ApiRoute[] {
  return [
    {
      verbs: ['POST'],
      path: '/v1.0-alpha1/lock/:store',
      handle({ appId, params: { store: storeName = '' }, body }) {
        const fields = { ...LOCK_FIELDS, expiryInSeconds: 'int32' } as const;
        const request = { ...decode(body, fields), storeName };
        const success = orRefused(() => locks.tryLock(appId, request));
        return json(200, { success });
      },
    },
    {
      verbs: ['POST'],
      path: '/v1.0-alpha1/unlock/:store',
      handle({ appId, params: { store: storeName = '' }, body }) {
        const request = { ...decode(body, LOCK_FIELDS), storeName };
        const status = orRefused(() => locks.unlock(appId, request));
        return json(200, { status });
      },
    },
  ];
}

function decode<TFields extends ProtoFields>(
  body: Buffer,
  fields: TFields,
): ReturnType<typeof decodeProtoJson<TFields>> {
  try {
    return decodeProtoJson(body, fields);
  } catch (error) {
    throw new ApiError(
      400,
      'ERR_MALFORMED_REQUEST',
      `failed deserializing HTTP body: ${(error as Error).message}`,
    );
  }
}
