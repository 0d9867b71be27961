import type { StateItem as WireItem } from '../../protocol/proto/generated/common.js';
import { decodeLenient } from '../../protocol/payload.js';
import { ACKNOWLEDGED, type Acknowledged } from '../acknowledged.js';
import type { CallOptions } from '../call-options.js';
import { jsonOf } from '../json.js';
import { metadataText, type MetadataValues } from '../metadata-values.js';
import { keysInWords, requireName } from '../name.js';
import {
  requireOperations,
  type ClientState,
  type StateDeleteOptions,
  type StateEntry,
  type StateGetBulkOptions,
  type StateGetOptions,
  type StateItem,
  type StateOperation,
  type StateQuery,
  type StateQueryOptions,
  type StateQueryResult,
  type StateSaveOptions,
  type StateValue,
} from '../state.js';
import { optionNumbers } from '../state-options.js';
import type { GrpcChannel } from './channel.js';

/** State over gRPC. */
export class GrpcState implements ClientState {
  constructor(private readonly channel: GrpcChannel) {}

  async save(
    storeName: string,
    entries: readonly StateEntry[],
    options?: StateSaveOptions,
  ): Promise<Acknowledged> {
    const keys = entries.map(({ key }) => key);
    const operation = `state.save "${storeName}"${keysInWords(keys)}`;
    requireName(operation, 'store name', storeName);
    const states = entries.map((entry) =>
      wireEntry(operation, entry, options?.metadata),
    );
    await this.channel.unary(
      'saveState',
      { storeName, states },
      { operation, errorCode: 'ERR_STATE_SAVE', options },
    );
    return ACKNOWLEDGED;
  }

  async get<T = unknown>(
    storeName: string,
    key: string,
    options?: StateGetOptions,
  ): Promise<T | undefined> {
    return (await this.getWithEtag<T>(storeName, key, options)).value;
  }

  async getWithEtag<T = unknown>(
    storeName: string,
    key: string,
    options?: StateGetOptions,
  ): Promise<StateValue<T>> {
    const operation = `state.get "${storeName}" key "${key}"`;
    requireName(operation, 'store name', storeName);
    requireName(operation, 'key', key);
    const { data, etag } = await this.channel.unary(
      'getState',
      {
        storeName,
        key,
        consistency: optionNumbers(operation, options).consistency,
        metadata: metadataText(operation, options?.metadata) ?? {},
      },
      { operation, errorCode: 'ERR_STATE_GET', options, repeatable: true },
    );
    return {
      value: decodeLenient(data) as T | undefined,
      etag: etag === '' ? undefined : etag,
    };
  }

  async getBulk<T = unknown>(
    storeName: string,
    keys: readonly string[],
    options?: StateGetBulkOptions,
  ): Promise<StateItem<T>[]> {
    const operation = `state.getBulk "${storeName}"${keysInWords(keys)}`;
    requireName(operation, 'store name', storeName);
    const { items } = await this.channel.unary(
      'getBulkState',
      {
        storeName,
        keys: [...keys],
        parallelism: options?.parallelism ?? 0,
        metadata: metadataText(operation, options?.metadata) ?? {},
      },
      { operation, errorCode: 'ERR_STATE_BULK_GET', options, repeatable: true },
    );
    return items.map(({ key, data, etag, error, metadata }) => ({
      key,
      ...(data.length > 0 && { data: decodeLenient(data) as T }),
      ...(etag !== '' && { etag }),
      ...(error !== '' && { error }),
      ...(Object.keys(metadata).length > 0 && { metadata }),
    }));
  }

  async delete(
    storeName: string,
    key: string,
    options?: StateDeleteOptions,
  ): Promise<Acknowledged> {
    const operation = `state.delete "${storeName}" key "${key}"`;
    requireName(operation, 'store name', storeName);
    requireName(operation, 'key', key);
    await this.channel.unary(
      'deleteState',
      {
        storeName,
        key,
        ...etagOf(options?.etag),
        options: optionNumbers(operation, options),
        metadata: metadataText(operation, options?.metadata) ?? {},
      },
      { operation, errorCode: 'ERR_STATE_DELETE', options },
    );
    return ACKNOWLEDGED;
  }

  async transaction(
    storeName: string,
    operations: readonly StateOperation[] = [],
    metadata?: MetadataValues | null,
    options?: CallOptions,
  ): Promise<void> {
    const keys = operations.map(({ request }) => request.key);
    const operation = `state.transaction "${storeName}"${keysInWords(keys)}`;
    requireName(operation, 'store name', storeName);
    requireOperations(operation, operations);
    await this.channel.unary(
      'executeStateTransaction',
      {
        storeName,
        operations: operations.map(({ operation: operationType, request }) => ({
          operationType,
          request: wireEntry(operation, request),
        })),
        metadata: metadataText(operation, metadata ?? undefined) ?? {},
      },
      { operation, errorCode: 'ERR_STATE_TRANSACTION', options },
    );
  }

  async query<T = unknown>(
    storeName: string,
    query: StateQuery,
    options?: StateQueryOptions,
  ): Promise<StateQueryResult<T>> {
    const operation = `state.query "${storeName}"`;
    requireName(operation, 'store name', storeName);
    const { results, token } = await this.channel.unary(
      'queryStateAlpha1',
      {
        storeName,
        query: jsonOf(operation, query),
        metadata: metadataText(operation, options?.metadata) ?? {},
      },
      { operation, errorCode: 'ERR_STATE_QUERY', options, repeatable: true },
    );
    return {
      results: results.map(({ key, data, etag, error }) => ({
        key,
        data: decodeLenient(data) as T,
        ...(etag !== '' && { etag }),
        ...(error !== '' && { error }),
      })),
      ...(token !== '' && { token }),
    };
  }
}

function wireEntry(
  operation: string,
  entry: StateOperation['request'],
  shared?: MetadataValues,
): WireItem {
  requireName(operation, 'key', entry.key);
  return {
    key: entry.key,
    value: Buffer.from(jsonOf(operation, entry.value ?? null)),
    ...etagOf(entry.etag),
    options: optionNumbers(operation, entry.options),
    metadata: {
      ...metadataText(operation, entry.metadata),
      ...metadataText(operation, shared),
    },
  };
}

function etagOf(etag: StateOperation['request']['etag']): {
  etag?: { value: string };
} {
  if (etag === undefined) return {};
  return { etag: typeof etag === 'string' ? { value: etag } : etag };
}
