import type { Duration } from '../protocol/duration.js';
import type { JsonOf } from './json-of.js';

/** How a value of an actor's state is stored. */
export interface ActorStateSetOptions {
  /**
   * The value is gone that long after it was stored: whole seconds. Without it, a value stays, also where the one before
   * had a time to live. daprd takes it where the preview feature `ActorStateTTL` is enabled in its Configuration, else
   * the turn fails with words that say so.
   * @see https://docs.dapr.io/operations/configuration/preview-features/
   */
  readonly ttl?: Duration | undefined;
}

/** A state as it comes back from JSON. */
export type StateAsJson<TState extends object> = {
  [K in keyof TState]-?: JsonOf<Exclude<TState[K], undefined>>;
};

/**
 * The stored state of one actor, by keys. Values are JSON, taken over when they are set and handed out as copies:
 * changing what `get` gave changes nothing until it is set again.
 *
 * Nothing is stored before the turn's outermost call ends well, or calls `save`; then all changes are, in one
 * transaction, or none. A value is read from the sidecar once and remembered as long as the actor stays active, though
 * never beyond its time to live; where that may be unknown, as with Redis, for one turn.
 *
 * Usable from `onActivate` on and in turns only: in a constructor, in `onDeactivate` and after the turn it throws.
 *
 * @typeParam TState names the keys and the types of their values
 * @typeParam TRead the types in which values come back: what JSON makes of them, unless a serializer does better
 * @see https://docs.dapr.io/developing-applications/building-blocks/actors/actors-features-concepts/#actor-state-storage
 */
export abstract class ActorState<
  TState extends object = Record<string, unknown>,
  TRead extends object = StateAsJson<TState>,
> {
  /**
   * The value under a key, changes of this turn included; undefined where there is none.
   * @throws DaprError where the sidecar can't be asked
   */
  abstract get<K extends keyof TState & keyof TRead & string>(
    key: K,
  ): Promise<TRead[K] | undefined>;
  /** The value under a key, or `fallback` where nothing is stored; a stored null is a value. */
  abstract get<K extends keyof TState & keyof TRead & string>(
    key: K,
    fallback: TRead[K],
  ): Promise<TRead[K]>;

  /** Whether anything is stored under a key, be it 0, false, '' or null. */
  abstract has(key: keyof TState & string): Promise<boolean>;

  /**
   * The keys under which something is stored, changes of this turn included, in no order. Needs `state: { keys: true }`
   * in `@ActorType`, since Dapr can't list them.
   * @throws Error where the type does not keep its keys
   */
  abstract keys(): Promise<(keyof TState & string)[]>;

  /**
   * Stores a value when the turn ends well. Undefined removes the key.
   * @throws PayloadError for a value that JSON can't carry
   * @throws DurationError for a time to live that Dapr can't hold
   */
  abstract set<K extends keyof TState & string>(
    key: K,
    value: TState[K],
    options?: ActorStateSetOptions,
  ): void;

  /** Removes a key when the turn ends well. */
  abstract remove(key: keyof TState & string): void;

  /**
   * Stores now what has been changed in this actor so far, by whichever call that is inside, in one transaction: one
   * more call of the sidecar. What is thrown later does not undo it. Where it fails, the turn fails, too, whether or
   * not the error is caught, and the instance is gone.
   * @throws DaprError where it could not be stored
   */
  abstract save(): Promise<void>;
}
