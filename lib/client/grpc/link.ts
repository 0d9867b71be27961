import {
  connectivityState,
  Metadata,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
} from '@grpc/grpc-js';
import { DaprDefinition } from '../../protocol/proto/generated/dapr.js';
import type {
  DaprMethod,
  DuplexMethod,
  RequestOf,
  ResponseOf,
  ServerStreamMethod,
  UnaryMethod,
} from '../../protocol/proto/methods.js';
import type { GrpcCall, GrpcChannelOptions, GrpcStream } from './channel.js';
import { Dial } from './dial.js';
import { setOwn, setWhatCanBe } from './headers.js';
import { streamOf } from './stream.js';
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

/** The way to the sidecar over gRPC: one channel, and the calls on it. */
export class Link {
  readonly calls = new Set<Cancellable>();
  readonly #dial: Dial;
  #isStopped = false;

  constructor(readonly options: LinkOptions) {
    this.#dial = new Dial(options.address);
  }

  /** For errors; never throws. */
  get description(): string {
    return this.#dial.description;
  }

  get stopped(): boolean {
    return this.#isStopped;
  }

  get connected(): boolean {
    return this.#dial.state === connectivityState.READY;
  }

  get connecting(): boolean {
    return this.#dial.state === connectivityState.CONNECTING;
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
    return this.#dial.client();
  }

  /**
   * What goes with a call beside its message.
   * @throws DaprBadRequestError for headers of the call that gRPC can't carry
   */
  metadataOf(call: GrpcCall, waitForReady: boolean): Metadata {
    const { headers, scopeHeaders } = this.options;
    const metadata = new Metadata({ waitForReady });
    for (const name in headers) metadata.set(name, headers[name] as string);
    setWhatCanBe(metadata, scopeHeaders?.(call.target ?? 'other'));
    setOwn(metadata, call.operation, call.headers);
    return metadata;
  }

  /** Ends every call and the connection; idempotent. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const call of this.calls) call.stop();
    this.#dial.close();
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
