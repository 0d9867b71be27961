import { goJson } from '../../protocol/go-json.js';
import { utcTimestamp } from '../../protocol/timestamp.js';
import type { QueryResult } from '../blocks/state-query.js';
import type { StoredValue } from '../blocks/state-store.js';
import type { ApiAnswer } from './api.js';
import { compactJson } from './decode.js';

/** Values stand in answers as they are stored, so what holds them is put together as text. */

export function valueAnswer(
  item: StoredValue,
  headers: Readonly<Record<string, string>> = {},
): ApiAnswer {
  const expiry = expiryOf(item);
  return jsonText(item.value, {
    ...headers,
    ...(expiry && { 'metadata.ttlExpireTime': expiry }),
  });
}

/** Without a body where one of the values is no JSON: daprd notices when it has sent the head of its answer. */
export function bulkAnswer(
  keys: readonly string[],
  items: readonly (StoredValue | undefined)[],
): ApiAnswer {
  if (!items.every(isJson)) return jsonText('');
  const entries = keys.map((key, index) => entryOf(key, items[index]));
  return jsonText(`[${entries.join(',')}]\n`);
}

export function queryAnswer({ items, token }: QueryResult): ApiAnswer {
  const results = items.map(
    ({ key, data, etag }) =>
      `{"key":${goJson(key)},"data":${data},"etag":"${etag}"}`,
  );
  const page = token === undefined ? '' : `,"token":"${token}"`;
  return jsonText(`{"results":[${results.join(',')}]${page}}\n`);
}

export function jsonText(
  body: string | Buffer,
  headers?: Readonly<Record<string, string>>,
): ApiAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json', ...headers },
    body,
  };
}

function entryOf(key: string, item: StoredValue | undefined): string {
  const name = goJson(key);
  if (!item) return `{"key":${name}}`;
  const { value, etag, isOpaque } = item;
  const text = isOpaque ? compactJson(value.toString()) : value.toString();
  const data = text === '' ? '' : `"data":${text},`;
  const expiry = expiryOf(item);
  const metadata = expiry ? `,"metadata":{"ttlExpireTime":"${expiry}"}` : '';
  return `{"key":${name},${data}"etag":"${etag}"${metadata}}`;
}

function isJson(item: StoredValue | undefined): boolean {
  if (!item?.isOpaque || item.value.length === 0) return true;
  try {
    JSON.parse(item.value.toString());
    return true;
  } catch {
    return false;
  }
}

function expiryOf({ expiresAt }: StoredValue): string | undefined {
  return expiresAt === undefined ? undefined : utcTimestamp(expiresAt);
}
