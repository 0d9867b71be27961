import type { Readable } from 'node:stream';
import { errorOfAnswer } from '../../errors/error-of-answer.js';
import type { DaprError } from '../../errors/dapr.error.js';
import type { Clock } from '../../protocol/clock.js';
import { readErrorBody } from '../../protocol/error-codes.js';
import { Headers } from '../../protocol/headers.js';
import type { CallOptions } from '../call-options.js';
import type { ClientInternals } from '../options.js';
import { BufferedExchange, type HttpAnswer } from './buffered-exchange.js';
import type { Exchange, ExchangeOptions } from './exchange.js';
import type { Lane } from './lanes.js';
import { Link, type WireRequest } from './link.js';
import { StreamedExchange, type HttpStream } from './streamed-exchange.js';

/** A call of the sidecar's HTTP API. */
export interface HttpCall {
  /** In words, for errors: `state.get "statestore" key "a"`. */
  readonly operation: string;
  readonly lane: Lane;
  readonly method: WireRequest['method'];
  /** Encoded, from `/v1.0` on. */
  readonly path: string;
  readonly body?: string | Buffer | Readable | undefined;
  readonly contentType?: string | undefined;
  /** Come before what the current call hands on. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** Calls of actors hand on the reentrancy id. */
  readonly target?: 'actor';
  readonly options?: CallOptions | undefined;
  /** A read, sent a second time where a connection ends without an answer, as one that was idle may. */
  readonly repeatable?: true;
  /** Default: the client's; 0 fails at once where nothing listens. */
  readonly readyTimeout?: number;
}

export interface ChannelOptions {
  /** The sidecar's address; may throw while it is not known. */
  readonly address: () => string;
  readonly apiToken: string | undefined;
  readonly timeout: number;
  readonly readyTimeout: number;
  readonly clock: Clock;
  readonly scopeHeaders: ClientInternals['scopeHeaders'] | undefined;
}

export const JSON_TYPE = 'application/json';

/** Calls of one sidecar over HTTP. Everything that holds the token is private to the language, so that printing a client shows none. */
export class HttpChannel {
  readonly #link: Link;
  readonly #options: ChannelOptions;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #plainHeaders: string[];
  readonly #jsonHeaders: string[];

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#link = new Link(options.address);
    this.#headers = options.apiToken
      ? { [Headers.apiToken]: options.apiToken }
      : {};
    this.#plainHeaders = Object.entries(this.#headers).flat();
    this.#jsonHeaders = [...this.#plainHeaders, 'content-type', JSON_TYPE];
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get readyTimeout(): number {
    return this.#options.readyTimeout;
  }

  /** Resolves with a 2xx; every other answer rejects. */
  async send(call: HttpCall): Promise<HttpAnswer> {
    const answer = await this.request(call);
    if (answer.status > 299) throw answerError(call.operation, answer);
    return answer;
  }

  /** Resolves with an answer of any status. */
  request(call: HttpCall): Promise<HttpAnswer> {
    return new Promise((resolve, reject) =>
      this.#start(BufferedExchange, call, resolve, reject),
    );
  }

  /** The same, as soon as the head of the answer is there. */
  stream(call: HttpCall): Promise<HttpStream> {
    return new Promise((resolve, reject) =>
      this.#start(StreamedExchange, call, resolve, reject),
    );
  }

  /** Ends every call and connection; idempotent. */
  stop(): Promise<void> {
    return this.#link.stop();
  }

  #start<T>(
    kind: new (
      ...parts: ConstructorParameters<typeof Exchange<T>>
    ) => Exchange<T>,
    call: HttpCall,
    resolve: (answer: T) => void,
    reject: (error: unknown) => void,
  ): void {
    const { lane, method, path, body = null, options } = call;
    const headers = this.#headersOf(call);
    const exchange: ExchangeOptions = {
      operation: call.operation,
      timeout: options?.timeout ?? this.#options.timeout,
      readyTimeout: call.readyTimeout ?? this.#options.readyTimeout,
      signal: options?.signal,
      repeatable: call.repeatable ?? false,
    };
    new kind(
      this.#link,
      this.#options.clock,
      { lane, method, path, headers, body },
      exchange,
      resolve,
      reject,
    ).start();
  }

  #headersOf(call: HttpCall): WireRequest['headers'] {
    const { contentType, headers, target = 'other' } = call;
    const scope = this.#options.scopeHeaders?.(target);
    if (scope === undefined && headers === undefined) {
      if (contentType === undefined) return this.#plainHeaders;
      if (contentType === JSON_TYPE) return this.#jsonHeaders;
    }
    const all: Record<string, string> = { ...this.#headers, ...scope };
    if (contentType !== undefined) all['content-type'] = contentType;
    for (const [name, value] of Object.entries(headers ?? {}))
      if (value !== undefined) all[name.toLowerCase()] = value;
    return all;
  }
}

/** The error that an answer of the sidecar means. */
export function answerError(operation: string, answer: HttpAnswer): DaprError {
  return errorOfAnswer({
    operation,
    status: answer.status,
    ...readErrorBody(answer.body.toString()),
  });
}
