import { setMaxListeners } from 'node:events';
import { connect } from 'node:net';
import { buildConnector, Pool, type Dispatcher } from 'undici';

/**
 * `reentrant` calls may come back to this application before they end (invocation, actor methods, publish, bindings);
 * `leaf` calls end in the sidecar. Were they to share a connection limit, a thousand calls of actors would hold every
 * connection that those actors wait for.
 */
export type Lane = 'leaf' | 'reentrant';

// Leaf calls end by themselves, so a limit costs them no more than a short wait and saves sockets.
const LEAF_CONNECTIONS = 64;

/** The connections to one address. */
export class Lanes {
  readonly #pools: Readonly<Record<Lane, Pool>>;
  readonly #cut = new AbortController();

  constructor(origin: string) {
    // One listener per socket, by design.
    setMaxListeners(0, this.#cut.signal);
    const options: Pool.Options = {
      connect: cuttable(this.#cut.signal),
      // Calls have a timeout of their own, which follows the client's clock.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    this.#pools = {
      leaf: new Pool(origin, { ...options, connections: LEAF_CONNECTIONS }),
      reentrant: new Pool(origin, options),
    };
  }

  /** Whether a connection of the lane stands. */
  connected(lane: Lane): boolean {
    return this.#pools[lane].stats.connected > 0;
  }

  dispatch(
    lane: Lane,
    request: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): void {
    this.#pools[lane].dispatch(request, handler);
  }

  /** Ends every call and connection. */
  async destroy(): Promise<void> {
    await Promise.all([
      this.#pools.leaf.destroy(),
      this.#pools.reentrant.destroy(),
    ]);
    // A pool forgets clients that failed to connect, and does not cut one that is connecting.
    this.#cut.abort();
  }
}

/** undici's own connector, with sockets that end with `signal` in every state of theirs. */
function cuttable(signal: AbortSignal): buildConnector.connector {
  // Handed to net.connect, which knows a signal; the type does not say so.
  const plain = buildConnector({ signal } as buildConnector.BuildOptions);
  const secure = buildConnector({});
  return (options, callback) => {
    if (options.protocol !== 'https:') return plain(options, callback);
    // tls.connect knows no signal, but ends with the socket below it.
    const { hostname: host, port } = options;
    const httpSocket = connect({ host, port: Number(port) || 443, signal });
    // Reported by the TLS socket.
    httpSocket.on('error', () => undefined);
    secure({ ...options, httpSocket }, callback);
  };
}
