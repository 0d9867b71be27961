import type {
  ActorStateOperation,
  ActorStateValue,
} from '../../client/actor.js';

/** JSON text that is to be stored, with its time to live in seconds where it has one; undefined removes. */
export type StateChange =
  string | { readonly text: string; readonly ttl: number } | undefined;

export type Changes = Map<string, StateChange>;

/** JSON text that is stored, with its end in milliseconds since the epoch where it has one; undefined for nothing. */
export type Stored =
  string | { readonly text: string; readonly until: number } | undefined;

export function textOf(value: StateChange | Stored): string | undefined {
  return typeof value === 'object' ? value.text : value;
}

/** What the sidecar told of a key. */
export function storedOf({ value, expires }: ActorStateValue): Stored {
  if (value === undefined) return undefined;
  const text = JSON.stringify(value);
  return expires ? { text, until: expires.getTime() } : text;
}

/**
 * Changes as a transaction takes them.
 * @param expiring keys whose stored value may have a time to live
 */
export function operationsOf(
  changes: Changes,
  expiring: ReadonlySet<string>,
): ActorStateOperation[] {
  return Array.from(changes, ([key, change]) => {
    if (change === undefined) return { operation: 'delete', request: { key } };
    const text = typeof change === 'object' ? change.text : change;
    const value: unknown = JSON.parse(text);
    // Redis would keep that of the value before.
    const ttl =
      typeof change === 'object' ? change.ttl : expiring.has(key) ? -1 : 0;
    if (ttl === 0) return { operation: 'upsert', request: { key, value } };
    const metadata = { ttlInSeconds: String(ttl) };
    return { operation: 'upsert', request: { key, value, metadata } };
  });
}
