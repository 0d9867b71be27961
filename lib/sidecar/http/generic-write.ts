import type { WriteOptions } from '../blocks/state-store.js';
import { DecodeError } from './decode-error.js';
import { isObject, member } from './members.js';

export interface GenericWrite {
  readonly key: string;
  readonly etag?: string;
  readonly value: unknown;
  readonly metadata: Readonly<Record<string, string>>;
  readonly options: WriteOptions;
}

/**
 * One write of a transaction. daprd decodes it from a generic map, with the mapstructure package and that package's
 * words for what is wrong.
 */
export function decodeWrite(request: unknown): GenericWrite {
  if (request !== undefined && request !== null && !isObject(request))
    throw new DecodeError(`'' expected a map, got '${goKind(request)}'`);
  const source = request ?? {};
  const errors: string[] = [];
  const text = (value: unknown, field: string): string | undefined => {
    if (value === undefined || value === null || typeof value === 'string')
      return value ?? undefined;
    errors.push(
      `'${field}' expected type 'string', got unconvertible type '${goType(value)}', value: '${goText(value)}'`,
    );
    return undefined;
  };
  const map = (name: string, field: string): Record<string, unknown> => {
    const value = member(source, name);
    if (value === undefined || value === null || isObject(value))
      return value ?? {};
    errors.push(`'${field}' expected a map, got '${goKind(value)}'`);
    return {};
  };
  const key = text(member(source, 'key'), 'Key');
  const etag = text(member(source, 'etag'), 'ETag');
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(map('metadata', 'Metadata')))
    metadata[name] = text(value, `Metadata[${name}]`) ?? '';
  const options = map('options', 'Options');
  const concurrency = text(
    member(options, 'concurrency'),
    'Options.Concurrency',
  );
  const consistency = text(
    member(options, 'consistency'),
    'Options.Consistency',
  );
  if (errors.length > 0) {
    const lines = errors.sort().map((error) => `* ${error}`);
    throw new DecodeError(
      `${errors.length} error(s) decoding:\n\n${lines.join('\n')}`,
    );
  }
  return {
    key: key ?? '',
    ...(etag !== undefined && { etag }),
    value: member(source, 'value'),
    metadata,
    options: {
      ...(concurrency !== undefined && { concurrency }),
      ...(consistency !== undefined && { consistency }),
    },
  };
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'number') return 'float64';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  return isObject(value) ? 'map[string]interface {}' : goKind(value);
}

function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isObject(value)) return String(value);
  const members = Object.entries(value).map(
    ([name, item]) => `${name}:${goText(item)}`,
  );
  return `map[${members.sort().join(' ')}]`;
}
