import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/** What an incoming call hands on to the calls that are made while it is handled. */
export interface CallScope {
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly baggage?: string;
  /** Dapr's id of the actor call chain; sent on with calls of actors only. */
  readonly reentrancyId?: string;
  /** The actor turns that the call is made in, outermost first; sent on with calls of actors only. */
  readonly turns?: string | undefined;
  /** A turn of an actor whose code can call others. */
  readonly mayCall?: boolean;
}

/** The incoming call that the running code belongs to. One per DaprModule. */
export class CurrentCall {
  /** Names this app, while it runs, in the calls of actors that it makes. */
  readonly app = randomBytes(6).toString('base64url');
  private readonly storage = new AsyncLocalStorage<CallScope>();

  run<T>(scope: CallScope, work: () => T): T {
    // A storage that was never entered costs nothing; one that was costs every promise of the process a little.
    return isEmpty(scope) && this.get() === undefined
      ? work()
      : this.storage.run(scope, work);
  }

  get(): CallScope | undefined {
    return this.storage.getStore();
  }
}

function isEmpty({ traceparent, reentrancyId, mayCall }: CallScope): boolean {
  return traceparent === undefined && reentrancyId === undefined && !mayCall;
}
