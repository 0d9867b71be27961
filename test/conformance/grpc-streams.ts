import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { DaprDefinition } from '../../lib/protocol/proto/generated/dapr.js';
import type {
  DuplexMethod,
  RequestOf,
  ResponseOf,
} from '../../lib/protocol/proto/methods.js';

/** How a stream ended, and what came before. */
export interface GrpcStreamAnswer<TResponse> {
  /** 0 where all went well. */
  readonly code: number;
  readonly message: string;
  readonly responses: readonly TResponse[];
}

/** Sends the requests over gRPC, on a connection of its own, and takes all that comes. */
export function grpcStream<K extends DuplexMethod>(
  sidecar: { readonly grpcPort: number },
  method: K,
  requests: readonly RequestOf<K>[],
  { end = true } = {},
): Promise<GrpcStreamAnswer<ResponseOf<K>>> {
  const { name, requestType, responseType } = DaprDefinition.methods[method];
  const client = new Client(
    `127.0.0.1:${sidecar.grpcPort}`,
    credentials.createInsecure(),
    {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_send_message_length': -1,
    },
  );
  const stream = client.makeBidiStreamRequest<RequestOf<K>, ResponseOf<K>>(
    `/${DaprDefinition.fullName}/${name}`,
    (message) => Buffer.from(requestType.encode(message as never).finish()),
    (bytes) => responseType.decode(bytes) as ResponseOf<K>,
  );
  const responses: ResponseOf<K>[] = [];
  stream.on('data', (response: ResponseOf<K>) => responses.push(response));
  for (const request of requests) stream.write(request);
  if (end) stream.end();
  return new Promise((resolve) => {
    const close = (code: number, message: string): void => {
      client.close();
      resolve({ code, message, responses });
    };
    stream.once('error', ({ code, details }: ServiceError) =>
      close(code, details),
    );
    stream.once('end', () => close(0, ''));
  });
}
