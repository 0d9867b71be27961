import type { Changes, StateChange } from './state-changes.js';

/** Under this key stand the keys of an actor whose type asks for them: Dapr can't list what it stores. */
export const KEYS = 'x-nestjs-dapr-keys';

/** By key, when its value ends, in milliseconds since the epoch; 0 for never. */
type Ends = Record<string, number>;

/** The keys of an actor after some changes. */
export function keysAfter(
  text: string | undefined,
  changes: Iterable<readonly [string, StateChange]>,
  now: number,
): Ends {
  const stored = text === undefined ? {} : (JSON.parse(text) as Ends);
  const ends = new Map(Object.entries(stored));
  for (const [key, change] of changes)
    if (key === KEYS) continue;
    else if (change === undefined) ends.delete(key);
    else
      ends.set(key, typeof change === 'object' ? now + change.ttl * 1000 : 0);
  return Object.fromEntries(
    [...ends].filter(([, end]) => end === 0 || end > now),
  );
}

/** Adds the list of keys to the changes, where they change it. */
export function noteKeys(
  changes: Changes,
  stored: string | undefined,
  now: number,
): void {
  const text = JSON.stringify(keysAfter(stored, changes, now));
  if (text !== (stored ?? '{}')) changes.set(KEYS, text);
}
