import type {
  ActiveActorsCount,
  GetMetadataResponse,
  PubsubSubscription,
} from '../../protocol/proto/generated/metadata.js';
import {
  ACTOR_RUNTIME_STATUS,
  describeSidecar,
  SUBSCRIPTION_TYPES,
  type MetadataSource,
} from '../blocks/metadata.js';
import { NO_CONTENT, type ApiAnswer, type ApiRoute } from './api.js';

/**
 * `extended` holds the values that the application puts there.
 * @see https://docs.dapr.io/reference/api/metadata_api/
 */
export function metadataRoutes(
  source: () => MetadataSource,
  extended: Map<string, string>,
  shutdown: () => void,
): readonly ApiRoute[] {
  return [
    {
      verbs: ['GET'],
      path: '/v1.0/metadata',
      handle: () => ok(jsonOf(describeSidecar(source(), extended))),
    },
    {
      verbs: ['PUT'],
      path: '/v1.0/metadata/:key',
      handle({ params: { key = '' }, body }) {
        extended.set(key, body.toString());
        return NO_CONTENT;
      },
    },
    {
      verbs: ['POST'],
      path: '/v1.0/shutdown',
      handle() {
        shutdown();
        return NO_CONTENT;
      },
    },
  ];
}

function ok(body: unknown): ApiAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify(body)}\n`,
  };
}

/** Without what is empty, as daprd tells it. */
function jsonOf(metadata: GetMetadataResponse): Record<string, unknown> {
  const { appConnectionProperties: app, actorRuntime: actors } = metadata;
  return {
    id: metadata.id,
    runtimeVersion: metadata.runtimeVersion,
    // daprd always has some, so that nobody expects the member to be missing.
    enabledFeatures: metadata.enabledFeatures,
    ...unlessEmpty('actors', metadata.activeActorsCount.map(jsonOfActors)),
    ...unlessEmpty(
      'components',
      metadata.registeredComponents.map(({ capabilities, ...component }) => ({
        ...component,
        ...unlessEmpty('capabilities', capabilities),
      })),
    ),
    extended: metadata.extendedMetadata,
    ...unlessEmpty(
      'subscriptions',
      metadata.subscriptions.map(jsonOfSubscription),
    ),
    ...unlessEmpty('httpEndpoints', metadata.httpEndpoints),
    appConnectionProperties: {
      ...(app?.port && { port: app.port }),
      protocol: app?.protocol,
      channelAddress: app?.channelAddress,
    },
    actorRuntime: {
      runtimeStatus: ACTOR_RUNTIME_STATUS[actors?.runtimeStatus ?? 0],
      ...unlessEmpty('activeActors', actors?.activeActors.map(jsonOfActors)),
      hostReady: actors?.hostReady,
      placement: actors?.placement,
    },
    ...unlessEmpty('resiliencies', metadata.resiliencies),
  };
}

function jsonOfActors({ type, count }: ActiveActorsCount): object {
  return { type, ...(count > 0 && { count }) };
}

function jsonOfSubscription(subscription: PubsubSubscription): object {
  const { pubsubName, topic, metadata, rules } = subscription;
  return {
    pubsubname: pubsubName,
    topic,
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...unlessEmpty(
      'rules',
      rules?.rules.map(({ match, path }) => ({
        ...(match && { match }),
        path,
      })),
    ),
    deadLetterTopic: subscription.deadLetterTopic,
    type: SUBSCRIPTION_TYPES[subscription.type],
  };
}

function unlessEmpty(
  name: string,
  items: readonly unknown[] | undefined,
): Record<string, unknown> {
  return items && items.length > 0 ? { [name]: items } : {};
}
