import { goJson } from '../../protocol/go-json.js';
import type { ConfigurationUpdates } from '../blocks/configuration-updates.js';
import type {
  ConfigurationRequest,
  Configurations,
} from '../blocks/configuration.js';
import { wireItem } from '../blocks/configuration-store.js';
import {
  ApiError,
  NO_CONTENT,
  type ApiAnswer,
  type ApiCall,
  type ApiRoute,
} from './api.js';
import { orRefused } from './refused.js';
import { jsonText } from './state-answers.js';

/**
 * `updates` are the subscriptions of the sidecar's application; undefined where it never has one.
 * @see https://docs.dapr.io/reference/api/configuration_api/
 */
export function configurationRoutes(
  configurations: Configurations,
  updates: ConfigurationUpdates | undefined,
): readonly ApiRoute[] {
  const route = (
    path: string,
    handle: (call: ApiCall) => ApiAnswer,
  ): ApiRoute[] =>
    ['/v1.0', '/v1.0-alpha1'].map((version) => ({
      verbs: ['GET'],
      path: `${version}/configuration/:store${path}`,
      handle: (call) => orRefused(() => handle(call)),
    }));
  return [
    ...route('', (call) => get(configurations, call)),
    ...route('/subscribe', (call) => {
      configurations.requireStore(call.appId, requestOf(call).storeName);
      if (!updates)
        throw new ApiError(
          500,
          'ERR_APP_CHANNEL_NIL',
          'app channel is not initialized. cannot subscribe to configuration updates',
        );
      return line({ id: updates.subscribe(requestOf(call)) });
    }),
    ...route('/:id/unsubscribe', (call) => unsubscribe(configurations, call)),
  ];
}

function get(configurations: Configurations, call: ApiCall): ApiAnswer {
  const items = configurations.get(call.appId, requestOf(call));
  if (items.size === 0) return NO_CONTENT;
  return line(
    Object.fromEntries([...items].map(([key, item]) => [key, wireItem(item)])),
  );
}

function unsubscribe(configurations: Configurations, call: ApiCall): ApiAnswer {
  const { store = '', id = '' } = call.params;
  configurations.requireStore(call.appId, store);
  if (configurations.unsubscribe(store, id)) return line({ ok: true });
  const message = `failed to unsubscribe to configuration request ${id}: subscription with id ${id} does not exist`;
  return { ...line({ message }), status: 500 };
}

function requestOf({ params, query }: ApiCall): ConfigurationRequest {
  return { storeName: params['store'] ?? '', keys: query.getAll('key') };
}

function line(body: unknown): ApiAnswer {
  return jsonText(`${goJson(body)}\n`);
}
