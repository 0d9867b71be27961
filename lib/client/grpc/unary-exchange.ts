import {
  status,
  type ChannelInterface,
  type Metadata,
  type StatusObject,
} from '@grpc/grpc-js';
import { DaprError } from '../../errors/dapr.error.js';
import type { ScheduledCall } from '../../protocol/clock.js';
import {
  stopError,
  timeoutError,
  unavailableError,
} from '../transport-error.js';
import type { GrpcCall } from './channel.js';
import type { Cancellable, Link, Method } from './link.js';
import { failureOf, headersOf, isCut } from './status.js';

type Call = ReturnType<ChannelInterface['createCall']>;

/**
 * One call with one answer, from its start to its end: timeout, abort, waiting for a sidecar that is not there yet. It
 * is the channel's listener itself: `Client.makeUnaryRequest` would add a stack trace, an emitter and interceptors to
 * every call, a fifth of what a call costs.
 */
export class UnaryExchange<TRequest, TResponse> implements Cancellable {
  #call: Call | undefined;
  #message: Buffer | undefined;
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

  onReceiveMetadata(metadata: Metadata): void {
    this.call.onHeaders?.(headersOf(metadata));
  }

  onReceiveMessage(message: Buffer): void {
    this.#message = message;
  }

  onReceiveStatus(end: StatusObject): void {
    if (this.#isOver) return;
    if (end.code === status.OK) return this.#succeed();
    if (this.call.repeatable && !this.#isRepeated && isCut(end)) {
      this.#isRepeated = true;
      return this.#attempt();
    }
    this.#fail(failureOf(this.call, this.link, end));
  }

  #attempt(): void {
    try {
      if (this.link.stopped) return this.stop();
      const bytes = this.method.serialize(this.request);
      const metadata = this.link.metadataOf(this.call);
      const channel = this.link.client().getChannel();
      const call = channel.createCall(
        this.method.path,
        Infinity,
        null,
        null,
        null,
      );
      this.#call = call;
      call.start(metadata, this);
      call.sendMessageWithContext({}, bytes);
      call.startRead();
      call.halfClose();
    } catch (error) {
      this.#fail(error);
    }
  }

  #succeed(): void {
    if (this.#message === undefined)
      return this.#fail(
        new DaprError(
          `${this.call.operation} failed: the sidecar's answer has no message.`,
          { operation: this.call.operation },
        ),
      );
    let response: TResponse;
    try {
      response = this.method.deserialize(this.#message);
    } catch (error) {
      return this.#fail(error);
    }
    this.#release();
    this.resolve(response);
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
    this.#call?.cancelWithStatus(status.CANCELLED, 'given up');
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
