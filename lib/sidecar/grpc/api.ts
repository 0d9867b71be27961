import type { ErrorDetail } from '../../protocol/error-codes.js';
import type { GrpcCode } from '../../protocol/grpc-code.js';
import type { HeaderBag } from '../../protocol/headers.js';
import type {
  DaprMethod,
  DuplexMethod,
  RequestOf,
  ResponseOf,
  ServerStreamMethod,
  UnaryMethod,
} from '../../protocol/proto/methods.js';

/** What a call has beside its messages. */
export interface GrpcCall {
  /** The app id of the sidecar that was called. */
  readonly appId: string;
  /** Tells that sidecar from those of other replicas of the app. */
  readonly instanceId: string;
  /** The call's metadata, names in lower case. */
  readonly headers: HeaderBag;
  /** Aborts when the caller cancels, its deadline passes, or its connection ends. */
  readonly signal: AbortSignal;
  /** Metadata to send before the first message. */
  readonly answerHeaders: Record<string, string | string[]>;
}

type Handler<K extends DaprMethod> = K extends UnaryMethod
  ? (
      request: RequestOf<K>,
      call: GrpcCall,
    ) => ResponseOf<K> | Promise<ResponseOf<K>>
  : K extends ServerStreamMethod
    ? (request: RequestOf<K>, call: GrpcCall) => AsyncIterable<ResponseOf<K>>
    : K extends DuplexMethod
      ? (
          requests: AsyncIterable<RequestOf<K>>,
          call: GrpcCall,
        ) => AsyncIterable<ResponseOf<K>>
      : never;

/** Operations of the sidecar's gRPC API, by the names that generated code gives them. */
export type GrpcMethods = { readonly [K in DaprMethod]?: Handler<K> };

/** A status other than OK. */
export class GrpcError extends Error {
  constructor(
    readonly code: GrpcCode,
    message: string,
    readonly details: readonly ErrorDetail[] = [],
  ) {
    super(message);
    this.name = 'GrpcError';
  }
}

/** The detail in which daprd says what went wrong; `metadata` null, as daprd's HTTP answers have it, for none. */
export function errorInfo(
  reason: string,
  metadata: Readonly<Record<string, string>> = {},
): ErrorDetail {
  return {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    domain: 'dapr.io',
    reason,
    metadata,
  };
}
