import type { HeaderBag } from '../../protocol/headers.js';
import { Exchange } from './exchange.js';

/** An answer whose body is complete. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: HeaderBag;
  readonly body: Buffer;
}

const EMPTY = Buffer.alloc(0);

/** A call that ends with the last byte of its answer. */
export class BufferedExchange extends Exchange<HttpAnswer> {
  #status = 0;
  #headers: HeaderBag = {};
  #body: Buffer = EMPTY;
  #more: Buffer[] | undefined;

  onResponseStart(_: unknown, status: number, headers: HeaderBag): void {
    this.#status = status;
    this.#headers = headers;
    // A call that is repeated may have a part of the answer before.
    this.#body = EMPTY;
    this.#more = undefined;
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (this.#body === EMPTY) this.#body = chunk;
    else (this.#more ??= [this.#body]).push(chunk);
  }

  onResponseEnd(): void {
    if (this.over) return;
    this.succeed({
      status: this.#status,
      headers: this.#headers,
      body: this.#more ? Buffer.concat(this.#more) : this.#body,
    });
  }
}
