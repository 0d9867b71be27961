import type {
  ActorStateOperation,
  ActorStateValue,
} from '../../client/actor.js';

/** JSON text that is to be stored, with its time to live in seconds where it has one; undefined removes. */
export type StateChange =
  string | { readonly text: string; readonly ttl: number } | undefined;

export type Changes = Map<string, StateChange>;

/** JSON text that is stored, and is gone some time though no turn removes it. */
export type Passing =
  /** In milliseconds since the epoch. */
  | { readonly text: string; readonly until: number }
  /** It came without an end, which it may have all the same; the number of the chain that read it. */
  | { readonly text: string; readonly readIn: number };

/** JSON text that is stored; undefined for nothing. */
export type Stored = string | Passing | undefined;

export function textOf(value: StateChange | Stored): string | undefined {
  return typeof value === 'object' ? value.text : value;
}

/** What the sidecar told the chain with that number of a key. */
export function storedOf(
  { value, expires }: ActorStateValue,
  readIn: number,
): Stored {
  if (value === undefined) return undefined;
  const text = JSON.stringify(value);
  return expires ? { text, until: expires.getTime() } : { text, readIn };
}

/**
 * Changes as a transaction takes them.
 * @param mayEnd whether the values before may have times to live
 */
export function operationsOf(
  changes: Changes,
  mayEnd: boolean,
): ActorStateOperation[] {
  return Array.from(changes, ([key, change]) => {
    if (change === undefined) return { operation: 'delete', request: { key } };
    const text = typeof change === 'object' ? change.text : change;
    const value: unknown = JSON.parse(text);
    if (typeof change !== 'object' && !mayEnd)
      return { operation: 'upsert', request: { key, value } };
    // Redis keeps that of the value before unless it is told otherwise, whoever stored it:
    // https://docs.dapr.io/developing-applications/building-blocks/state-management/state-store-ttl/
    const ttl = typeof change === 'object' ? change.ttl : -1;
    const metadata = { ttlInSeconds: String(ttl) };
    return { operation: 'upsert', request: { key, value, metadata } };
  });
}
