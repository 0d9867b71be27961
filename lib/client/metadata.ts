import type { CallOptions } from './call-options.js';

export interface MetadataComponent {
  readonly name: string;
  /** Such as `pubsub.redis`. */
  readonly type: string;
  readonly version: string;
  /** Such as `ETAG` or `TRANSACTIONAL`. */
  readonly capabilities: readonly string[];
}

export interface MetadataSubscription {
  readonly pubsubname: string;
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly rules: readonly {
    readonly match?: string;
    readonly path?: string;
  }[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly type?: 'DECLARATIVE' | 'PROGRAMMATIC' | 'STREAMING' | 'UNKNOWN';
}

/** How many actors of a type are active. */
export interface MetadataActors {
  readonly type: string;
  readonly count: number;
}

interface Named {
  readonly name: string;
}

/** What a sidecar says of itself. */
export interface DaprMetadata {
  /** The app id. */
  readonly id: string;
  /** Dapr's version. */
  readonly runtimeVersion: string;
  readonly enabledFeatures: readonly string[];
  /** The actor types that the app hosts, and how many of each are active. */
  readonly actors: readonly MetadataActors[];
  readonly components: readonly MetadataComponent[];
  readonly subscriptions: readonly MetadataSubscription[];
  readonly httpEndpoints: readonly Named[];
  readonly resiliencies: readonly Named[];
  /** Dapr's own values and those that were set. */
  readonly extended: Readonly<Record<string, string>>;
  readonly appConnectionProperties?: {
    readonly port?: number;
    readonly protocol?: string;
    readonly channelAddress?: string;
    readonly maxConcurrency?: number;
    readonly health?: {
      readonly healthCheckPath?: string;
      /** A Go duration: `5s`. */
      readonly healthProbeInterval?: string;
      readonly healthProbeTimeout?: string;
      readonly healthThreshold?: number;
    };
  };
  readonly actorRuntime?: {
    readonly runtimeStatus: 'INITIALIZING' | 'DISABLED' | 'RUNNING';
    readonly activeActors: readonly MetadataActors[];
    readonly hostReady: boolean;
    readonly placement?: string;
  };
  readonly scheduler?: { readonly connectedAddresses: readonly string[] };
  readonly workflows: { readonly connectedWorkers: number };
}

/** @see https://docs.dapr.io/reference/api/metadata_api/ */
export interface ClientMetadata {
  get(options?: CallOptions): Promise<DaprMetadata>;
  /** Adds a value to `extended`, for as long as the sidecar lives. Resolves with true. */
  set(key: string, value: string, options?: CallOptions): Promise<boolean>;
}
