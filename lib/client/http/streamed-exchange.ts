import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { HeaderBag } from '../../protocol/headers.js';
import { Exchange } from './exchange.js';

/** An answer whose body is still coming. */
export interface HttpStream {
  readonly status: number;
  readonly headers: HeaderBag;
  readonly body: Readable;
}

/** A call that ends with the head of its answer; the signal goes on ending the body. */
export class StreamedExchange extends Exchange<HttpStream> {
  #body: Readable | undefined;

  override handleEvent(): void {
    if (this.#body) this.#body.destroy(this.options.signal?.reason as Error);
    else super.handleEvent();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: HeaderBag,
  ): void {
    // 100 and 103 come before the answer.
    if (status < 200 || this.over) return;
    const body = new Readable({
      read: () => controller.resume(),
      destroy: (error, callback) => {
        this.release();
        controller.abort(error ?? new Error('the body was not wanted'));
        callback(error);
      },
    });
    // Without a listener an error ends the process; whoever reads hears of it, also later.
    body.on('error', () => undefined);
    this.#body = body;
    this.stopTimers();
    this.resolve({ status, headers, body });
  }

  onResponseData(
    controller: Dispatcher.DispatchController,
    chunk: Buffer,
  ): void {
    if (this.#body?.push(chunk) === false) controller.pause();
  }

  onResponseEnd(): void {
    this.release();
    this.#body?.push(null);
  }

  override onResponseError(controller: unknown, error: Error): void {
    if (this.#body) this.#body.destroy(this.cut(error));
    else super.onResponseError(controller, error);
  }
}
