import { ActorError, contextCanceled } from './actor-error.js';

/** The actor instance went away before the turn could begin. The turn has had no effect: try the next instance. */
export class InstanceClosed extends Error {
  constructor() {
    super('actor is closed');
    this.name = 'InstanceClosed';
  }
}

/** One chain of calls through an actor: its outermost call and the ones that came back to the actor within it. */
interface Chain {
  readonly id: string | undefined;
  depth: number;
  readonly waiting: Waiting[];
}

interface Waiting {
  readonly begin: () => void;
  readonly fail: (error: Error) => void;
}

/** Lets one chain of calls at a time into an actor, strictly in order of arrival. */
export class TurnLock {
  /** The first holds the lock. */
  private readonly chains: Chain[] = [];
  private readonly whenFree: (() => void)[] = [];
  private closed = false;

  /** @param maxDepth how often one chain may be inside; undefined: reentrancy is off */
  constructor(private readonly maxDepth: number | undefined) {}

  /** Whether a chain of that id is inside or waits. */
  knows(id: string | undefined): boolean {
    return this.find(id) !== undefined;
  }

  /**
   * Resolves when the turn may begin, with how to end it.
   * @throws InstanceClosed, and ActorError when the chain is too deep or the signal aborts
   */
  async enter(
    id: string | undefined,
    signal?: AbortSignal,
  ): Promise<() => void> {
    if (signal?.aborted) throw contextCanceled();
    if (this.closed) throw new InstanceClosed();
    const chain = this.join(id);
    if (chain !== this.chains[0])
      try {
        await this.turnOf(chain, signal);
      } catch (error) {
        this.leave(chain);
        throw error;
      }
    return () => this.leave(chain);
  }

  /** Whoever waits, or comes, fails with {@link InstanceClosed}. */
  close(): void {
    this.closed = true;
    for (const chain of this.chains)
      for (const { fail } of chain.waiting.splice(0))
        fail(new InstanceClosed());
  }

  /** Resolves when nobody is inside and nobody waits. */
  free(): Promise<void> {
    if (this.chains.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.whenFree.push(resolve));
  }

  private join(id: string | undefined): Chain {
    const found = this.find(id);
    if (found) {
      if (found.depth >= (this.maxDepth ?? 1))
        throw new ActorError('stack-depth', 'maximum stack depth exceeded');
      found.depth += 1;
      return found;
    }
    const chain: Chain = { id, depth: 1, waiting: [] };
    this.chains.push(chain);
    return chain;
  }

  private find(id: string | undefined): Chain | undefined {
    if (id === undefined || this.maxDepth === undefined) return undefined;
    return this.chains.find((chain) => chain.id === id);
  }

  private turnOf(chain: Chain, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        chain.waiting.splice(chain.waiting.indexOf(waiting), 1);
        reject(contextCanceled());
      };
      const waiting: Waiting = {
        begin() {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
        fail(error) {
          signal?.removeEventListener('abort', abort);
          reject(error);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      chain.waiting.push(waiting);
    });
  }

  private leave(chain: Chain): void {
    chain.depth -= 1;
    if (chain.depth > 0) return;
    this.chains.splice(this.chains.indexOf(chain), 1);
    for (const { begin } of this.chains[0]?.waiting.splice(0) ?? []) begin();
    if (this.chains.length > 0) return;
    for (const resolve of this.whenFree.splice(0)) resolve();
  }
}
