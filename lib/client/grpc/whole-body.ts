import type { Readable } from 'node:stream';
import { DaprTimeoutError } from '../../errors/dapr-timeout.error.js';
import { requireTimeout, type CallOptions } from '../call-options.js';
import { endingIfRefused } from '../invocation.js';
import { brokenOff, requireSendable } from '../streamed-data.js';
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
  endingIfRefused(body, () => requireTimeout(operation, timeout));
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
    const bytes = await allOf(operation, body);
    const left = timeout - (clock.now() - begin);
    return { bytes, timeout: Math.max(left, 0) };
  } catch (error) {
    throw brokenOff(operation, error);
  } finally {
    timer?.cancel();
    link.calls.delete(reading);
    signal?.removeEventListener('abort', abort);
  }
}

async function allOf(operation: string, body: Readable): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<unknown>) {
    requireSendable(operation, chunk);
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  }
  return Buffer.concat(chunks);
}

function lateError(operation: string, timeout: number): DaprTimeoutError {
  return new DaprTimeoutError(
    `${operation} failed: its data had not ended after ${timeout} ms, and over gRPC they are sent when they have. ` +
      'Allow more time with the option timeout, or send them over HTTP.',
    { operation },
  );
}
