/** What a contender can do; each method is one scenario. */
export interface Contender {
  /**
   * Serves Dapr's callbacks: topic `orders` of `pubsub`, and actor type `Cart` with the method `peek`, which touches no
   * state, and the method `add`, which writes one key.
   */
  serve?(sidecarPort: number): Promise<Served>;
  /** A function that reads one key of the store `statestore`. */
  client?(sidecarPort: number): Promise<() => Promise<unknown>>;
  /** The same over gRPC. */
  grpcClient?(sidecarPort: number): Promise<() => Promise<unknown>>;
}

export interface Served {
  readonly port: number;
  readonly topicPath: string;
  /** Without actors in it, a contender sits those scenarios out. */
  readonly hasActors: boolean;
}

/** What the runner asks of a contender's process. */
export type Ask =
  | { readonly kind: 'usage' }
  | {
      readonly kind: 'call';
      readonly milliseconds: number;
      readonly concurrency: number;
    }
  | { readonly kind: 'memory' }
  /** Runs that many calls, and tells how the heap has grown from the first half to the second. */
  | { readonly kind: 'heap'; readonly calls: number };

export interface Usage {
  /** Microseconds of CPU time, user and system, since the process began. */
  readonly cpu: number;
}

export interface Memory {
  /** Bytes in use after a full collection. */
  readonly heap: number;
}

export interface Heap {
  /** MiB in use after a full collection: when half of the calls are done, and after the last. */
  readonly halfway: number;
  readonly end: number;
}

export interface Called {
  readonly count: number;
  readonly seconds: number;
  readonly p99: number;
}
