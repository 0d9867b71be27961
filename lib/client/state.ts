import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';
import type { Acknowledged } from './acknowledged.js';
import type { CallOptions } from './call-options.js';
import type { MetadataValues } from './metadata-values.js';
import type { StateConsistency, StateOptions } from './state-options.js';

/** A value to store. */
export interface StateEntry {
  readonly key: string;
  /** Any JSON; a Buffer is stored as base64, `undefined` as null. */
  readonly value?: unknown;
  /** The write fails unless the stored value still has this etag. */
  readonly etag?: string | undefined;
  /** Such as `ttlInSeconds`. */
  readonly metadata?: MetadataValues | undefined;
  readonly options?: StateOptions | undefined;
}

export interface StateSaveOptions extends CallOptions {
  /** For every entry; comes before an entry's own. */
  readonly metadata?: MetadataValues | undefined;
}

export interface StateGetOptions extends CallOptions {
  readonly consistency?: StateConsistency | undefined;
  readonly metadata?: MetadataValues | undefined;
}

export interface StateGetBulkOptions extends CallOptions {
  /** How many keys the sidecar reads at a time. Default: all of them. */
  readonly parallelism?: number | undefined;
  readonly metadata?: MetadataValues | undefined;
}

export interface StateDeleteOptions extends CallOptions, StateOptions {
  /** The delete fails unless the stored value still has this etag. */
  readonly etag?: string | undefined;
  readonly metadata?: MetadataValues | undefined;
}

/** A value and the etag that it has now. */
export interface StateValue<T = unknown> {
  /** Undefined where nothing is stored. */
  readonly value: T | undefined;
  /** Undefined where nothing is stored, and for stores without etags. */
  readonly etag: string | undefined;
}

/** One key of a bulk read. */
export interface StateItem<T = unknown> {
  readonly key: string;
  /** Absent where nothing is stored. */
  readonly data?: T;
  readonly etag?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Why this key could not be read. */
  readonly error?: string;
}

/** One step of a transaction. */
export interface StateOperation {
  /** `upsert` or `delete`; any text, since that is what TypeScript takes a list that is built step by step for. */
  readonly operation: string;
  readonly request: Omit<StateEntry, 'etag'> & {
    readonly etag?: string | { readonly value: string } | undefined;
  };
}

type Members<T = unknown> = Readonly<Record<string, T>>;

/**
 * A condition on the members of stored values: one of these. A dotted path names a member of a member:
 * `{ EQ: { 'person.org': 'A' } }`.
 */
export interface StateFilter {
  readonly EQ?: Members | undefined;
  readonly NEQ?: Members | undefined;
  readonly GT?: Members | undefined;
  readonly GTE?: Members | undefined;
  readonly LT?: Members | undefined;
  readonly LTE?: Members | undefined;
  readonly IN?: Members<readonly unknown[]> | undefined;
  readonly AND?: readonly StateFilter[] | undefined;
  readonly OR?: readonly StateFilter[] | undefined;
}

/** Which values to find, in which order, how many. Without a filter: all. */
export interface StateQuery {
  readonly filter?: StateFilter | undefined;
  readonly sort?:
    | readonly {
        readonly key: string;
        /** Default `ASC`. */
        readonly order?: 'ASC' | 'DESC' | undefined;
      }[]
    | undefined;
  readonly page?:
    | {
        /** The most values to get. */
        readonly limit: number;
        /** Where to go on: the token of the page before. */
        readonly token?: string | undefined;
      }
    | undefined;
}

export interface StateQueryOptions extends CallOptions {
  /** Such as `queryIndexName`, which Redis needs. */
  readonly metadata?: MetadataValues | undefined;
}

/** What a query found. */
export interface StateQueryResult<T = unknown> {
  readonly results: readonly StateQueryItem<T>[];
  /** Where the next page begins; there where a limit was given. */
  readonly token?: string;
}

export interface StateQueryItem<T = unknown> {
  readonly key: string;
  readonly data: T;
  readonly etag?: string;
  /** Why this value could not be read. */
  readonly error?: string;
}

/**
 * State management. Unknown stores reject with a `DaprNotFoundError`.
 * @see https://docs.dapr.io/reference/api/state_api/
 */
export interface ClientState {
  /**
   * Stores values, each on its own: where one fails, others may have been stored.
   * @throws EtagMismatchError where a value has changed since its etag was read
   */
  save(
    storeName: string,
    entries: readonly StateEntry[],
    options?: StateSaveOptions,
  ): Promise<Acknowledged>;
  /** Undefined where nothing is stored under the key. What is no JSON comes as text, else as a Buffer. */
  get<T = unknown>(
    storeName: string,
    key: string,
    options?: StateGetOptions,
  ): Promise<T | undefined>;
  /** The value together with its etag, for a write that must not overtake another. */
  getWithEtag<T = unknown>(
    storeName: string,
    key: string,
    options?: StateGetOptions,
  ): Promise<StateValue<T>>;
  /** One item for each key. */
  getBulk<T = unknown>(
    storeName: string,
    keys: readonly string[],
    options?: StateGetBulkOptions,
  ): Promise<StateItem<T>[]>;
  /**
   * Deletes a value; an absent one is no error.
   * @throws EtagMismatchError where the value has changed since its etag was read
   */
  delete(
    storeName: string,
    key: string,
    options?: StateDeleteOptions,
  ): Promise<Acknowledged>;
  /**
   * All operations or none, as far as the store keeps to that.
   * @param metadata for the transaction as a whole, such as `partitionKey`; what is meant for one operation, such as
   * `ttlInSeconds`, belongs into its own metadata
   * @throws DaprBadRequestError for an operation that is neither `upsert` nor `delete`
   * @throws EtagMismatchError where a value has changed since its etag was read, and the store says so
   */
  transaction(
    storeName: string,
    operations?: readonly StateOperation[],
    metadata?: MetadataValues | null,
    options?: CallOptions,
  ): Promise<void>;
  /**
   * Finds values by what they hold, in the stores that can: MongoDB, PostgreSQL (v1), CockroachDB, Azure Cosmos DB, Redis
   * with RedisJSON. They look into values that were saved as JSON, which over gRPC are those whose own metadata says
   * `contentType: 'application/json'`.
   * @throws DaprError where the store can't, or does not understand the query
   * @see https://docs.dapr.io/developing-applications/building-blocks/state-management/howto-state-query-api/
   */
  query<T = unknown>(
    storeName: string,
    query: StateQuery,
    options?: StateQueryOptions,
  ): Promise<StateQueryResult<T>>;
}

const OPERATIONS: readonly string[] = ['upsert', 'delete'];

/** @throws {@link DaprBadRequestError} for what Dapr does not do in a transaction */
export function requireOperations(
  call: string,
  operations: readonly StateOperation[],
): void {
  for (const { operation } of operations)
    if (!OPERATIONS.includes(operation))
      throw new DaprBadRequestError(
        `${call} failed: an operation is ${JSON.stringify(operation)}; "upsert" or "delete" is due.`,
        { operation: call },
      );
}
