import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';

/**
 * Refuses a name that can't name anything.
 * @param what the name's meaning, for the error: `key`
 * @throws {@link DaprBadRequestError} for an empty name, for broken surrogate pairs, and for what is no string
 */
export function requireName(
  operation: string,
  what: string,
  name: string,
): void {
  const problem = problemOf(name);
  if (problem)
    throw new DaprBadRequestError(
      `${operation} failed: the ${what} is ${problem}.`,
      { operation },
    );
}

function problemOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'no string';
  if (name === '') return 'empty';
  return /\p{Cs}/u.test(name) ? 'no valid Unicode text' : undefined;
}

const LISTED = 5;

/** Which keys a call is about, for its operation in words: ` key "a"`, ` keys "a", "b"`; '' where there are none. */
export function keysInWords(keys: readonly string[]): string {
  if (keys.length === 0) return '';
  const listed = keys.slice(0, LISTED).map((key) => `"${key}"`);
  const more = keys.length - listed.length;
  return ` ${keys.length === 1 ? 'key' : 'keys'} ${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
