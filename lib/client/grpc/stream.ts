import {
  status,
  type Client,
  type Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import type { Readable } from 'node:stream';
import { stopError } from '../transport-error.js';
import type { GrpcCall, GrpcStream } from './channel.js';
import type { Link } from './link.js';
import { failureOf, headersOf } from './status.js';

/** A stream that ends with its signal and with the client. No timeout: only its messages know how long it takes. */
export function streamOf<TStream extends Readable & { cancel(): void }>(
  link: Link,
  call: GrpcCall,
  open: (client: Client, metadata: Metadata) => TStream,
): GrpcStream<TStream> {
  const { operation, options, onHeaders } = call;
  const signal = options?.signal;
  signal?.throwIfAborted();
  if (link.stopped) throw stopError(operation);
  const stream = open(link.client(), link.metadataOf(call));
  let reason: unknown;
  const cancel = (why: unknown): void => {
    reason ??= why;
    stream.cancel();
  };
  const abort = (): void => cancel(signal?.reason);
  const ending = { stop: () => cancel(stopError(operation)) };
  link.calls.add(ending);
  signal?.addEventListener('abort', abort, { once: true });
  const release = (): void => {
    link.calls.delete(ending);
    signal?.removeEventListener('abort', abort);
  };
  stream.once('status', release);
  stream.once('error', release);
  stream.once('close', release);
  if (onHeaders)
    stream.once('metadata', (metadata: Metadata) =>
      onHeaders(headersOf(metadata)),
    );
  return {
    stream,
    failure: (error) =>
      reason !== undefined && (error as ServiceError).code === status.CANCELLED
        ? reason
        : failureOf(call, link, error as ServiceError),
  };
}
