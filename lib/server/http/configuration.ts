import type { ConfigurationUpdates } from '../../client/configuration-updates.js';
import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import {
  configurationItems,
  type WireConfigurationItem,
} from '../../protocol/configuration.js';
import { PayloadError } from '../../protocol/payload.js';
import type { ConfigurationHandler } from '../configuration-handlers.js';
import { readJson } from './body.js';
import { errorAnswer, type HttpCallback } from './exchange.js';
import type { UserRoutes } from './user-routes.js';

const PREFIX = '/configuration/';

/**
 * A change of configuration, at `/configuration/<store>/<key>`. daprd takes nothing but 200 for success (dapr
 * pkg/api/http/http.go, updateEventHandler). Undefined for a store that the app does not subscribe to.
 * @see https://docs.dapr.io/reference/api/configuration_api/#optional-application-user-code-routes
 */
export function configurationCallback(
  updates: ConfigurationUpdates,
  verb: string,
  path: string,
): HttpCallback | undefined {
  if (verb !== 'POST' || !path.startsWith(PREFIX)) return undefined;
  const [storeName = '', ...rest] = path
    .slice(PREFIX.length)
    .split('/')
    .map(decoded);
  if (!updates.expects(storeName)) return undefined;
  // Slashes of a key stand in the path as they are.
  const key = rest.join('/');
  return {
    verbs: ['POST'],
    async handle(exchange) {
      const { id, items } = readUpdate(readJson(exchange.body), key);
      try {
        await updates.receive(storeName, id, configurationItems(items));
        return { status: 200 };
      } catch {
        // The subscription has told of it.
        return errorAnswer(500, 'the handler failed');
      }
    },
  };
}

/** @throws {@link DaprConfigurationError} where a route of the app's own would get no requests any more */
export function refuseShadowedRoutes(
  handlers: readonly ConfigurationHandler[],
  userRoutes: UserRoutes,
): void {
  for (const { owner, storeName, keys } of handlers) {
    const path = `${PREFIX}${storeName}/${keys[0] ?? 'key'}`;
    if (userRoutes.has('POST', path))
      throw new DaprConfigurationError(
        `POST ${path} is a route of one of the app's own controllers, and there Dapr posts what ${owner} subscribes to. ` +
          'Rename the route, or let the client speak gRPC (communicationProtocol).',
      );
  }
}

interface Update {
  readonly id: string;
  readonly items: Readonly<Record<string, WireConfigurationItem>>;
}

/** The whole event comes once for each of its keys; here only that key counts. */
function readUpdate(json: unknown, key: string): Update {
  const { id, items } = Object(json) as Partial<Record<keyof Update, unknown>>;
  if (
    typeof id !== 'string' ||
    typeof items !== 'object' ||
    items === null ||
    !Object.values(items).every(isItem)
  )
    throw new PayloadError(
      'a change of configuration must have an id and items',
    );
  const all = items as Update['items'];
  const own = Object.hasOwn(all, key) ? all[key] : undefined;
  return { id, items: own ? { [key]: own } : all };
}

function isItem(value: unknown): value is WireConfigurationItem {
  if (typeof value !== 'object' || value === null) return false;
  const { value: text = '', version = '' } = value as WireConfigurationItem;
  return typeof text === 'string' && typeof version === 'string';
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
