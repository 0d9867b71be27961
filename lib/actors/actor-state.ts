import type { JsonOf } from './json-of.js';

/**
 * The stored state of one actor, by keys. Values are JSON, taken over when they are set and handed out as copies:
 * changing what `get` gave changes nothing until it is set again.
 *
 * Nothing is stored before the turn's outermost call ends well; then all changes are, in one transaction, or none.
 * A key is read from the sidecar once and remembered as long as the actor stays active.
 *
 * Usable from `onActivate` on and in turns only: in a constructor, in `onDeactivate` and after the turn it throws.
 *
 * @typeParam TState names the keys and the types of their values
 * @see https://docs.dapr.io/developing-applications/building-blocks/actors/actors-features-concepts/#actor-state-storage
 */
export abstract class ActorState<
  TState extends object = Record<string, unknown>,
> {
  /**
   * The value under a key, changes of this turn included; undefined where there is none.
   * @throws DaprError where the sidecar can't be asked
   */
  abstract get<K extends keyof TState & string>(
    key: K,
  ): Promise<JsonOf<Exclude<TState[K], undefined>> | undefined>;
  /** The value under a key, or `fallback` where nothing is stored; a stored null is a value. */
  abstract get<K extends keyof TState & string>(
    key: K,
    fallback: JsonOf<Exclude<TState[K], undefined>>,
  ): Promise<JsonOf<Exclude<TState[K], undefined>>>;

  /** Whether anything is stored under a key, be it 0, false, '' or null. */
  abstract has(key: keyof TState & string): Promise<boolean>;

  /**
   * Stores a value when the turn ends well. Undefined removes the key.
   * @throws PayloadError for a value that JSON can't carry
   */
  abstract set<K extends keyof TState & string>(key: K, value: TState[K]): void;

  /** Removes a key when the turn ends well. */
  abstract remove(key: keyof TState & string): void;
}
