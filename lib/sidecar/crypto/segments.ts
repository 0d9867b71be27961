/** A part of the data that is sealed or opened as a whole. */
export interface Segment {
  readonly data: Buffer;
  readonly number: number;
  readonly isLast: boolean;
}

/**
 * The data in segments of `size`, the last one as long as it is; no data at all are no segments. Reads one byte ahead of
 * the segment that it gives, since the last one is marked, and no further than the chunk which that byte came in.
 */
export async function* segmentsOf(
  input: AsyncIterable<Buffer>,
  size: number,
): AsyncGenerator<Segment> {
  let chunks: Buffer[] = [];
  let length = 0;
  let number = 0;
  for await (const chunk of input) {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= size) continue;
    let rest = joined(chunks);
    for (; rest.length > size; number += 1) {
      yield { data: rest.subarray(0, size), number, isLast: false };
      rest = rest.subarray(size);
    }
    chunks = [rest];
    length = rest.length;
  }
  if (length > 0) yield { data: joined(chunks), number, isLast: true };
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return chunks.length === 1 && only ? only : Buffer.concat(chunks);
}
