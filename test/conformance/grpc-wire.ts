import {
  Client,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import type { ErrorDetail } from '../../lib/protocol/error-codes.js';
import {
  readStatusDetails,
  STATUS_DETAILS,
} from '../../lib/protocol/grpc-status.js';
import { DaprDefinition } from '../../lib/protocol/proto/generated/dapr.js';
import type {
  RequestOf,
  ResponseOf,
  UnaryMethod,
} from '../../lib/protocol/proto/methods.js';

/** How a call ended. */
export interface GrpcAnswer<TResponse> {
  /** 0 where all went well. */
  readonly code: number;
  readonly message: string;
  readonly details: readonly ErrorDetail[];
  readonly response: TResponse | undefined;
  /** What came before the answer, by names in lower case. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

/** One call over gRPC, on a connection of its own. */
export function grpcCall<K extends UnaryMethod>(
  sidecar: { readonly grpcPort: number },
  method: K,
  request: RequestOf<K>,
  headers: Readonly<Record<string, string>> = {},
): Promise<GrpcAnswer<ResponseOf<K>>> {
  const { name, requestType, responseType } = DaprDefinition.methods[method];
  const client = new Client(
    `127.0.0.1:${sidecar.grpcPort}`,
    credentials.createInsecure(),
    { 'grpc.use_local_subchannel_pool': 1 },
  );
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
  return new Promise((resolve) => {
    let before: Metadata | undefined;
    const call = client.makeUnaryRequest<RequestOf<K>, ResponseOf<K>>(
      `/${DaprDefinition.fullName}/${name}`,
      (message) => Buffer.from(requestType.encode(message as never).finish()),
      (bytes) => responseType.decode(bytes) as ResponseOf<K>,
      request,
      metadata,
      (error: ServiceError | null, response?: ResponseOf<K>) => {
        client.close();
        resolve({
          code: error?.code ?? 0,
          message: error?.details ?? '',
          details: detailsOf(error?.metadata),
          response,
          headers: textsOf(before),
        });
      },
    );
    call.once('metadata', (given: Metadata) => (before = given));
  });
}

function detailsOf(trailers: Metadata | undefined): readonly ErrorDetail[] {
  const [bytes] = trailers?.get(STATUS_DETAILS) ?? [];
  return Buffer.isBuffer(bytes) ? readStatusDetails(bytes) : [];
}

function textsOf(metadata: Metadata | undefined): Record<string, string[]> {
  return Object.fromEntries(
    Object.keys(metadata?.getMap() ?? {})
      .filter((name) => !name.endsWith('-bin'))
      .map((name) => [name, (metadata?.get(name) ?? []).map(String)]),
  );
}
