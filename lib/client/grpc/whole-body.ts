import type { Readable } from 'node:stream';
import { DaprBadRequestError } from '../../errors/dapr-bad-request.error.js';
import { DaprTimeoutError } from '../../errors/dapr-timeout.error.js';
import type { CallOptions } from '../call-options.js';
import { stopError } from '../transport-error.js';
import type { Link } from './link.js';

/** A body, and what is left for the call. */
export interface WholeBody {
  readonly bytes: Buffer;
  /** Milliseconds. */
  readonly timeout: number;
}

/** All of a stream, which gRPC sends at once. It is destroyed when it does not end in time, and with the signal and the client. */
export async function wholeBody(
  link: Link,
  operation: string,
  body: Readable,
  { signal, timeout = link.options.timeout }: CallOptions = {},
): Promise<WholeBody> {
  const { clock } = link.options;
  const begin = clock.now();
  const end = (reason: unknown): void => void body.destroy(reason as Error);
  const abort = (): void => end(signal?.reason);
  const reading = { stop: () => end(stopError(operation)) };
  const timer =
    timeout === Infinity
      ? undefined
      : clock.schedule(timeout, () => end(lateError(operation, timeout)));
  link.calls.add(reading);
  signal?.addEventListener('abort', abort, { once: true });
  if (link.stopped) reading.stop();
  if (signal?.aborted) abort();
  try {
    const bytes = await bytesOf(operation, body);
    return { bytes, timeout: timeout - (clock.now() - begin) };
  } finally {
    timer?.cancel();
    link.calls.delete(reading);
    signal?.removeEventListener('abort', abort);
  }
}

async function bytesOf(operation: string, body: Readable): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<unknown>)
    if (typeof chunk === 'string') chunks.push(Buffer.from(chunk));
    else if (chunk instanceof Uint8Array) chunks.push(chunk);
    else
      throw new DaprBadRequestError(
        `${operation} failed: its stream gives ${typeof chunk}s; bytes or text are due.`,
        { operation },
      );
  return Buffer.concat(chunks);
}

function lateError(operation: string, timeout: number): DaprTimeoutError {
  return new DaprTimeoutError(
    `${operation} failed: its data had not ended after ${timeout} ms, and over gRPC they are sent when they have. ` +
      'Allow more time with the option timeout, or send them over HTTP.',
    { operation },
  );
}
