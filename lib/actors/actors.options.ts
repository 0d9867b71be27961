import type { BareArray } from '../protocol/actor-arguments.js';
import type { Duration } from '../protocol/duration.js';
import type { ActorStateOptions } from './actor-state.options.js';
import type {
  RemoteErrorClass,
  RemoteErrorRule,
} from './proxy/error-classes.js';

/** Calls that come back to an actor while its own turn waits for them. */
export interface ActorReentrancyOptions {
  /** Let a call of the chain that the running turn began enter at once; else it waits for the turn's end. */
  readonly enabled: boolean;
  /** How many calls of one chain may be inside an actor at a time; the next one fails. Default 32. */
  readonly maxStackDepth?: number | undefined;
}

/**
 * How Dapr treats actors: for all types of the app, or in `@ActorType` for one.
 * @see https://docs.dapr.io/developing-applications/building-blocks/actors/actors-runtime-config/
 */
export interface ActorsOptions {
  /** An actor without a call for that long is deactivated. Counts from the begin of its last turn. Default 60 min. */
  readonly idleTimeout?: Duration | undefined;
  /** How long Dapr waits for a running turn before it moves the actor to another host. Default 2 s. */
  readonly drainOngoingCallTimeout?: Duration | undefined;
  /**
   * Wait for running turns at all when actors move to another host. Default true. Dapr 1.18 reads it for all types of
   * the app only, not for one.
   */
  readonly drainRebalancedActors?: boolean | undefined;
  /** Default: not enabled. */
  readonly reentrancy?: ActorReentrancyOptions | undefined;
  /**
   * Into how many parts the reminders of a type are split in the state store: a whole number from 0 up. Of use before
   * Dapr 1.15 only, where reminders were kept there; later ones take it and do nothing.
   */
  readonly remindersStoragePartitions?: number | undefined;
  /**
   * What a bare JSON array means between this package and other SDKs: `single` is one argument, `spread` is the list
   * of arguments, as `@dapr/dapr` sends and takes it. So an actor reads what callers on other SDKs send, and so a
   * proxy calls: with `spread`, a single argument is sent as a list of one. Default `single`.
   */
  readonly arguments?: BareArray | undefined;
}

/** What `DaprModule.forRoot({ actors })` says of all actors of the app, and of the proxies in it. */
export interface ActorsModuleOptions extends ActorsOptions {
  /**
   * Classes of the errors that actors throw. Where one of them, or a subclass, is thrown in an actor, a proxy throws an
   * instance of it again, with the message, `status` and `details` of the original and an `ActorInvocationError` as its
   * cause: `[HttpException, OutOfStockError]`. Its constructor does not run, but for exceptions of Nest. Every other
   * error becomes an `ActorInvocationError`. Default: none.
   */
  readonly errors?: readonly (RemoteErrorClass | RemoteErrorRule)[] | undefined;
  /**
   * Send the stack of an actor's error to the proxy that called, which shows it as the `stack` of the error's cause.
   * For apps that trust each other. Default false.
   */
  readonly stacks?: boolean | undefined;
}

/** What `@ActorType` may say of its class. */
export interface ActorTypeOptions extends ActorsOptions {
  /**
   * How many turns of the type run at a time in this replica, whatever their actors; the others wait in the order they
   * came. A turn does not count while it waits for a call of an actor, so for a moment some more may run when such calls
   * come back together; one that is called in another of the type comes before the others. Default: any number.
   */
  readonly maxConcurrentTurns?: number | undefined;
  /** How the state is stored. Default: JSON, without versions. */
  readonly state?: ActorStateOptions | undefined;
  /** The methods that can be called from outside. Default: every method below `Actor` that is no hook or handler. */
  readonly methods?: readonly string[] | undefined;
  /** The class only describes actors that another app hosts, though its methods have bodies. Default false. */
  readonly remote?: boolean | undefined;
}
