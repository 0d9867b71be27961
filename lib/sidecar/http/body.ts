import type { IncomingMessage } from 'node:http';

/** --max-body-size of daprd. */
export const BODY_LIMIT = 4 * 1024 * 1024;

export class BodyTooLarge extends Error {
  constructor() {
    super('stream too large');
    this.name = 'BodyTooLarge';
  }
}

const EMPTY = Buffer.alloc(0);

/** @throws BodyTooLarge when the whole body has been taken in, so that the caller reads the answer */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (!hasBody(request)) return EMPTY;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size <= BODY_LIMIT) chunks.push(chunk as Buffer);
    else chunks.length = 0;
  }
  if (size > BODY_LIMIT) throw new BodyTooLarge();
  return chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks);
}

export function hasBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } =
    request.headers;
  return encoding !== undefined || Number(length ?? 0) > 0;
}
