import {
  status,
  type ChannelInterface,
  type Metadata,
  type StatusObject,
} from '@grpc/grpc-js';
import { DaprBadRequestError } from '../../errors/dapr-bad-request.error.js';
import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import { DaprError } from '../../errors/dapr.error.js';
import type { ScheduledCall } from '../../protocol/clock.js';
import { timeoutProblem } from '../call-options.js';
import {
  stopError,
  timeoutError,
  unavailableError,
} from '../transport-error.js';
import type { GrpcCall } from './channel.js';
import { headersOf } from './headers.js';
import type { Cancellable, Link, Method } from './link.js';
import { failureOf, isCut, isUnsent, mayPass, obstacleOf } from './status.js';

type Call = ReturnType<ChannelInterface['createCall']>;

// Real time, as in Reachability: what is waited for is a real sidecar.
const ADDRESS_POLL = 50;

/**
 * One call with one answer, from its start to its end: timeout, abort, waiting for a sidecar that is not there yet. It
 * is the channel's listener itself: `Client.makeUnaryRequest` would add a stack trace, an emitter and interceptors to
 * every call, a fifth of what a call costs.
 */
export class UnaryExchange<TRequest, TResponse> implements Cancellable {
  readonly #limit: number;
  readonly #patience: number;
  #call: Call | undefined;
  #message: Buffer | undefined;
  #timer: ScheduledCall | undefined;
  #readyTimer: ScheduledCall | undefined;
  #addressTimer: NodeJS.Timeout | undefined;
  #obstacle: Error | undefined;
  #isOver = false;
  #isRepeated = false;

  constructor(
    private readonly link: Link,
    private readonly method: Method<TRequest, TResponse>,
    private readonly request: TRequest,
    private readonly call: GrpcCall,
    private readonly resolve: (response: TResponse) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    const { timeout, readyTimeout } = link.options;
    this.#limit = call.options?.timeout ?? timeout;
    this.#patience = call.readyTimeout ?? readyTimeout;
  }

  start(): void {
    const { clock } = this.link.options;
    const problem = timeoutProblem(this.call.operation, this.#limit);
    if (problem) return this.#fail(problem);
    const signal = this.call.options?.signal;
    if (signal?.aborted) return this.#fail(signal.reason);
    signal?.addEventListener('abort', this, { once: true });
    if (this.#limit !== Infinity)
      this.#timer = clock.schedule(this.#limit, () => this.#timeIsUp());
    if (this.#patience > 0 && this.#patience < this.#limit)
      this.#readyTimer = clock.schedule(this.#patience, () => {
        if (this.#isUnreached()) this.#giveUp();
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
    const obstacle = obstacleOf(end);
    if (obstacle) return this.#unreached(obstacle);
    const isHarmless = isUnsent(end) || (this.call.repeatable && isCut(end));
    if (isHarmless && !this.#isRepeated) {
      this.#isRepeated = true;
      return this.#attempt();
    }
    this.#fail(failureOf(this.call, this.link, end));
  }

  #attempt(): void {
    if (this.link.stopped) return this.stop();
    let channel: ChannelInterface;
    try {
      channel = this.link.client().getChannel();
    } catch (error) {
      if (error instanceof DaprConfigurationError) return this.#fail(error);
      return this.#waitForAddress(error as Error);
    }
    try {
      this.#send(channel);
    } catch (error) {
      this.#fail(error);
    }
  }

  #send(channel: ChannelInterface): void {
    const bytes = this.#bytes();
    // Without an obstacle grpc-js is to tell of one, then to wait until it has passed.
    const waitForReady = this.#obstacle !== undefined;
    const metadata = this.link.metadataOf(this.call, waitForReady);
    const { path } = this.method;
    const call = channel.createCall(path, Infinity, null, null, null);
    this.#call = call;
    this.#message = undefined;
    call.start(metadata, this);
    call.sendMessageWithContext({}, bytes);
    call.startRead();
    call.halfClose();
  }

  #bytes(): Buffer {
    try {
      return this.method.serialize(this.request);
    } catch (error) {
      const { operation } = this.call;
      throw new DaprBadRequestError(
        `${operation} can't be sent: ${(error as Error).message}.`,
        { operation },
      );
    }
  }

  #unreached(obstacle: Error): void {
    this.#obstacle = obstacle;
    if (this.#patience === 0 || !mayPass(obstacle)) return this.#giveUp();
    this.#attempt();
  }

  #waitForAddress(obstacle: Error): void {
    this.#obstacle = obstacle;
    if (this.#patience === 0) return this.#giveUp();
    this.#addressTimer = setTimeout(() => this.#attempt(), ADDRESS_POLL);
  }

  #succeed(): void {
    const { operation } = this.call;
    if (this.#message === undefined)
      return this.#fail(
        new DaprError(
          `${operation} failed: the sidecar's answer has no message.`,
          { operation },
        ),
      );
    let response: TResponse;
    try {
      response = this.method.deserialize(this.#message);
    } catch (cause) {
      return this.#fail(
        new DaprError(
          `${operation} failed: the sidecar's answer is no message of Dapr.`,
          { operation, cause },
        ),
      );
    }
    this.#release();
    this.resolve(response);
  }

  #timeIsUp(): void {
    if (this.#isUnreached()) return this.#giveUp();
    const { operation } = this.call;
    this.#fail(timeoutError(operation, this.link.description, this.#limit));
  }

  /** Whether the call still waits for a connection, as far as grpc-js tells. */
  #isUnreached(): boolean {
    return this.#obstacle ? !this.link.connected : this.link.connecting;
  }

  #giveUp(): void {
    const { operation } = this.call;
    const { description } = this.link;
    this.#fail(
      unavailableError(operation, description, 'gRPC', this.#obstacle),
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
    clearTimeout(this.#addressTimer);
    this.link.calls.delete(this);
    this.call.options?.signal?.removeEventListener('abort', this);
  }
}
