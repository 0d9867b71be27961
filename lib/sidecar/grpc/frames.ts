import { GrpcCode } from '../../protocol/grpc-code.js';
import { GrpcError } from './api.js';

/** --max-body-size of daprd. */
export const LONGEST_MESSAGE = 4 * 1024 * 1024;

const PREFIX_LENGTH = 5;

/** A message with the prefix of gRPC over HTTP/2: not compressed, and its length. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_LENGTH + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_LENGTH);
  return frame;
}

/**
 * The messages of a body as they come. Reads no faster than they are taken.
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 * @throws GrpcError for one that is longer than `limit` bytes, compressed, or cut off
 */
export async function* messagesOf(
  body: AsyncIterable<Buffer>,
  limit: number,
): AsyncIterable<Buffer> {
  let chunks: Buffer[] = [];
  let size = 0;
  let wanted: number | undefined;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    for (;;) {
      if (size < (wanted ?? PREFIX_LENGTH)) break;
      const all =
        chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      chunks = [all];
      if (wanted === undefined) {
        wanted = PREFIX_LENGTH + lengthOf(all, limit);
        continue;
      }
      yield all.subarray(PREFIX_LENGTH, wanted);
      const rest = all.subarray(wanted);
      chunks = rest.length > 0 ? [rest] : [];
      size = rest.length;
      wanted = undefined;
    }
  }
  if (size > 0) throw new GrpcError(GrpcCode.internal, 'unexpected EOF');
}

/** Looks at the frames of a body that passes as it is. */
export class FrameGuard {
  private prefix: Buffer = NOTHING;
  /** Of the message that is passing. */
  private left = 0;

  constructor(private readonly limit: number) {}

  /** @throws GrpcError for a message that is longer than `limit` bytes */
  check(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      const passing = rest.subarray(0, this.left);
      this.left -= passing.length;
      rest = rest.subarray(passing.length);
      const missing = PREFIX_LENGTH - this.prefix.length;
      this.prefix = Buffer.concat([this.prefix, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (this.prefix.length < PREFIX_LENGTH) continue;
      this.left = boundedLength(this.prefix, this.limit);
      this.prefix = NOTHING;
    }
  }
}

const NOTHING = Buffer.alloc(0);

function lengthOf(frame: Buffer, limit: number): number {
  if (frame[0] !== 0)
    throw new GrpcError(
      GrpcCode.unimplemented,
      'grpc: Decompressor is not installed for grpc-encoding',
    );
  return boundedLength(frame, limit);
}

function boundedLength(frame: Buffer, limit: number): number {
  const length = frame.readUInt32BE(1);
  if (length <= limit) return length;
  throw new GrpcError(
    GrpcCode.resourceExhausted,
    `grpc: received message larger than max (${length} vs. ${limit})`,
  );
}
