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
