import type { ActiveActors } from '../blocks/actors.js';
import type { Subscription } from '../blocks/subscription.js';
import type { Component } from '../resources/component.js';
import { capabilitiesOf } from '../resources/component-types.js';
import { NO_CONTENT, type ApiAnswer, type ApiRoute } from './api.js';

/** The Dapr that the embedded sidecar is modelled on, and that it is none itself. */
export const RUNTIME_VERSION = '1.18.2-embedded';

/** What the metadata API tells of a sidecar. */
export interface MetadataSource {
  readonly appId: string;
  /** The application's port; undefined without a connected application. */
  readonly appPort: number | undefined;
  readonly appHost: string;
  readonly appProtocol: 'http' | 'grpc';
  readonly features: ReadonlySet<string>;
  readonly components: readonly Component[];
  readonly subscriptions: readonly Subscription[];
  /** Names. */
  readonly httpEndpoints: readonly string[];
  readonly resiliencies: readonly string[];
  /** All types that the application hosts; undefined before it told. */
  readonly actors: readonly ActiveActors[] | undefined;
}

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
      handle: () => ok(describe(source(), extended)),
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

function describe(
  source: MetadataSource,
  extended: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const actors = source.actors?.map(({ type, count }) => ({
    type,
    ...(count > 0 && { count }),
  }));
  return {
    id: source.appId,
    runtimeVersion: RUNTIME_VERSION,
    // daprd always has some, so that nobody expects the member to be missing.
    enabledFeatures: [...source.features],
    ...unlessEmpty('actors', actors),
    ...unlessEmpty('components', source.components.map(describeComponent)),
    extended: {
      ...Object.fromEntries(extended),
      daprRuntimeVersion: RUNTIME_VERSION,
    },
    ...unlessEmpty(
      'subscriptions',
      source.subscriptions.map(describeSubscription),
    ),
    ...unlessEmpty(
      'httpEndpoints',
      source.httpEndpoints.map((name) => ({ name })),
    ),
    appConnectionProperties: {
      ...(source.appPort !== undefined && { port: source.appPort }),
      protocol: source.appProtocol,
      channelAddress: source.appHost,
    },
    actorRuntime: {
      runtimeStatus: actors ? 'RUNNING' : 'INITIALIZING',
      ...unlessEmpty('activeActors', actors),
      hostReady: actors !== undefined,
      placement: 'placement: connected',
    },
    ...unlessEmpty(
      'resiliencies',
      source.resiliencies.map((name) => ({ name })),
    ),
  };
}

function describeComponent(component: Component): Record<string, unknown> {
  const { name, type, version } = component;
  return {
    name,
    type,
    version,
    ...unlessEmpty('capabilities', capabilitiesOf(component)),
  };
}

function describeSubscription({
  pubsubname,
  topic,
  metadata,
  routes,
  deadLetterTopic = '',
  type,
}: Subscription): Record<string, unknown> {
  return {
    pubsubname,
    topic,
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...unlessEmpty(
      'rules',
      routes.map(({ match, path }) => ({ ...(match && { match }), path })),
    ),
    deadLetterTopic,
    type,
  };
}

function unlessEmpty(
  name: string,
  items: readonly unknown[] | undefined,
): Record<string, unknown> {
  return items && items.length > 0 ? { [name]: items } : {};
}
