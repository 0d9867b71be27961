import type {
  AppConnectionProperties,
  GetMetadataResponse,
  PubsubSubscription,
} from '../../protocol/proto/generated/metadata.js';
import type { CallOptions } from '../call-options.js';
import type {
  ClientMetadata,
  DaprMetadata,
  MetadataSubscription,
} from '../metadata.js';
import { requireName } from '../name.js';
import type { GrpcChannel } from './channel.js';

/** Metadata over gRPC. */
export class GrpcMetadata implements ClientMetadata {
  constructor(private readonly channel: GrpcChannel) {}

  async get(options?: CallOptions): Promise<DaprMetadata> {
    return metadataOf(
      await this.channel.unary(
        'getMetadata',
        {},
        { operation: 'metadata.get', options, repeatable: true },
      ),
    );
  }

  async set(
    key: string,
    value: string,
    options?: CallOptions,
  ): Promise<boolean> {
    const operation = `metadata.set "${key}"`;
    requireName(operation, 'key', key);
    await this.channel.unary(
      'setMetadata',
      { key, value },
      { operation, options },
    );
    return true;
  }
}

// In the order of their numbers.
const STATUS = ['INITIALIZING', 'DISABLED', 'RUNNING'] as const;
const TYPES = ['UNKNOWN', 'DECLARATIVE', 'PROGRAMMATIC', 'STREAMING'] as const;

function metadataOf(wire: GetMetadataResponse): DaprMetadata {
  const { appConnectionProperties: app, actorRuntime } = wire;
  return {
    id: wire.id,
    runtimeVersion: wire.runtimeVersion,
    enabledFeatures: wire.enabledFeatures,
    actors: wire.activeActorsCount,
    components: wire.registeredComponents,
    subscriptions: wire.subscriptions.map(subscriptionOf),
    httpEndpoints: wire.httpEndpoints,
    resiliencies: wire.resiliencies,
    extended: wire.extendedMetadata,
    ...(app && { appConnectionProperties: connectionOf(app) }),
    ...(actorRuntime && {
      actorRuntime: {
        ...actorRuntime,
        runtimeStatus: STATUS[actorRuntime.runtimeStatus as 0] ?? STATUS[0],
      },
    }),
    ...(wire.scheduler && { scheduler: wire.scheduler }),
    workflows: wire.workflows ?? { connectedWorkers: 0 },
  };
}

function connectionOf({
  health,
  ...app
}: AppConnectionProperties): NonNullable<
  DaprMetadata['appConnectionProperties']
> {
  return { ...filled(app), ...(health && { health: filled(health) }) };
}

function subscriptionOf({
  pubsubName,
  topic,
  deadLetterTopic,
  metadata,
  rules,
  type,
}: PubsubSubscription): MetadataSubscription {
  return {
    pubsubname: pubsubName,
    topic,
    deadLetterTopic,
    rules: (rules?.rules ?? []).map(filled),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    type: TYPES[type as 0] ?? TYPES[0],
  };
}

/** Without what is empty, as over HTTP: gRPC can't tell it from what is absent. */
function filled<T extends object>(wire: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(wire).filter(([, value]) => value),
  ) as Partial<T>;
}
