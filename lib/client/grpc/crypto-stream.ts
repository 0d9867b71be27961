import { Duplex } from 'node:stream';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { DaprError } from '../../errors/dapr.error.js';
import type { ScheduledCall } from '../../protocol/clock.js';
import type { StreamPayload } from '../../protocol/proto/generated/common.js';
import { timeoutError, unavailableError } from '../transport-error.js';
import type { GrpcStream } from './channel.js';
import type { Link } from './link.js';

interface Request<TOptions> {
  readonly options?: TOptions | undefined;
  readonly payload?: StreamPayload | undefined;
}

interface Response {
  readonly payload?: StreamPayload | undefined;
}

type Call<TOptions> = ClientDuplexStream<Request<TOptions>, Response>;

export interface CryptoStreamOptions<TOptions> {
  /** In words, for errors. */
  readonly operation: string;
  readonly link: Link;
  readonly open: (link: Link) => GrpcStream<Call<TOptions>>;
  /** What the first message says, and no other. */
  readonly first: TOptions;
  /** Milliseconds that the sidecar may stand still. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

// A segment of a document, which is also what the sidecar sends at a time. daprd takes messages of up to 4 MiB.
const CHUNK = 64 * 1024;

/**
 * Takes data, and gives what the sidecar makes of it. The call is made when there is something to do, since daprd gives
 * it up when nothing comes for 5 seconds (pkg/api/grpc/crypto.go). It takes no more while the sidecar takes no more,
 * which takes no more while nobody reads.
 */
export class CryptoStream<TOptions> extends Duplex {
  readonly #options: CryptoStreamOptions<TOptions>;
  #call: Call<TOptions> | undefined;
  #sequence = 0;
  /** The sidecar has something to take, or has been given everything. */
  #isOwed = false;
  /** What it sends would be taken. */
  #isWanted = false;
  /** There was a connection; should it end, the call says so itself. */
  #isReached = false;
  #timer: ScheduledCall | undefined;

  constructor(options: CryptoStreamOptions<TOptions>) {
    super({ highWaterMark: CHUNK });
    this.#options = options;
    options.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  override _write(data: Buffer, _: BufferEncoding, done: () => void): void {
    const call = this.#open();
    if (!call) return;
    this.#isOwed = true;
    this.#send(call, data, done);
  }

  override _final(done: () => void): void {
    const call = this.#open();
    if (!call) return;
    this.#isOwed = true;
    this.#watch();
    call.end();
    done();
  }

  override _read(): void {
    this.#isWanted = true;
    this.#open()?.resume();
    this.#watch();
  }

  override _destroy(
    error: Error | null,
    done: (error: Error | null) => void,
  ): void {
    this.#timer?.cancel();
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#call?.cancel();
    done(error);
  }

  /** Undefined when it fails, with which the stream ends. */
  #open(): Call<TOptions> | undefined {
    if (this.#call) return this.#call;
    try {
      const { link, open, first } = this.#options;
      const opened = open(link);
      const call = opened.stream;
      this.#call = call;
      call.on('error', (error) => this.destroy(opened.failure(error) as Error));
      call.on('data', ({ payload }: Response) => this.#take(call, payload));
      call.on('end', () => this.#end());
      call.write({ options: first });
      return call;
    } catch (error) {
      this.destroy(error as Error);
      return undefined;
    }
  }

  #send(call: Call<TOptions>, data: Buffer, done: () => void): void {
    this.#watch();
    const payload = { data: data.subarray(0, CHUNK), seq: this.#sequence++ };
    call.write({ payload }, () => {
      const rest = data.subarray(CHUNK);
      if (rest.length > 0) return this.#send(call, rest, done);
      this.#isOwed = false;
      this.#watch();
      done();
    });
  }

  #take(call: Call<TOptions>, payload: StreamPayload | undefined): void {
    this.#isWanted = !payload || this.push(payload.data);
    if (!this.#isWanted) call.pause();
    this.#watch();
  }

  /** The sidecar is done; when it fails, the error has come before. */
  #end(): void {
    if (this.destroyed) return;
    this.#isOwed = false;
    this.#watch();
    const { operation } = this.#options;
    if (this.writableFinished) this.push(null);
    else
      this.destroy(
        new DaprError(
          `${operation} failed: the sidecar ended the stream before it had everything.`,
          { operation },
        ),
      );
  }

  /** Counts anew how long the sidecar stands still, while it is its turn. */
  #watch(): void {
    this.#timer?.cancel();
    if (!this.#call || this.destroyed) return;
    const { operation, timeout, link } = this.#options;
    const { description } = link;
    this.#isReached ||= link.connected;
    // grpc-js waits for a connection for as long as it takes.
    if (!this.#isReached)
      this.#in(Math.min(timeout, link.options.readyTimeout || Infinity), () => {
        if (link.connected) this.#watch();
        else
          this.destroy(
            unavailableError(operation, description, 'gRPC', undefined),
          );
      });
    else if (this.#isOwed && this.#isWanted)
      this.#in(timeout, () =>
        this.destroy(timeoutError(operation, description, timeout)),
      );
  }

  #in(milliseconds: number, act: () => void): void {
    if (milliseconds === Infinity) return;
    const { clock } = this.#options.link.options;
    this.#timer = clock.schedule(milliseconds, act);
  }

  readonly #abort = (): void => {
    this.destroy(this.#options.signal?.reason as Error);
  };
}
