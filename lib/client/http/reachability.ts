import { setMaxListeners } from 'node:events';
import { connect } from 'node:net';
import type { HttpEndpoint } from '../endpoint.js';

const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 250;
const PROBE_TIMEOUT = 5_000;

/**
 * Finds out when something listens at an address, once for all the calls that wait for it. Its pauses are real time,
 * whatever the client's clock says: what is waited for is a real socket, which no virtual clock brings up.
 */
export class Reachability {
  readonly #waiting = new Set<() => void>();
  readonly #end = new AbortController();
  #pause = FIRST_PAUSE;
  #timer: NodeJS.Timeout | undefined;
  #probing = false;

  constructor(private readonly locate: () => HttpEndpoint) {
    setMaxListeners(0, this.#end.signal);
  }

  /** Calls back once a connection may succeed; the returned function gives up waiting. */
  wait(callback: () => void): () => void {
    this.#waiting.add(callback);
    this.#probeLater();
    return () => {
      this.#waiting.delete(callback);
      if (this.#waiting.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  /** A call got through: the next outage begins with short pauses again. */
  reached(): void {
    this.#pause = FIRST_PAUSE;
  }

  /** Waits no more: every call that waits tries at once, and learns that the client was stopped. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#end.abort();
    this.#release();
  }

  #probeLater(): void {
    if (this.#probing || this.#timer || this.#end.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#probe();
    }, this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  #probe(): void {
    let endpoint: HttpEndpoint;
    try {
      endpoint = this.locate();
    } catch {
      return this.#probeLater();
    }
    this.#probing = true;
    const { host, port } = endpoint;
    const socket = connect({ host, port, signal: this.#end.signal });
    const end = (reached: boolean): void => {
      if (!this.#probing) return;
      this.#probing = false;
      socket.destroy();
      if (reached) this.#release();
      else if (this.#waiting.size > 0) this.#probeLater();
    };
    socket.setTimeout(PROBE_TIMEOUT, () => end(false));
    socket.once('connect', () => end(true));
    socket.on('error', () => end(false));
  }

  #release(): void {
    const callbacks = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of callbacks) callback();
  }
}
