import type { BareArray } from '../protocol/actor-arguments.js';
import type { Duration } from '../protocol/duration.js';

/** Calls that come back to an actor while its own turn waits for them. */
export interface ActorReentrancyOptions {
  /** Let a call of the chain that the running turn began enter at once; else it waits for the turn's end. */
  readonly enabled: boolean;
  /** How many calls of one chain may be inside an actor at a time; the next one fails. Default 32. */
  readonly maxStackDepth?: number;
}

/**
 * How Dapr treats actors: for all types of the app, or in `@ActorType` for one.
 * @see https://docs.dapr.io/developing-applications/building-blocks/actors/actors-runtime-config/
 */
export interface ActorsOptions {
  /** An actor without a call for that long is deactivated. Counts from the begin of its last turn. Default 60 min. */
  readonly idleTimeout?: Duration;
  /** How long Dapr waits for a running turn before it moves the actor to another host. Default 2 s. */
  readonly drainOngoingCallTimeout?: Duration;
  /** Wait for running turns at all when actors move to another host. Default true. */
  readonly drainRebalancedActors?: boolean;
  /** Default: not enabled. */
  readonly reentrancy?: ActorReentrancyOptions;
  /**
   * What a bare JSON array means between this package and other SDKs: `single` is one argument, `spread` is the list
   * of arguments, as `@dapr/dapr` sends and takes it. So an actor reads what callers on other SDKs send, and so a
   * proxy calls: with `spread`, a single argument is sent as a list of one. Default `single`.
   */
  readonly arguments?: BareArray;
}

/** What `@ActorType` may say of its class. */
export interface ActorTypeOptions extends ActorsOptions {
  /** The methods that can be called from outside. Default: every method below `Actor` that is no hook or handler. */
  readonly methods?: readonly string[];
  /** The class only describes actors that another app hosts, though its methods have bodies. Default false. */
  readonly remote?: boolean;
}
