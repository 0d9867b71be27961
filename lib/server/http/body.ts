import type { IncomingMessage } from 'node:http';
import { PayloadError } from '../../protocol/payload.js';

/** The body is longer than the limit. */
export class BodyTooLargeError extends Error {
  constructor(readonly limit: number) {
    super(
      `the body is longer than the limit of ${limit} bytes (option server.bodyLimit)`,
    );
    this.name = 'BodyTooLargeError';
  }
}

/** The caller cut the connection before the body was complete. */
export class BodyCutError extends Error {
  constructor() {
    super('the connection was cut in the middle of the body');
    this.name = 'BodyCutError';
  }
}

const NOTHING = Buffer.alloc(0);

/** The whole body, read straight from the socket: no parser of the app has seen it. */
export function readBody(
  request: IncomingMessage,
  limit: number,
): Promise<Buffer> | Buffer {
  const declared = request.headers['content-length'];
  if (declared === '0') return NOTHING;
  if (
    declared === undefined &&
    request.headers['transfer-encoding'] === undefined
  )
    return NOTHING;
  if (Number(declared) > limit)
    return Promise.reject(new BodyTooLargeError(limit));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else {
        // The rest flows on unread, so that the caller gets to see the answer.
        request.removeAllListeners('data');
        request.resume();
        reject(new BodyTooLargeError(limit));
      }
    });
    request.once('end', () =>
      resolve(
        chunks.length === 1
          ? (chunks[0] as Buffer)
          : Buffer.concat(chunks, length),
      ),
    );
    request.once('close', () => {
      if (!request.complete) reject(new BodyCutError());
    });
    request.once('error', () => reject(new BodyCutError()));
  });
}

/** @throws {@link PayloadError} where the body is no JSON; the parser's own words would quote the payload */
export function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new PayloadError('the body is no JSON');
  }
}
