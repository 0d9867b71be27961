/**
 * The answer to GET /dapr/config. Durations are Go durations (`1h30m`); an ISO duration makes daprd register nothing.
 * @see https://docs.dapr.io/reference/api/actors_api/#get-registered-actors
 */
export interface AppConfig extends ActorTypeConfig {
  /** The actor types that this app hosts. */
  readonly entities: readonly string[];
  readonly entitiesConfig?: readonly ActorEntityConfig[];
}

export interface ActorTypeConfig {
  readonly actorIdleTimeout?: string;
  readonly drainOngoingCallTimeout?: string;
  readonly drainRebalancedActors?: boolean;
  readonly reentrancy?: {
    readonly enabled: boolean;
    readonly maxStackDepth?: number;
  };
  readonly remindersStoragePartitions?: number;
}

/** Settings for some of the types in `entities`. */
export interface ActorEntityConfig extends ActorTypeConfig {
  readonly entities: readonly string[];
}
