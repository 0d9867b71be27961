import { DaprError } from '../../errors/dapr.error.js';
import { headerOf } from '../../protocol/headers.js';
import { decodeLenient } from '../../protocol/payload.js';
import { ACKNOWLEDGED, type Acknowledged } from '../acknowledged.js';
import type { CallOptions } from '../call-options.js';
import { metadataText, type MetadataValues } from '../metadata-values.js';
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
import { jsonOf, parseAnswer } from '../json.js';
import { keysInWords, requireName } from '../name.js';
import { optionTexts } from '../state-options.js';
import { JSON_TYPE, type HttpCall, type HttpChannel } from './channel.js';
import { pathPart, queryText } from './path.js';

/** State over HTTP. */
export class HttpState implements ClientState {
  constructor(private readonly channel: HttpChannel) {}

  async save(
    storeName: string,
    entries: readonly StateEntry[],
    options?: StateSaveOptions,
  ): Promise<Acknowledged> {
    const keys = entries.map(({ key }) => key);
    const operation = `state.save "${storeName}"${keysInWords(keys)}`;
    await this.channel.send({
      ...post(
        operation,
        storePath(operation, storeName) +
          queryText(operation, {}, options?.metadata),
        options,
      ),
      body: jsonOf(
        operation,
        entries.map((entry) => wireEntry(operation, entry)),
      ),
    });
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
    const { status, headers, body } = await this.channel.send({
      operation,
      lane: 'leaf',
      method: 'GET',
      path:
        keyPath(operation, storeName, key) +
        queryText(
          operation,
          { consistency: optionTexts(operation, options).consistency },
          options?.metadata,
        ),
      options,
      repeatable: true,
    });
    if (status === 204) return { value: undefined, etag: undefined };
    return {
      value: decodeLenient(body) as T | undefined,
      etag: headerOf(headers, 'etag'),
    };
  }

  async getBulk<T = unknown>(
    storeName: string,
    keys: readonly string[],
    options?: StateGetBulkOptions,
  ): Promise<StateItem<T>[]> {
    const operation = `state.getBulk "${storeName}"${keysInWords(keys)}`;
    const { parallelism } = options ?? {};
    const { body } = await this.channel.send({
      ...post(operation, `${storePath(operation, storeName)}/bulk`, options),
      repeatable: true,
      body: jsonOf(operation, {
        keys,
        parallelism,
        metadata: metadataText(operation, options?.metadata),
      }),
    });
    // daprd encodes a value that is no JSON, as gRPC callers may store, as an empty 200.
    if (body.length === 0 && keys.length > 0)
      throw new DaprError(
        `${operation} failed: the sidecar can't answer over HTTP, because one of the stored values is no JSON. Read the keys one by one.`,
        { operation, status: 200 },
      );
    return parseAnswer(operation, body) as StateItem<T>[];
  }

  async delete(
    storeName: string,
    key: string,
    options?: StateDeleteOptions,
  ): Promise<Acknowledged> {
    const operation = `state.delete "${storeName}" key "${key}"`;
    const { metadata, etag } = options ?? {};
    await this.channel.send({
      operation,
      lane: 'leaf',
      method: 'DELETE',
      path:
        keyPath(operation, storeName, key) +
        queryText(operation, optionTexts(operation, options), metadata),
      headers: etag === undefined ? undefined : { 'if-match': etag },
      options,
    });
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
    requireOperations(operation, operations);
    await this.channel.send({
      ...post(
        operation,
        `${storePath(operation, storeName)}/transaction`,
        options,
      ),
      body: jsonOf(operation, {
        operations: operations.map(({ operation: kind, request }) => ({
          operation: kind,
          request: wireEntry(operation, request),
        })),
        metadata: metadataText(operation, metadata ?? undefined),
      }),
    });
  }

  async query<T = unknown>(
    storeName: string,
    query: StateQuery,
    options?: StateQueryOptions,
  ): Promise<StateQueryResult<T>> {
    const operation = `state.query "${storeName}"`;
    const store = pathPart(operation, 'store name', storeName);
    const { status, body } = await this.channel.send({
      ...post(
        operation,
        `/v1.0-alpha1/state/${store}/query${queryText(operation, {}, options?.metadata)}`,
        options,
      ),
      repeatable: true,
      body: jsonOf(operation, query),
    });
    if (status === 204) return { results: [] };
    return parseAnswer(operation, body) as StateQueryResult<T>;
  }
}

function post(
  operation: string,
  path: string,
  options: CallOptions | undefined,
): HttpCall {
  return {
    operation,
    lane: 'leaf',
    method: 'POST',
    path,
    contentType: JSON_TYPE,
    options,
  };
}

function storePath(operation: string, storeName: string): string {
  return `/v1.0/state/${pathPart(operation, 'store name', storeName)}`;
}

function keyPath(operation: string, storeName: string, key: string): string {
  return `${storePath(operation, storeName)}/${pathPart(operation, 'key', key)}`;
}

function wireEntry(
  operation: string,
  entry: StateOperation['request'],
): object {
  const { key, value, etag, metadata, options } = entry;
  requireName(operation, 'key', key);
  return {
    key,
    value,
    etag: typeof etag === 'object' ? etag.value : etag,
    metadata: metadataText(operation, metadata),
    options: options && optionTexts(operation, options),
  };
}
