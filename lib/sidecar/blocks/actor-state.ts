import type { Faults } from '../faults.js';
import type { ActorAddress } from './actor-calls.js';
import { ActorError } from './actor-error.js';
import type { StateStore, StateWrite, StoredValue } from './state-store.js';
import type { StateStores } from './state.js';

/** One operation of an actor's state transaction, decoded as far as its form goes. */
export interface ActorStateOperation {
  readonly operation: string;
  /** Undefined where the operation has no request at all. Throws when it is malformed. */
  readonly request: (() => ActorStateRequest) | undefined;
}

export interface ActorStateRequest {
  readonly key: string;
  /** JSON text, or bytes that are kept as they are; of no meaning in a delete. */
  readonly value: string | Buffer;
  readonly etag?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ActorStateDependencies {
  readonly stores: StateStores;
  readonly faults: Faults;
  /** Whether `ttlInSeconds` is taken: the preview feature ActorStateTTL. */
  readonly ttl: boolean;
}

/** The state of actors, under `<app id>||<type>||<id>||<key>` (dapr/dapr pkg/actors/state). */
export class ActorState {
  constructor(private readonly deps: ActorStateDependencies) {}

  get(
    appId: string,
    actor: ActorAddress,
    key: string,
  ): StoredValue | undefined {
    const store = this.storeOf(appId);
    this.deps.faults.check('state.read');
    return store.get(prefixOf(appId, actor) + key);
  }

  /** All operations or none. */
  transact(
    appId: string,
    actor: ActorAddress,
    operations: readonly ActorStateOperation[],
  ): void {
    const prefix = prefixOf(appId, actor);
    const writes = operations.map((each) => this.read(each, prefix));
    const store = this.storeOf(appId);
    this.deps.faults.check('state.write');
    store.write(writes);
  }

  private storeOf(appId: string): StateStore {
    const store = this.deps.stores.forActors(appId);
    if (store) return store;
    throw new ActorError(
      'no-state-store',
      'the state store is not configured to use the actor runtime. Have you set the - name: actorStateStore value: "true" in your state store component file?',
    );
  }

  private read(
    { operation, request: read }: ActorStateOperation,
    prefix: string,
  ): StateWrite {
    if (!read) throw new Error('request data is empty');
    if (operation === '') throw new Error('operation is empty');
    if (operation !== 'upsert' && operation !== 'delete')
      throw new Error(`operation type ${operation} not supported`);
    const { key, value, etag, metadata } = read();
    if (key === '') throw new Error('missing key');
    const common = {
      key: prefix + key,
      ...(etag !== undefined && { etag }),
      options: {},
    };
    if (operation === 'delete') return { kind: 'delete', ...common };
    if (!this.deps.ttl && 'ttlInSeconds' in metadata)
      throw new Error(
        'ttlInSeconds is not supported without the "ActorStateTTL" feature enabled',
      );
    return { kind: 'set', ...common, value, metadata };
  }
}

function prefixOf(appId: string, { type, id }: ActorAddress): string {
  return `${appId}||${type}||${id}||`;
}
