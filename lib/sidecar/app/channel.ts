import type { Readable } from 'node:stream';
import type { ErrorDetail } from '../../protocol/error-codes.js';
import type { HeaderBag } from '../../protocol/headers.js';
import type { GrpcConnection } from './grpc-connection.js';

/** A call of the sidecar to an application. */
export interface AppRequest {
  readonly verb: string;
  /** Path and query, encoded. */
  readonly path: string;
  readonly headers: Record<string, string | string[]>;
  readonly body?: Buffer | string | Readable;
  readonly signal?: AbortSignal;
}

export interface AppAnswer<TBody = Buffer> {
  readonly status: number;
  readonly headers: HeaderBag;
  readonly body: TBody;
  /** Of an application that speaks gRPC, and answered with a status other than OK. */
  readonly failure?: GrpcFailure;
}

export interface GrpcFailure {
  readonly code: number;
  readonly message: string;
  readonly details: readonly ErrorDetail[];
}

/** The way to one running application. Rejects when the application can't be reached or cuts the connection. */
export interface AppChannel {
  /** Its own services; undefined where it speaks HTTP. An application that speaks gRPC gets invocations only. */
  readonly grpc?: Pick<GrpcConnection, 'open'> | undefined;
  /** Answers when the whole body is there. */
  request(request: AppRequest): Promise<AppAnswer>;
  /** Answers when the headers are there; for service invocation. */
  stream(request: AppRequest): Promise<AppAnswer<Readable>>;
  close(): Promise<void>;
}
