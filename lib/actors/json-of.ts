/** Values that travel as base64 text. */
type Bytes = ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/**
 * What is left of a value that travels as JSON: a Date becomes its ISO text, a Map a record, a Set an array, bytes
 * base64 text, an object loses its methods, and members that may be undefined may be absent.
 */
export type JsonOf<T> = 0 extends 1 & T
  ? T
  : T extends string | number | boolean | null | undefined | void
    ? T
    : T extends bigint | symbol | ((...args: never[]) => unknown)
      ? never
      : T extends Bytes
        ? string
        : T extends { toJSON(): infer J }
          ? JsonOf<J>
          : T extends ReadonlyMap<string | number, infer V>
            ? Record<string, JsonOf<V>>
            : T extends ReadonlySet<infer V>
              ? JsonOf<V>[]
              : T extends readonly unknown[]
                ? { [K in keyof T]: JsonElement<T[K]> }
                : T extends object
                  ? JsonObject<T>
                  : T;

/** Undefined has no place in a JSON array, so it becomes null. */
type JsonElement<T> = T extends undefined ? null : JsonOf<T>;

type JsonObject<T> = Flat<
  { [K in keyof T as MemberName<T, K, false>]: JsonOf<T[K]> },
  {
    [K in keyof T as MemberName<T, K, true>]?: JsonOf<Exclude<T[K], undefined>>;
  }
>;

/** One object type instead of two, as editors show it. */
type Flat<A, B> = keyof B extends never
  ? A
  : A & B extends infer O
    ? { [K in keyof O]: O[K] }
    : never;

type MemberName<T, K extends keyof T, Absent extends boolean> = K extends symbol
  ? never
  : IsUnsent<T[K]> extends true
    ? never
    : MayBeAbsent<T[K]> extends Absent
      ? K
      : never;

type IsUnsent<V> = 0 extends 1 & V
  ? false
  : [V] extends [symbol | undefined | ((...args: never[]) => unknown)]
    ? true
    : false;

type MayBeAbsent<V> = unknown extends V
  ? false
  : undefined extends V
    ? true
    : false;
