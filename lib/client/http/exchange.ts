import { finished, Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { DaprBadRequestError } from '../../errors/dapr-bad-request.error.js';
import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import type { Clock, ScheduledCall } from '../../protocol/clock.js';
import type { HeaderBag } from '../../protocol/headers.js';
import { timeoutProblem } from '../call-options.js';
import { brokenOff, requireSendable } from '../streamed-data.js';
import type { Link, WireRequest } from './link.js';
import {
  cutError,
  mayPass,
  stopError,
  timeoutError,
  unavailableError,
} from '../transport-error.js';

/** What an exchange needs to know beside the request. */
export interface ExchangeOptions {
  /** The call in words, for errors. */
  readonly operation: string;
  readonly timeout: number;
  readonly readyTimeout: number;
  readonly signal: AbortSignal | undefined;
  readonly repeatable: boolean;
}

/**
 * One call, from the first attempt to connect to its end: timeout, abort, waiting for a sidecar that is not there yet.
 * It is undici's handler itself, so that a call costs no more objects than it must.
 * @see https://undici.nodejs.org/#/docs/api/Dispatcher?id=parameter-dispatchhandler
 */
export abstract class Exchange<T> implements Dispatcher.DispatchHandler {
  protected over = false;
  /** There once the request is being written to a connection. */
  #controller: Dispatcher.DispatchController | undefined;
  #timer: ScheduledCall | undefined;
  #readyTimer: ScheduledCall | undefined;
  #stopWaiting: (() => void) | undefined;
  #obstacle: Error | undefined;
  #repeated = false;

  constructor(
    private readonly link: Link,
    private readonly clock: Clock,
    private readonly request: WireRequest,
    protected readonly options: ExchangeOptions,
    protected readonly resolve: (answer: T) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  start(): void {
    const { operation, signal, timeout } = this.options;
    const { body } = this.request;
    const problem = timeoutProblem(operation, timeout);
    if (problem) return this.fail(problem);
    if (body instanceof Readable && !this.#watch(body)) return;
    if (signal?.aborted) return this.fail(signal.reason);
    signal?.addEventListener('abort', this, { once: true });
    if (timeout !== Infinity)
      this.#timer = this.clock.schedule(timeout, () => this.#timeIsUp());
    this.#attempt();
  }

  /** False where the stream is broken already, which it tells in a moment. */
  #watch(body: Readable): boolean {
    // Listens for good: a stream that is given up may break off, too.
    finished(body, { writable: false }, (error) => {
      if (error) this.fail(brokenOff(this.options.operation, error));
    });
    return !body.destroyed || body.readableEnded;
  }

  /** Before undici takes a chunk, whose error would be Node's and tell of no call. */
  #checkChunks(body: Readable): void {
    body.on('data', (chunk: unknown) => {
      try {
        requireSendable(this.options.operation, chunk);
      } catch (error) {
        this.fail(error);
      }
    });
  }

  /** The signal's listener. */
  handleEvent(): void {
    this.fail(this.options.signal?.reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Nothing is sent then; an abort would end the connection, too.
    if (this.over) throw new Error('given up while it waited for a connection');
    this.link.reachability.reached();
    const { body } = this.request;
    if (body instanceof Readable && body.readableObjectMode)
      this.#checkChunks(body);
    this.#readyTimer?.cancel();
    this.#readyTimer = undefined;
  }

  abstract onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: HeaderBag,
  ): void;

  abstract onResponseData(
    controller: Dispatcher.DispatchController,
    chunk: Buffer,
  ): void;

  abstract onResponseEnd(): void;

  onResponseError(_: unknown, error: Error): void {
    if (this.over) return;
    if (this.#controller === undefined) return this.#unreached(error);
    if (this.options.repeatable && !this.#repeated && !this.link.stopped) {
      this.#repeated = true;
      if (this.options.readyTimeout === 0) return this.#attempt();
      // A sidecar that is stopping closes its other connections, too: not before it listens.
      this.#controller = undefined;
      return this.#wait(error);
    }
    this.fail(this.cut(error));
  }

  /** The error of a connection that ended too early. */
  protected cut(error: Error): Error {
    const { operation } = this.options;
    if (this.link.stopped) return stopError(operation);
    return cutError(operation, this.link.description, error);
  }

  protected succeed(answer: T): void {
    this.release();
    this.resolve(answer);
  }

  protected fail(error: unknown): void {
    if (this.over) return;
    this.release();
    this.#controller?.abort(error as Error);
    const { body } = this.request;
    if (body instanceof Readable) body.destroy();
    this.reject(error);
  }

  /** Ends all that runs beside the connection. */
  protected release(): void {
    this.over = true;
    this.stopTimers();
    this.#stopWaiting?.();
    this.options.signal?.removeEventListener('abort', this);
  }

  protected stopTimers(): void {
    this.#timer?.cancel();
    this.#readyTimer?.cancel();
  }

  #attempt(): void {
    if (this.over) return;
    if (this.link.stopped) return this.fail(stopError(this.options.operation));
    if (!this.link.loaded)
      return void this.link.load().then(
        () => this.#attempt(),
        (error: unknown) => this.fail(error),
      );
    this.#controller = undefined;
    try {
      this.link.dispatch(this.request, this);
    } catch (error) {
      if (error instanceof DaprConfigurationError) return this.fail(error);
      this.#wait(error as Error);
    }
  }

  #unreached(error: Error): void {
    const { operation } = this.options;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (this.link.stopped) return this.fail(stopError(operation));
    // The address has changed before it was sent.
    if (code === 'UND_ERR_DESTROYED') return this.#attempt();
    if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED')
      return this.fail(
        new DaprBadRequestError(
          `${operation} can't be sent: ${error.message}.`,
          { operation, cause: error },
        ),
      );
    if (mayPass(code)) return this.#wait(error);
    this.#obstacle = error;
    this.#giveUp();
  }

  #wait(obstacle: Error): void {
    this.#obstacle = obstacle;
    const { readyTimeout, timeout } = this.options;
    if (readyTimeout === 0) return this.#giveUp();
    if (readyTimeout < timeout)
      this.#readyTimer ??= this.clock.schedule(readyTimeout, () => {
        this.#readyTimer = undefined;
        if (this.#isUnreached()) this.#giveUp();
      });
    this.#stopWaiting = this.link.reachability.wait(() => {
      this.#stopWaiting = undefined;
      this.#attempt();
    });
  }

  #timeIsUp(): void {
    if (this.#isUnreached()) return this.#giveUp();
    const { operation, timeout } = this.options;
    this.fail(timeoutError(operation, this.link.description, timeout));
  }

  /** As opposed to a call that waits for one of the connections that stand. */
  #isUnreached(): boolean {
    return (
      this.#obstacle !== undefined &&
      this.#controller === undefined &&
      !this.link.connected(this.request.lane)
    );
  }

  #giveUp(): void {
    const { operation } = this.options;
    const { description } = this.link;
    this.fail(unavailableError(operation, description, 'HTTP', this.#obstacle));
  }
}
