import { goJson } from '../../protocol/go-json.js';
import { GrpcCode } from '../../protocol/grpc-code.js';
import type { StateItem } from '../../protocol/proto/generated/common.js';
import type { TransactionalStateOperation } from '../../protocol/proto/generated/state.js';
import type {
  StateDelete,
  StateSet,
  StateWrite,
  WriteOptions,
} from '../blocks/state-store.js';
import { decodeJson } from '../http/decode.js';
import { errorInfo, GrpcError } from './api.js';

/** @throws GrpcError */
export function readSave(item: StateItem): StateSet {
  if (item.key === '')
    throw new GrpcError(GrpcCode.invalidArgument, 'state key cannot be empty', [
      errorInfo('ERR_STATE_SAVE'),
    ]);
  const set = readSet(item);
  if (item.metadata['contentType'] !== 'application/json') return set;
  try {
    return { ...set, value: goJson(decodeJson(item.value)) };
  } catch (error) {
    // As it comes from Go's decoder.
    throw new GrpcError(GrpcCode.unknown, (error as Error).message);
  }
}

function readSet({ value, metadata, ...write }: StateItem): StateSet {
  return { kind: 'set', value, metadata, ...readWrite(write) };
}

export function readDelete(write: Write): StateDelete {
  return { kind: 'delete', ...readWrite(write) };
}

/**
 * Transactions keep values as they are, whatever their metadata says.
 * @throws GrpcError
 */
export function readOperation({
  operationType,
  request,
}: TransactionalStateOperation): StateWrite {
  const item = request ?? NOTHING;
  if (operationType === 'upsert') return readSet(item);
  if (operationType === 'delete') return readDelete(item);
  throw new GrpcError(
    GrpcCode.unimplemented,
    `operation type ${operationType} not supported`,
    [errorInfo('ERR_NOT_SUPPORTED_STATE_OPERATION')],
  );
}

const NOTHING: StateItem = { key: '', value: Buffer.alloc(0), metadata: {} };

type Write = Pick<StateItem, 'key' | 'etag' | 'options'>;

function readWrite({ key, etag, options }: Write): {
  key: string;
  etag?: string;
  options: WriteOptions;
} {
  return {
    key,
    ...(etag && { etag: etag.value }),
    options: {
      concurrency: CONCURRENCY[options?.concurrency ?? 0] ?? '',
      consistency: CONSISTENCY[options?.consistency ?? 0] ?? '',
    },
  };
}

const CONCURRENCY = ['', 'first-write', 'last-write'];
const CONSISTENCY = ['', 'eventual', 'strong'];
