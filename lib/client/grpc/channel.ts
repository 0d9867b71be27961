import { createRequire } from 'node:module';
import type { ClientDuplexStream, ClientReadableStream } from '@grpc/grpc-js';
import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import type { Clock } from '../../protocol/clock.js';
import { Headers, type HeaderBag } from '../../protocol/headers.js';
import type {
  DuplexMethod,
  RequestOf,
  ResponseOf,
  ServerStreamMethod,
  UnaryMethod,
} from '../../protocol/proto/methods.js';
import type { CallOptions } from '../call-options.js';
import type { ClientInternals } from '../options.js';
import type { Link } from './link.js';

/** What a call of the sidecar's gRPC API has beside its request. */
export interface GrpcCall {
  /** In words, for errors: `state.get "statestore" key "a"`. */
  readonly operation: string;
  /** What the HTTP API says when this fails, where the status itself tells no more than a code. */
  readonly errorCode?: string;
  /** Metadata; comes before what the current call hands on. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** Calls of actors hand on the reentrancy id. */
  readonly target?: 'actor';
  readonly options?: CallOptions | undefined;
  /** A read, sent a second time where a connection ends without an answer. */
  readonly repeatable?: true;
  /** Default: the client's; 0 fails at once where nothing listens. */
  readonly readyTimeout?: number;
  /** Gets the metadata that comes before the answer. */
  readonly onHeaders?: (headers: HeaderBag) => void;
}

/** A stream, and what its errors mean. */
export interface GrpcStream<TStream> {
  readonly stream: TStream;
  /** The error to hand on for one that the stream emitted. */
  failure(error: Error): unknown;
}

export interface GrpcChannelOptions {
  /** The sidecar's address; may throw while it is not known. */
  readonly address: () => string;
  readonly apiToken: string | undefined;
  readonly timeout: number;
  readonly readyTimeout: number;
  readonly clock: Clock;
  readonly scopeHeaders: ClientInternals['scopeHeaders'] | undefined;
}

/** Calls of one sidecar over gRPC, on one HTTP/2 session. What holds the token is private to the language, so that printing a client shows none. */
export class GrpcChannel {
  readonly #options: GrpcChannelOptions;
  #loading: Promise<Link> | undefined;
  #link: Link | undefined;
  #isStopped = false;

  constructor(options: GrpcChannelOptions) {
    this.#options = options;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get readyTimeout(): number {
    return this.#options.readyTimeout;
  }

  /** What the call that is being served hands on, for messages that carry headers themselves. */
  scopeHeaders(
    target: 'actor' | 'other',
  ): Readonly<Record<string, string>> | undefined {
    return this.#options.scopeHeaders?.(target);
  }

  unary<K extends UnaryMethod>(
    method: K,
    request: RequestOf<K>,
    call: GrpcCall,
  ): Promise<ResponseOf<K>> {
    return this.#link
      ? this.#link.unary(method, request, call)
      : this.load().then((link) => link.unary(method, request, call));
  }

  async serverStream<K extends ServerStreamMethod>(
    method: K,
    request: RequestOf<K>,
    call: GrpcCall,
  ): Promise<GrpcStream<ClientReadableStream<ResponseOf<K>>>> {
    return (await this.load()).serverStream(method, request, call);
  }

  /** What is written to the stream are whole requests; backpressure is that of Node's streams. */
  async duplex<K extends DuplexMethod>(
    method: K,
    call: GrpcCall,
  ): Promise<GrpcStream<ClientDuplexStream<RequestOf<K>, ResponseOf<K>>>> {
    return (await this.load()).duplex(method, call);
  }

  /** @throws {@link DaprConfigurationError} where @grpc/grpc-js is not installed */
  load(): Promise<Link> {
    this.#loading ??= this.#open();
    return this.#loading;
  }

  /** Ends every call and the connection; idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await (await this.#loading?.catch(() => undefined))?.stop();
  }

  async #open(): Promise<Link> {
    requireGrpc();
    // @grpc/grpc-js and generated code, for those who speak gRPC.
    const { Link } = await import('./link.js');
    const { apiToken, ...options } = this.#options;
    const link = new Link({
      ...options,
      headers: apiToken ? { [Headers.apiToken]: apiToken } : {},
    });
    if (this.#isStopped) await link.stop();
    this.#link = link;
    return link;
  }
}

/** @throws {@link DaprConfigurationError} where @grpc/grpc-js, an optional peer, is not installed */
export function requireGrpc(): void {
  try {
    createRequire(import.meta.url).resolve('@grpc/grpc-js');
  } catch (cause) {
    throw new DaprConfigurationError(
      'Speaking gRPC needs the package @grpc/grpc-js, which is not installed. Run "npm install @grpc/grpc-js".',
      { cause },
    );
  }
}
