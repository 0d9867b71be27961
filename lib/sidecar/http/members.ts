import { DecodeError } from './decode-error.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A member by its name, whatever its case: Go matches names so. */
export function member(object: JsonObject, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  const wanted = name.toLowerCase();
  return Object.entries(object).find(
    ([key]) => key.toLowerCase() === wanted,
  )?.[1];
}

/** What Go says of a JSON value that does not fit; `target` is `value of type T` or `struct field S.f of type T`. */
export function mismatch(value: unknown, target: string): DecodeError {
  return new DecodeError(
    `json: cannot unmarshal ${kind(value)} into Go ${target}`,
  );
}

export function stringOr(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw mismatch(value, `struct field ${field} of type string`);
}

export function booleanOr(value: unknown, field: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  throw mismatch(value, `struct field ${field} of type bool`);
}

export function stringMapOr(
  value: unknown,
  field: string,
): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isObject(value))
    throw mismatch(value, `struct field ${field} of type map[string]string`);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      stringOr(item, field) ?? '',
    ]),
  );
}

/** The object, `{}` for null. */
export function objectOr(value: unknown, target: string): JsonObject {
  if (value === undefined || value === null) return {};
  if (isObject(value)) return value;
  throw mismatch(value, target);
}

/** The array, `[]` for null. */
export function arrayOr(value: unknown, target: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw mismatch(value, target);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  // A fraction is refused where a whole number is due, and then Go names it.
  if (typeof value === 'number' && !Number.isInteger(value))
    return `number ${value}`;
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
