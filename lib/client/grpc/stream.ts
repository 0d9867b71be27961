import {
  status,
  type Client,
  type Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import type { Readable } from 'node:stream';
import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import { stopError, unavailableError } from '../transport-error.js';
import type { GrpcCall, GrpcStream } from './channel.js';
import { headersOf } from './headers.js';
import type { Link } from './link.js';
import { failureOf } from './status.js';

/**
 * A stream that ends with its signal and with the client. No timeout, not even for a sidecar that is not there, unless
 * `readyTimeout` is 0: only its messages know how long it takes.
 */
export function streamOf<TStream extends Readable & { cancel(): void }>(
  link: Link,
  call: GrpcCall,
  open: (client: Client, metadata: Metadata) => TStream,
): GrpcStream<TStream> {
  const { operation, options, onHeaders } = call;
  const signal = options?.signal;
  signal?.throwIfAborted();
  if (link.stopped) throw stopError(operation);
  const client = clientOf(link, operation);
  const patience = call.readyTimeout ?? link.options.readyTimeout;
  const stream = open(client, link.metadataOf(call, patience > 0));
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

function clientOf(link: Link, operation: string): Client {
  try {
    return link.client();
  } catch (error) {
    if (error instanceof DaprConfigurationError) throw error;
    throw unavailableError(operation, link.description, 'gRPC', error as Error);
  }
}
