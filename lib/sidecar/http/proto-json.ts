import { parseProtoDuration } from '../../protocol/proto-duration.js';
import { ProtoJsonReader, type Token } from './proto-json-reader.js';

/** Types of fields; those with a question mark are undefined where they are absent, others empty. */
export type ProtoType =
  | 'string'
  | 'string?'
  | 'int32'
  | 'uint32?'
  | 'double?'
  | 'bool?'
  /** Milliseconds. */
  | 'duration?'
  /** google.protobuf.Value: any JSON, null too. */
  | 'value?'
  /** google.protobuf.Struct, or an Any: an object. */
  | 'struct?'
  | { readonly list: ProtoType }
  | { readonly map: ProtoType }
  | { readonly message: ProtoFields; readonly oneof?: string };

/** A message of gRPC: its fields by their JSON names. */
export interface ProtoFields {
  readonly [name: string]: ProtoType;
}

type ValueOf<T extends ProtoType> = T extends 'string'
  ? string
  : T extends 'int32'
    ? number
    : T extends 'string?'
      ? string | undefined
      : T extends 'bool?'
        ? boolean | undefined
        : T extends 'value?'
          ? unknown
          : T extends 'struct?'
            ? Readonly<Record<string, unknown>> | undefined
            : T extends { list: infer E extends ProtoType }
              ? readonly NonNullable<ValueOf<E>>[]
              : T extends { map: infer E extends ProtoType }
                ? Readonly<Record<string, NonNullable<ValueOf<E>>>>
                : T extends { message: infer F extends ProtoFields }
                  ? ProtoValues<F> | undefined
                  : number | undefined;

export type ProtoValues<TFields extends ProtoFields> = {
  -readonly [K in keyof TFields]: ValueOf<TFields[K]>;
};

const LARGEST_INT32 = 2 ** 31 - 1;
const LARGEST_UINT32 = 2 ** 32 - 1;

/**
 * The fields of a body that daprd decodes into a message of gRPC, in protobuf's JSON form: names in camelCase or
 * snake_case, numbers also as text, null for what is absent, and unknown members passed over. Speaks of what is wrong in
 * protobuf-go's words.
 * @throws DecodeError
 * @see https://protobuf.dev/programming-guides/json/
 */
export function decodeProtoJson<TFields extends ProtoFields>(
  body: Buffer,
  fields: TFields,
): ProtoValues<TFields> {
  const reader = new ProtoJsonReader(
    body.length === 0 ? '{}' : body.toString(),
  );
  const values = readMessage(reader, reader.token(), { message: fields });
  reader.end();
  return values as ProtoValues<TFields>;
}

function readMessage(
  reader: ProtoJsonReader,
  first: Token,
  { message: fields, oneof }: { message: ProtoFields; oneof?: string },
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(fields)) values[name] = empty(type);
  const seen = new Set<string>();
  reader.members(first, (written) => {
    const name = camelCase(reader.string(written));
    const type = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (type === undefined) return void reader.value(reader.token());
    if (seen.has(name)) reader.fail(written, `duplicate field ${written.text}`);
    const value = reader.token();
    const isSet = value.text !== 'null' || type === 'value?';
    if (isSet && oneof !== undefined && seen.size > 0)
      reader.fail(
        written,
        `error parsing ${written.text}, oneof ${oneof} is already set`,
      );
    // A field of a oneof that is null leaves the place to another.
    if (isSet || oneof === undefined) seen.add(name);
    if (isSet) values[name] = read(reader, value, type, name);
  });
  return values;
}

function read(
  reader: ProtoJsonReader,
  token: Token,
  type: ProtoType,
  name: string,
): unknown {
  if (typeof type === 'string') return readScalar(reader, token, type, name);
  if ('message' in type) return readMessage(reader, token, type);
  if ('list' in type) {
    const values: unknown[] = [];
    reader.elements(token, (element) =>
      values.push(read(reader, element, type.list, name)),
    );
    return values;
  }
  const entries: [string, unknown][] = [];
  reader.members(token, (key) =>
    entries.push([
      reader.string(key),
      read(reader, reader.token(), type.map, 'value'),
    ]),
  );
  return Object.fromEntries(entries);
}

function readScalar(
  reader: ProtoJsonReader,
  token: Token,
  type: Extract<ProtoType, string>,
  name: string,
): unknown {
  if (type === 'value?') return reader.value(token);
  if (type === 'struct?') {
    if (token.text !== '{') reader.unexpected(token);
    return reader.value(token);
  }
  const isText = token.text.startsWith('"');
  const text = isText ? reader.string(token) : undefined;
  const kind = type.replace('?', '');
  if (kind === 'duration') {
    if (text === undefined) reader.unexpected(token);
    return (
      parseProtoDuration(text) ??
      reader.fail(token, `invalid google.protobuf.Duration value ${token.text}`)
    );
  }
  const value =
    kind === 'string'
      ? text
      : kind === 'bool'
        ? { true: true, false: false }[token.text]
        : numberOf(kind, text ?? token.text);
  if (value !== undefined) return value;
  return reader.fail(
    token,
    `invalid value for ${kind} field ${name}: ${token.text}`,
  );
}

function numberOf(kind: string, text: string): number | undefined {
  if (kind === 'double' && /^(?:NaN|-?Infinity)$/.test(text))
    return Number(text);
  const value = /^-?\d/.test(text) ? Number(text) : NaN;
  if (kind === 'double') return Number.isFinite(value) ? value : undefined;
  const [least, most] =
    kind === 'uint32'
      ? [0, LARGEST_UINT32]
      : [-LARGEST_INT32 - 1, LARGEST_INT32];
  return Number.isInteger(value) && value >= least && value <= most
    ? value
    : undefined;
}

function empty(type: ProtoType): unknown {
  if (type === 'string') return '';
  if (type === 'int32') return 0;
  if (typeof type === 'string' || 'message' in type) return undefined;
  return 'list' in type ? [] : {};
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
