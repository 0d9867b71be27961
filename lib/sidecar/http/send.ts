import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import type { ApiAnswer } from './api.js';

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
    pipeline(body, response, () => undefined);
    return;
  }
  const length = Buffer.byteLength(body ?? '');
  if (length > 0 && !response.hasHeader('content-type'))
    response.setHeader('content-type', 'application/json');
  if (status !== 204 && status !== 304)
    response.setHeader('content-length', length);
  response.end(body);
}
