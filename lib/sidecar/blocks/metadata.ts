import type {
  GetMetadataResponse,
  PubsubSubscription,
} from '../../protocol/proto/generated/metadata.js';
import type { Component } from '../resources/component.js';
import { capabilitiesOf } from '../resources/component-types.js';
import type { ActiveActors } from './actors.js';
import type { Subscription } from './subscription.js';

/** The Dapr that the embedded sidecar is modelled on, and that it is none itself. */
const RUNTIME_VERSION = '1.18.2-embedded';

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

/** The names of the numbers in {@link GetMetadataResponse}. */
export const ACTOR_RUNTIME_STATUS = ['INITIALIZING', 'DISABLED', 'RUNNING'];
export const SUBSCRIPTION_TYPES = [
  'UNKNOWN',
  'DECLARATIVE',
  'PROGRAMMATIC',
  'STREAMING',
];

/** @param extended the values that the application put there */
export function describeSidecar(
  source: MetadataSource,
  extended: ReadonlyMap<string, string>,
): GetMetadataResponse {
  const { actors } = source;
  const activeActors = (actors ?? []).map(({ type, count }) => ({
    type,
    count,
  }));
  return {
    id: source.appId,
    runtimeVersion: RUNTIME_VERSION,
    enabledFeatures: [...source.features],
    activeActorsCount: activeActors,
    registeredComponents: source.components.map((component) => ({
      name: component.name,
      type: component.type,
      version: component.version,
      capabilities: [...capabilitiesOf(component)],
    })),
    extendedMetadata: {
      ...Object.fromEntries(extended),
      daprRuntimeVersion: RUNTIME_VERSION,
    },
    subscriptions: source.subscriptions.map(describeSubscription),
    httpEndpoints: named(source.httpEndpoints),
    appConnectionProperties: {
      port: source.appPort ?? 0,
      protocol: source.appProtocol,
      channelAddress: source.appHost,
      maxConcurrency: 0,
    },
    actorRuntime: {
      runtimeStatus: actors ? 2 : 0,
      activeActors,
      hostReady: actors !== undefined,
      placement: 'placement: connected',
    },
    mcpServers: [],
    workflowAccessPolicies: [],
    resiliencies: named(source.resiliencies),
  };
}

function describeSubscription({
  pubsubname,
  topic,
  metadata,
  routes,
  deadLetterTopic = '',
  type,
}: Subscription): PubsubSubscription {
  return {
    pubsubName: pubsubname,
    topic,
    metadata: { ...metadata },
    rules: {
      rules: routes.map(({ match, path }) => ({ match, path })),
    },
    deadLetterTopic,
    type: SUBSCRIPTION_TYPES.indexOf(type) as PubsubSubscription['type'],
  };
}

function named(names: readonly string[]): { name: string }[] {
  return names.map((name) => ({ name }));
}
