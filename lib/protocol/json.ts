import { types } from 'node:util';
import { PayloadError } from './payload-error.js';

/**
 * JSON of a value in the one documented encoding: Date as ISO text, Map as object, Set as array, a class instance as its
 * own JSON (`toJSON` honoured), nested bytes as base64; undefined members are absent.
 * @throws PayloadError for what JSON can't carry (BigInt, NaN, Infinity, integers beyond 2^53, a Promise, a Blob and its
 * like, cycles, a function or undefined as the value itself), with the path to it
 */
export function toJson(value: unknown): string {
  const json = JSON.stringify(isPlain(value, 0) ? value : plain(value)) as
    string | undefined;
  if (json === undefined)
    throw new PayloadError(`${typeof value} has no JSON form`);
  return json;
}

/** Bytes of a Buffer, typed array, DataView or ArrayBuffer, without a copy; undefined for anything else. */
export function bytesOf(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value;
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return types.isAnyArrayBuffer(value) ? Buffer.from(value) : undefined;
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
  if ('toJSON' in value) return false;
  for (const key in value)
    if (!isPlain((value as Record<string, unknown>)[key], depth + 1))
      return false;
  return true;
}

function isExotic(value: object): boolean {
  return (
    webRemedy(value) !== undefined ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isPromise(value) ||
    types.isBoxedPrimitive(value) ||
    bytesOf(value) !== undefined
  );
}

/** An object on the way down, and the member of it that is looked at. */
interface Place {
  readonly object: object;
  readonly within: Place | undefined;
  key: string | number;
}

/** The value with everything replaced that JSON.stringify would lose. */
function plain(value: unknown, place?: Place): unknown {
  const problem = problemOf(value);
  if (problem) throw new PayloadError(`${pathTo(place)} is ${problem}`);
  if (typeof value !== 'object' || value === null) return value;
  for (let above = place; above; above = above.within)
    if (above.object === value)
      throw new PayloadError(`${pathTo(place)} is an object that holds itself`);
  if (types.isBoxedPrimitive(value)) return plain(value.valueOf(), place);
  const bytes = bytesOf(value);
  return bytes ? bytes.toString('base64') : plainObject(value, place);
}

function plainObject(value: object, within: Place | undefined): unknown {
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const json = (value as { toJSON(): unknown }).toJSON();
    if (json !== value) return plain(json, within);
  }
  const place: Place = { object: value, within, key: '' };
  const child = (key: string | number, member: unknown): unknown => {
    place.key = key;
    return plain(member, place);
  };
  if (Array.isArray(value) || types.isSet(value))
    return Array.from(value as Iterable<unknown>, (item, index) =>
      child(index, item),
    );
  const members = types.isMap(value)
    ? Array.from(value, ([key, member]) => [keyText(key, within), member])
    : Object.entries(value);
  // fromEntries defines members, so that a key `__proto__` stays a key.
  return Object.fromEntries(
    members.map(([key, member]) => [key, child(key as string, member)]),
  );
}

function keyText(key: unknown, place: Place | undefined): string {
  if (typeof key === 'string' || typeof key === 'number') return String(key);
  throw new PayloadError(
    `${pathTo(place)} is a Map with a key that is neither text nor number`,
  );
}

/** As one writes it in code: `items[2].price`. */
function pathTo(place: Place | undefined): string {
  if (!place) return 'the value';
  const { key, within } = place;
  const above = within ? pathTo(within) : '';
  if (typeof key === 'number') return `${above}[${key}]`;
  return above ? `${above}.${key}` : key;
}

function problemOf(value: unknown): string | undefined {
  if (typeof value === 'bigint')
    return "a BigInt, which JSON can't carry; send it as text";
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return `${value}, which JSON can't carry`;
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      return 'an integer beyond 2^53, which Dapr would round; send it as text';
  }
  if (typeof value !== 'object') return undefined;
  if (types.isDate(value) && Number.isNaN(value.getTime()))
    return 'an invalid Date';
  if (types.isPromise(value)) return 'a Promise; await it first';
  return value === null ? undefined : webRemedy(value);
}

/** What the Web has for content that is no value; JSON.stringify makes `{}` of it. */
const WEB: Readonly<Record<string, string>> = {
  ReadableStream:
    'a ReadableStream; read it first, or give a Readable (Readable.fromWeb) where one is taken',
  Blob: 'a Blob; give its bytes (await blob.arrayBuffer())',
  File: 'a File; give its bytes (await file.arrayBuffer())',
  URLSearchParams:
    'URLSearchParams; give its text (String(parameters)), and say its content type where there is one',
  FormData:
    'FormData, which is no JSON; give its fields (Object.fromEntries(form))',
};

/** Known by its tag, since each realm and each polyfill has classes of its own. */
function webRemedy(value: object): string | undefined {
  if (!(Symbol.toStringTag in value) || 'toJSON' in value) return undefined;
  const tag: unknown = value[Symbol.toStringTag];
  return typeof tag === 'string' && Object.hasOwn(WEB, tag)
    ? WEB[tag]
    : undefined;
}
