import { goJson } from '../../protocol/go-json.js';
import type {
  StateSet,
  StateWrite,
  WriteOptions,
} from '../blocks/state-store.js';
import { DecodeError } from './decode-error.js';
import { decodeJson } from './decode.js';
import { decodeWrite } from './generic-write.js';
import {
  arrayOr,
  member,
  mismatch,
  objectOr,
  stringMapOr,
  stringOr,
} from './members.js';

type Metadata = Readonly<Record<string, string>>;

/** The body of a save. `query` is request metadata, which wins over an item's own. */
export function readSave(body: Buffer, query: Metadata): readonly StateSet[] {
  const items = arrayOr(
    decodeJson(body, 'SetRequest.value'),
    'value of type []state.SetRequest',
  );
  const sets = items.map((item) => readSet(item));
  for (const set of sets)
    if (set.key === '') throw new DecodeError('"key" is a required field');
  return sets.map((set) => ({
    ...set,
    metadata: { ...set.metadata, ...query },
  }));
}

function readSet(item: unknown): StateSet {
  const set = objectOr(item, 'value of type state.SetRequest');
  const etag = stringOr(member(set, 'etag'), 'SetRequest.etag');
  return {
    kind: 'set',
    key: stringOr(member(set, 'key'), 'SetRequest.key') ?? '',
    value: goJson(member(set, 'value') ?? null),
    ...(etag !== undefined && { etag }),
    metadata: stringMapOr(member(set, 'metadata'), 'SetRequest.metadata'),
    options: readOptions(member(set, 'options')),
  };
}

function readOptions(value: unknown): WriteOptions {
  const options = objectOr(
    value,
    'struct field SetRequest.options of type state.SetStateOption',
  );
  const read = (name: string): string | undefined =>
    stringOr(member(options, name), `SetStateOption.options.${name}`);
  return optionsOf(read('Concurrency'), read('Consistency'));
}

export interface BulkGet {
  readonly keys: readonly string[];
}

/** The metadata of a bulk get means nothing to a store in memory. */
export function readBulkGet(body: Buffer): BulkGet {
  const request = objectOr(
    decodeJson(body),
    'value of type http.BulkGetRequest',
  );
  stringMapOr(member(request, 'metadata'), 'BulkGetRequest.metadata');
  const parallelism = member(request, 'parallelism') ?? 0;
  if (!Number.isInteger(parallelism))
    throw mismatch(
      parallelism,
      'struct field BulkGetRequest.parallelism of type int',
    );
  const keys = arrayOr(
    member(request, 'keys'),
    'struct field BulkGetRequest.keys of type []string',
  );
  return {
    keys: keys.map((key) => stringOr(key, 'BulkGetRequest.keys') ?? ''),
  };
}

/** A transaction's operation that is neither an upsert nor a delete. */
export class UnknownOperation extends Error {
  constructor(operation: string) {
    super(`operation type ${operation} not supported`);
    this.name = 'UnknownOperation';
  }
}

/**
 * The body of a transaction. Its own `metadata` reaches no operation, as in daprd; the metadata of the query does.
 * Operations are decoded when they are asked for, since daprd stops at the first that is wrong.
 */
export function readTransaction(
  body: Buffer,
  query: Metadata,
): readonly (() => StateWrite)[] {
  const type = 'stateTransactionRequestBody';
  const request = objectOr(
    decodeJson(body, `${type}Operation.operations.request`),
    `value of type http.${type}`,
  );
  stringMapOr(member(request, 'metadata'), `${type}.metadata`);
  const operations = arrayOr(
    member(request, 'operations'),
    `struct field ${type}.operations of type []http.${type}Operation`,
  );
  return operations.map((entry) => {
    const target = `struct field ${type}.operations of type http.${type}Operation`;
    const object = objectOr(entry, target);
    const field = `${type}Operation.operations.operation`;
    const operation = stringOr(member(object, 'operation'), field) ?? '';
    return () => readOperation(operation, member(object, 'request'), query);
  });
}

function readOperation(
  operation: string,
  request: unknown,
  query: Metadata,
): StateWrite {
  if (operation !== 'upsert' && operation !== 'delete')
    throw new UnknownOperation(operation);
  const { value, metadata, ...write } = decodeWrite(request);
  if (operation === 'delete') return { kind: 'delete', ...write };
  return {
    kind: 'set',
    ...write,
    value: goJson(value ?? null),
    metadata: { ...metadata, ...query },
  };
}

function optionsOf(
  concurrency: string | undefined,
  consistency: string | undefined,
): WriteOptions {
  return {
    ...(concurrency !== undefined && { concurrency }),
    ...(consistency !== undefined && { consistency }),
  };
}
