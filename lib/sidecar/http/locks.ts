import type { Locks } from '../blocks/locks.js';
import { json, type ApiRoute } from './api.js';
import { readProtoBody } from './proto-body.js';
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
        const request = { ...readProtoBody(body, fields), storeName };
        const success = orRefused(() => locks.tryLock(appId, request));
        return json(200, { success });
      },
    },
    {
      verbs: ['POST'],
      path: '/v1.0-alpha1/unlock/:store',
      handle({ appId, params: { store: storeName = '' }, body }) {
        const request = { ...readProtoBody(body, LOCK_FIELDS), storeName };
        const status = orRefused(() => locks.unlock(appId, request));
        return json(200, { status });
      },
    },
  ];
}
