import type { StateItem as WireItem } from '../../protocol/proto/generated/common.js';
import { decodeLenient } from '../../protocol/payload.js';
import { ACKNOWLEDGED, type Acknowledged } from '../acknowledged.js';
import type { CallOptions } from '../call-options.js';
import { jsonOf } from '../json.js';
import { metadataText, type MetadataValues } from '../metadata-values.js';
import { requireName } from '../name.js';
import type {
  ClientState,
  StateDeleteOptions,
  StateEntry,
  StateGetBulkOptions,
  StateGetOptions,
  StateItem,
  StateOperation,
  StateOptions,
  StateSaveOptions,
  StateValue,
} from '../state.js';
import type { GrpcChannel } from './channel.js';

/** State over gRPC. */
export class GrpcState implements ClientState {
  constructor(private readonly channel: GrpcChannel) {}

  async save(
    storeName: string,
    entries: readonly StateEntry[],
    options?: StateSaveOptions,
  ): Promise<Acknowledged> {
    const only = entries.length === 1 ? entries[0] : undefined;
    const operation = `state.save "${storeName}"${only ? ` key "${only.key}"` : ''}`;
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
        consistency: CONSISTENCY[options?.consistency ?? 'default'],
        metadata: metadataText(options?.metadata) ?? {},
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
    const operation = `state.getBulk "${storeName}"`;
    requireName(operation, 'store name', storeName);
    const { items } = await this.channel.unary(
      'getBulkState',
      {
        storeName,
        keys: [...keys],
        parallelism: options?.parallelism ?? 0,
        metadata: metadataText(options?.metadata) ?? {},
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
        options: wireOptions(options),
        metadata: metadataText(options?.metadata) ?? {},
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
    const operation = `state.transaction "${storeName}"`;
    requireName(operation, 'store name', storeName);
    await this.channel.unary(
      'executeStateTransaction',
      {
        storeName,
        operations: operations.map(({ operation: operationType, request }) => {
          const { etag, ...entry } = request;
          const plain = typeof etag === 'object' ? etag.value : etag;
          return {
            operationType,
            request: wireEntry(operation, {
              ...entry,
              ...(plain !== undefined && { etag: plain }),
            }),
          };
        }),
        metadata: metadataText(metadata ?? undefined) ?? {},
      },
      { operation, errorCode: 'ERR_STATE_TRANSACTION', options },
    );
  }
}

const CONCURRENCY = { default: 0, 'first-write': 1, 'last-write': 2 } as const;
const CONSISTENCY = { default: 0, eventual: 1, strong: 2 } as const;

function wireEntry(
  operation: string,
  entry: StateEntry,
  shared?: MetadataValues,
): WireItem {
  requireName(operation, 'key', entry.key);
  return {
    key: entry.key,
    value: Buffer.from(jsonOf(operation, entry.value ?? null)),
    ...etagOf(entry.etag),
    options: wireOptions(entry.options),
    metadata: { ...metadataText(entry.metadata), ...metadataText(shared) },
  };
}

function etagOf(etag: string | undefined): { etag?: { value: string } } {
  return etag === undefined ? {} : { etag: { value: etag } };
}

function wireOptions(options: StateOptions | undefined): WireItem['options'] {
  return {
    concurrency: CONCURRENCY[options?.concurrency ?? 'default'],
    consistency: CONSISTENCY[options?.consistency ?? 'default'],
  };
}
