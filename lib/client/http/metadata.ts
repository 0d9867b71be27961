import type { CallOptions } from '../call-options.js';
import type {
  ClientMetadata,
  DaprMetadata,
  MetadataActors,
  MetadataComponent,
  MetadataSubscription,
} from '../metadata.js';
import type { HttpChannel } from './channel.js';
import { parseAnswer } from '../json.js';
import { pathPart } from './path.js';

/** Members without content are left out on the wire. */
type Sparse<T> = { readonly [K in keyof T]?: T[K] };

interface WireMetadata extends Sparse<
  Omit<
    DaprMetadata,
    | 'actors'
    | 'components'
    | 'subscriptions'
    | 'actorRuntime'
    | 'scheduler'
    | 'workflows'
  >
> {
  readonly actors?: readonly Sparse<MetadataActors>[];
  readonly components?: readonly Sparse<MetadataComponent>[];
  readonly subscriptions?: readonly Sparse<MetadataSubscription>[];
  readonly actorRuntime?: Omit<
    NonNullable<DaprMetadata['actorRuntime']>,
    'activeActors'
  > & { readonly activeActors?: readonly Sparse<MetadataActors>[] };
  readonly scheduler?: { readonly connected_addresses?: readonly string[] };
  readonly workflows?: { readonly connectedWorkers?: number };
}

/** Metadata over HTTP. */
export class HttpMetadata implements ClientMetadata {
  constructor(private readonly channel: HttpChannel) {}

  async get(options?: CallOptions): Promise<DaprMetadata> {
    const operation = 'metadata.get';
    const { body } = await this.channel.send({
      operation,
      lane: 'leaf',
      method: 'GET',
      path: '/v1.0/metadata',
      options,
      repeatable: true,
    });
    return complete(parseAnswer(operation, body) as WireMetadata);
  }

  async set(
    key: string,
    value: string,
    options?: CallOptions,
  ): Promise<boolean> {
    const operation = `metadata.set "${key}"`;
    await this.channel.send({
      operation,
      lane: 'leaf',
      method: 'PUT',
      path: `/v1.0/metadata/${pathPart(operation, 'key', key)}`,
      body: value,
      contentType: 'text/plain',
      options,
    });
    return true;
  }
}

function complete(wire: WireMetadata): DaprMetadata {
  const { appConnectionProperties, actorRuntime, scheduler, workflows } = wire;
  return {
    id: wire.id ?? '',
    runtimeVersion: wire.runtimeVersion ?? '',
    enabledFeatures: wire.enabledFeatures ?? [],
    actors: actorsOf(wire.actors),
    components: (wire.components ?? []).map((component) => ({
      name: '',
      type: '',
      version: '',
      capabilities: [],
      ...component,
    })),
    subscriptions: (wire.subscriptions ?? []).map((subscription) => ({
      pubsubname: '',
      topic: '',
      deadLetterTopic: '',
      rules: [],
      ...subscription,
    })),
    httpEndpoints: wire.httpEndpoints ?? [],
    resiliencies: wire.resiliencies ?? [],
    extended: wire.extended ?? {},
    ...(appConnectionProperties && { appConnectionProperties }),
    ...(actorRuntime && {
      actorRuntime: {
        ...actorRuntime,
        activeActors: actorsOf(actorRuntime.activeActors),
      },
    }),
    ...(scheduler && {
      scheduler: { connectedAddresses: scheduler.connected_addresses ?? [] },
    }),
    workflows: { connectedWorkers: workflows?.connectedWorkers ?? 0 },
  };
}

function actorsOf(
  actors: readonly Sparse<MetadataActors>[] = [],
): MetadataActors[] {
  return actors.map(({ type = '', count = 0 }) => ({ type, count }));
}
