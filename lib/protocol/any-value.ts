import { Value } from './proto/generated/google/protobuf/struct.js';
import type { Any } from './proto/generated/google/protobuf/any.js';
import { VALUE_TYPE } from './job.js';

/** JSON text in an Any: the form in which daprd keeps the JSON that its HTTP API is given. */
export function anyOfJson(json: string): Any {
  const value = Value.wrap(JSON.parse(json) as unknown);
  return {
    typeUrl: VALUE_TYPE,
    value: Buffer.from(Value.encode(value).finish()),
  };
}

/** An Any of a Value in which nothing is set, which is no JSON at all. */
export const EMPTY_VALUE: Any = { typeUrl: VALUE_TYPE, value: Buffer.alloc(0) };

/** The value in an Any of that type; undefined where nothing is set in it. */
export function jsonOfAny({ value }: Pick<Any, 'value'>): unknown {
  return value.length === 0 ? undefined : Value.unwrap(Value.decode(value));
}
