import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { parseHttpEndpoint, type HttpEndpoint } from '../endpoint.js';
import type { Lane, Lanes } from './lanes.js';
import { Reachability } from './reachability.js';

/** One request as it goes onto the wire. */
export interface WireRequest {
  readonly lane: Lane;
  readonly method: Dispatcher.HttpMethod;
  /** Encoded, from `/v1.0` on. */
  readonly path: string;
  readonly headers: string[] | Record<string, string>;
  readonly body: string | Buffer | Readable | null;
}

/** The way to the sidecar: where it is, the connections to it, and waiting for it. */
export class Link {
  readonly reachability = new Reachability(() => this.#locate());
  // undici takes long to load; nobody waits for it who only imports the library.
  readonly #loading = import('./lanes.js');
  #lanesOf: ((origin: string) => Lanes) | undefined;
  #lanes: Lanes | undefined;
  #endpoint: HttpEndpoint | undefined;
  #address = '';
  #isStopped = false;
  #end: Promise<void> | undefined;

  /** @param address may throw while the address is not known yet, and may change */
  constructor(private readonly address: () => string) {
    // Reported by load().
    this.#loading.catch(() => undefined);
  }

  /** For errors; never throws. */
  get description(): string {
    return this.#address || 'an address that is not known yet';
  }

  get stopped(): boolean {
    return this.#isStopped;
  }

  get loaded(): boolean {
    return this.#lanesOf !== undefined;
  }

  /** Due once before anything is dispatched. */
  async load(): Promise<void> {
    const { Lanes } = await this.#loading;
    this.#lanesOf = (origin) => new Lanes(origin);
  }

  connected(lane: Lane): boolean {
    return this.#lanes?.connected(lane) ?? false;
  }

  /** @throws what the address function throws */
  dispatch(request: WireRequest, handler: Dispatcher.DispatchHandler): void {
    const { basePath, origin } = this.#locate();
    this.#lanes ??= this.#lanesOf?.(origin);
    const { lane, method, path, headers, body } = request;
    this.#lanes?.dispatch(
      lane,
      { method, path: basePath + path, headers, body },
      handler,
    );
  }

  /** Ends every call and connection; idempotent. */
  stop(): Promise<void> {
    // First of all: the calls that wait for a connection hear of its end before destroy() returns.
    this.#isStopped = true;
    this.#end ??= this.#lanes?.destroy() ?? Promise.resolve();
    this.reachability.stop();
    return this.#end;
  }

  #locate(): HttpEndpoint {
    const address = this.address();
    if (this.#endpoint && address === this.#address) return this.#endpoint;
    const endpoint = parseHttpEndpoint(address, `The address "${address}"`);
    const before = this.#lanes;
    this.#lanes = undefined;
    this.#address = address;
    this.#endpoint = endpoint;
    // Last of all: the calls that wait in there try again at once.
    void before?.destroy();
    return endpoint;
  }
}
