import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Any } from './proto/generated/google/protobuf/any.js';

// google.protobuf.BytesValue has one field: bytes value = 1.
const VALUE_TAG = (1 << 3) | 2;

/** Bytes in an Any, as daprd keeps the data of timers and reminders. */
export function anyOfBytes(bytes: Buffer): Any {
  return {
    typeUrl: 'type.googleapis.com/google.protobuf.BytesValue',
    value: Buffer.from(
      new BinaryWriter().uint32(VALUE_TAG).bytes(bytes).finish(),
    ),
  };
}

export function bytesOfAny({ value }: Pick<Any, 'value'>): Buffer {
  const reader = new BinaryReader(value);
  let bytes: Uint8Array = new Uint8Array();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === VALUE_TAG) bytes = reader.bytes();
    else reader.skip(tag & 7);
  }
  return Buffer.from(bytes);
}
