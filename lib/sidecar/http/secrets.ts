import { goJson } from '../../protocol/go-json.js';
import type { Secrets } from '../blocks/secrets.js';
import type { ApiRoute } from './api.js';
import { orRefused } from './refused.js';
import { jsonText } from './state-answers.js';

/** @see https://docs.dapr.io/reference/api/secrets_api/ */
export function secretRoutes(secrets: Secrets): readonly ApiRoute[] {
  return [
    {
      verbs: ['GET'],
      path: '/v1.0/secrets/:store/bulk',
      handle: ({ appId, params: { store = '' } }) =>
        jsonText(`${goJson(orRefused(() => secrets.all(appId, store)))}\n`),
    },
    {
      verbs: ['GET'],
      path: '/v1.0/secrets/:store/:key',
      handle: ({ appId, params: { store = '', key = '' } }) =>
        jsonText(
          `${goJson(orRefused(() => secrets.get(appId, store, key)))}\n`,
        ),
    },
  ];
}
