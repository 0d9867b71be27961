import type { ClientUnaryCall, Metadata, ServiceError } from '@grpc/grpc-js';
import type { ScheduledCall } from '../../protocol/clock.js';
import { GrpcCode } from '../../protocol/grpc-code.js';
import {
  stopError,
  timeoutError,
  unavailableError,
} from '../transport-error.js';
import type { GrpcCall } from './channel.js';
import type { Cancellable, Link, Method } from './link.js';
import { failureOf, headersOf, isCut } from './status.js';

/** One call with one answer, from its start to its end: timeout, abort, waiting for a sidecar that is not there yet. */
export class UnaryExchange<TRequest, TResponse> implements Cancellable {
  #call: ClientUnaryCall | undefined;
  #timer: ScheduledCall | undefined;
  #readyTimer: ScheduledCall | undefined;
  #isOver = false;
  #isRepeated = false;

  constructor(
    private readonly link: Link,
    private readonly method: Method<TRequest, TResponse>,
    private readonly request: TRequest,
    private readonly call: GrpcCall,
    private readonly resolve: (response: TResponse) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  start(): void {
    const { clock, timeout, readyTimeout } = this.link.options;
    const { options } = this.call;
    if (options?.signal?.aborted) return this.#fail(options.signal.reason);
    options?.signal?.addEventListener('abort', this, { once: true });
    const limit = options?.timeout ?? timeout;
    if (limit !== Infinity)
      this.#timer = clock.schedule(limit, () => this.#timeIsUp(limit));
    const patience = this.call.readyTimeout ?? readyTimeout;
    if (patience > 0 && patience < limit)
      this.#readyTimer = clock.schedule(patience, () => {
        if (!this.link.connected) this.#giveUp();
      });
    this.link.calls.add(this);
    this.#attempt();
  }

  /** The signal's listener. */
  handleEvent(): void {
    this.#fail(this.call.options?.signal?.reason);
  }

  stop(): void {
    this.#fail(stopError(this.call.operation));
  }

  #attempt(): void {
    const { path, serialize, deserialize } = this.method;
    let metadata: Metadata;
    try {
      if (this.link.stopped) return this.stop();
      const client = this.link.client();
      metadata = this.link.metadataOf(this.call);
      this.#call = client.makeUnaryRequest(
        path,
        serialize,
        deserialize,
        this.request,
        metadata,
        (error, response) => this.#end(error, response),
      );
    } catch (error) {
      return this.#fail(error);
    }
    const { onHeaders } = this.call;
    if (onHeaders)
      this.#call.on('metadata', (answer: Metadata) =>
        onHeaders(headersOf(answer)),
      );
  }

  #end(error: ServiceError | null, response: TResponse | undefined): void {
    if (this.#isOver) return;
    if (error === null) {
      this.#release();
      return this.resolve(response as TResponse);
    }
    if (
      this.call.repeatable &&
      !this.#isRepeated &&
      error.code === GrpcCode.unavailable &&
      isCut(error)
    ) {
      this.#isRepeated = true;
      return this.#attempt();
    }
    this.#fail(failureOf(this.call, this.link, error));
  }

  #timeIsUp(limit: number): void {
    if (!this.link.connected) return this.#giveUp();
    this.#fail(timeoutError(this.call.operation, this.link.description, limit));
  }

  #giveUp(): void {
    this.#fail(
      unavailableError(
        this.call.operation,
        this.link.description,
        'gRPC',
        undefined,
      ),
    );
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#release();
    this.#call?.cancel();
    this.reject(error);
  }

  #release(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#readyTimer?.cancel();
    this.link.calls.delete(this);
    this.call.options?.signal?.removeEventListener('abort', this);
  }
}
