import {
  Client,
  connectivityState,
  credentials,
  Metadata,
  type ClientDuplexStream,
  type ClientReadableStream,
} from '@grpc/grpc-js';
import { DaprBadRequestError } from '../../errors/dapr-bad-request.error.js';
import { DaprDefinition } from '../../protocol/proto/generated/dapr.js';
import type {
  DaprMethod,
  DuplexMethod,
  RequestOf,
  ResponseOf,
  ServerStreamMethod,
  UnaryMethod,
} from '../../protocol/proto/methods.js';
import { parseGrpcEndpoint } from '../grpc-endpoint.js';
import type { GrpcCall, GrpcChannelOptions, GrpcStream } from './channel.js';
import { streamOf } from './stream.js';
import { stopError } from '../transport-error.js';
import { UnaryExchange } from './unary-exchange.js';

export interface LinkOptions extends Omit<GrpcChannelOptions, 'apiToken'> {
  /** Sent with every call. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A method as grpc-js wants it. */
export interface Method<TRequest, TResponse> {
  readonly path: string;
  readonly serialize: (request: TRequest) => Buffer;
  readonly deserialize: (bytes: Buffer) => TResponse;
}

/** Something of a channel that a stop ends. */
export interface Cancellable {
  stop(): void;
}

const CHANNEL_OPTIONS = {
  // Sockets of its own: another client of the same sidecar stops without this one.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  // daprd cuts connections that ping more often than every 8 seconds (pkg/api/grpc/server.go).
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.initial_reconnect_backoff_ms': 20,
  'grpc.min_reconnect_backoff_ms': 20,
  'grpc.max_reconnect_backoff_ms': 250,
  'grpc.enable_retries': 0,
  'grpc.enable_channelz': 0,
} as const;

/** The way to the sidecar over gRPC: one channel, and the calls on it. */
export class Link {
  readonly calls = new Set<Cancellable>();
  #client: Client | undefined;
  #address = '';
  #isStopped = false;

  constructor(readonly options: LinkOptions) {}

  /** For errors; never throws. */
  get description(): string {
    return this.#address || 'an address that is not known yet';
  }

  get stopped(): boolean {
    return this.#isStopped;
  }

  get connected(): boolean {
    return (
      this.#client?.getChannel().getConnectivityState(false) ===
      connectivityState.READY
    );
  }

  unary<K extends UnaryMethod>(
    method: K,
    request: RequestOf<K>,
    call: GrpcCall,
  ): Promise<ResponseOf<K>> {
    return new Promise((resolve, reject) =>
      new UnaryExchange(
        this,
        METHODS[method],
        request,
        call,
        resolve,
        reject,
      ).start(),
    );
  }

  serverStream<K extends ServerStreamMethod>(
    name: K,
    request: RequestOf<K>,
    call: GrpcCall,
  ): GrpcStream<ClientReadableStream<ResponseOf<K>>> {
    const { path, serialize, deserialize } = METHODS[name];
    return streamOf(this, call, (client, metadata) =>
      client.makeServerStreamRequest(
        path,
        serialize,
        deserialize,
        request,
        metadata,
      ),
    );
  }

  duplex<K extends DuplexMethod>(
    name: K,
    call: GrpcCall,
  ): GrpcStream<ClientDuplexStream<RequestOf<K>, ResponseOf<K>>> {
    const { path, serialize, deserialize } = METHODS[name];
    return streamOf(this, call, (client, metadata) =>
      client.makeBidiStreamRequest(path, serialize, deserialize, metadata),
    );
  }

  /** The channel to where the sidecar is now. @throws what the address function throws */
  client(): Client {
    if (this.#isStopped) throw stopError('the call');
    const address = this.options.address();
    if (this.#client && address === this.#address) return this.#client;
    const { target, isSecure } = parseGrpcEndpoint(
      address,
      `The address "${address}"`,
    );
    this.#client?.close();
    this.#address = address;
    this.#client = new Client(
      target,
      isSecure ? credentials.createSsl() : credentials.createInsecure(),
      CHANNEL_OPTIONS,
    );
    return this.#client;
  }

  /** @throws DaprBadRequestError for what metadata can't carry */
  metadataOf(call: GrpcCall): Metadata {
    const { headers, scopeHeaders, readyTimeout } = this.options;
    const metadata = new Metadata({
      waitForReady: (call.readyTimeout ?? readyTimeout) > 0,
    });
    for (const name in headers) metadata.set(name, headers[name] as string);
    const scope = scopeHeaders?.(call.target ?? 'other');
    for (const name in scope) metadata.set(name, scope[name] as string);
    for (const name in call.headers) this.#set(metadata, name, call);
    return metadata;
  }

  /** Ends every call and the connection; idempotent. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const call of this.calls) call.stop();
    this.#client?.close();
  }

  #set(
    metadata: Metadata,
    name: string,
    { operation, headers }: GrpcCall,
  ): void {
    const value = headers?.[name];
    if (value === undefined) return;
    try {
      metadata.set(name, value);
    } catch (cause) {
      throw new DaprBadRequestError(
        `${operation} can't be sent: the header "${name}" holds what gRPC metadata can't carry.`,
        { operation, cause },
      );
    }
  }
}

const METHODS = Object.fromEntries(
  Object.entries(DaprDefinition.methods).map(
    ([key, { name, requestType, responseType }]) => [
      key,
      methodOf(name, requestType as never, responseType as never),
    ],
  ),
) as { readonly [K in DaprMethod]: Method<RequestOf<K>, ResponseOf<K>> };

function methodOf<TRequest, TResponse>(
  name: string,
  requestType: { encode(message: TRequest): { finish(): Uint8Array } },
  responseType: { decode(bytes: Uint8Array): TResponse },
): Method<TRequest, TResponse> {
  return {
    path: `/${DaprDefinition.fullName}/${name}`,
    serialize: (request) => bufferOf(requestType.encode(request).finish()),
    deserialize: (bytes) => responseType.decode(bytes),
  };
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
