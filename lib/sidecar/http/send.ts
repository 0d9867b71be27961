import type { ServerResponse } from 'node:http';
import { pipeline, Transform } from 'node:stream';
import type { ApiAnswer } from './api.js';
import { sniffContentType } from './sniff.js';

/** Writes an answer. A streamed body goes through as it is; when it breaks off, the connection breaks off. */
export function send(
  response: ServerResponse,
  { status, headers, body }: ApiAnswer,
): void {
  const isStream = typeof body === 'object' && !Buffer.isBuffer(body);
  if (response.destroyed) {
    // Nobody is there any more to read it.
    if (isStream) body.on('error', () => undefined).destroy();
    return;
  }
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers ?? {}))
    response.setHeader(name, value);
  if (isStream) {
    const isTyped =
      response.hasHeader('content-type') ||
      response.hasHeader('content-encoding');
    const end = (): void => undefined;
    if (isTyped) pipeline(body, response, end);
    else pipeline(body, typing(response), response, end);
    return;
  }
  const length = Buffer.byteLength(body ?? '');
  if (length > 0 && !response.hasHeader('content-type'))
    response.setHeader('content-type', 'application/json');
  if (status !== 204 && status !== 304)
    response.setHeader('content-length', length);
  response.end(body);
}

/** Lets a body through, and guesses its content type by the beginning. */
function typing(response: ServerResponse): Transform {
  return new Transform({
    transform(chunk: Buffer, _, done) {
      if (!response.headersSent)
        response.setHeader('content-type', sniffContentType(chunk));
      done(null, chunk);
    },
  });
}
