import { PayloadError } from './payload-error.js';

/**
 * JSON of a value in the one documented encoding: Date as ISO text, Map as object, Set as array, a class instance as its
 * own JSON (`toJSON` honoured), nested bytes as base64; undefined members are absent.
 * @throws PayloadError for what JSON can't carry (BigInt, NaN, Infinity, integers beyond 2^53, a Promise, cycles, a
 * function or undefined as the value itself), with the path to it
 */
export function toJson(value: unknown): string {
  const json = JSON.stringify(
    isPlain(value, 0) ? value : plain(value, '', new Set()),
  ) as string | undefined;
  if (json === undefined)
    throw new PayloadError(`${typeof value} has no JSON form`);
  return json;
}

/** Bytes of a Buffer, typed array, DataView or ArrayBuffer, without a copy; undefined for anything else. */
export function bytesOf(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value;
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return Buffer.from(value);
  return undefined;
}

/** Deeper values take the slow way, which is also where cycles are found. */
const DEPTH = 64;

/** Whether JSON.stringify alone gives the right answer. Cheap, and never throws: most values need no second look. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === 'number')
    return Number.isInteger(value)
      ? Number.isSafeInteger(value)
      : Number.isFinite(value);
  if (typeof value !== 'object' || value === null)
    return typeof value !== 'bigint';
  if (depth === DEPTH) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isPlain(item, depth + 1)) return false;
    return true;
  }
  if (value instanceof Date) return !Number.isNaN(value.getTime());
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && isExotic(value)) return false;
  for (const key in value)
    if (!isPlain((value as Record<string, unknown>)[key], depth + 1))
      return false;
  return !('toJSON' in value);
}

function isExotic(value: object): boolean {
  return (
    value instanceof Map ||
    value instanceof Set ||
    value instanceof Promise ||
    isBoxed(value) ||
    bytesOf(value) !== undefined
  );
}

function isBoxed(value: object): boolean {
  return (
    value instanceof Number ||
    value instanceof String ||
    value instanceof Boolean
  );
}

/** The value with everything replaced that JSON.stringify would lose. */
function plain(value: unknown, path: string, parents: Set<object>): unknown {
  const problem = problemOf(value);
  if (problem) throw new PayloadError(`${path || 'the value'} is ${problem}`);
  if (typeof value !== 'object' || value === null) return value;
  if (parents.has(value))
    throw new PayloadError(
      `${path} refers back to what holds it, which JSON can't carry`,
    );
  const bytes = bytesOf(value);
  if (bytes) return bytes.toString('base64');
  if (isBoxed(value)) return plain(value.valueOf(), path, parents);
  parents.add(value);
  const copy = plainObject(value, path, parents);
  parents.delete(value);
  return copy;
}

function plainObject(
  value: object,
  path: string,
  parents: Set<object>,
): unknown {
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return plain((value as { toJSON(): unknown }).toJSON(), path, parents);
  if (Array.isArray(value) || value instanceof Set)
    return Array.from(value as Iterable<unknown>, (item, index) =>
      plain(item, `${path}[${index}]`, parents),
    );
  const entries =
    value instanceof Map
      ? Array.from(value as Map<unknown, unknown>, keyed(path))
      : Object.entries(value);
  // fromEntries defines members, so that a key `__proto__` stays a key.
  return Object.fromEntries(
    entries.map(([key, member]) => [
      key,
      plain(member, path ? `${path}.${key}` : key, parents),
    ]),
  );
}

function keyed(path: string) {
  return ([key, member]: [unknown, unknown]): [string, unknown] => {
    if (typeof key === 'string' || typeof key === 'number')
      return [String(key), member];
    throw new PayloadError(
      `${path || 'the value'} is a Map with a key that is neither text nor number`,
    );
  };
}

function problemOf(value: unknown): string | undefined {
  if (typeof value === 'bigint')
    return "a BigInt, which JSON can't carry; send it as text";
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return `${value}, which JSON can't carry`;
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      return 'an integer beyond 2^53, which Dapr would round; send it as text';
  }
  if (value instanceof Date && Number.isNaN(value.getTime()))
    return 'an invalid Date';
  if (value instanceof Promise) return 'a Promise; await it first';
  return undefined;
}
