import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';

/**
 * Refuses a name that can't name anything.
 * @param what the name's meaning, for the error: `key`
 * @throws {@link DaprBadRequestError} for an empty name, and for what is no string
 */
export function requireName(
  operation: string,
  what: string,
  name: string,
): void {
  if (typeof name === 'string' && name !== '') return;
  throw new DaprBadRequestError(
    `${operation} failed: the ${what} is ${name === '' ? 'empty' : 'no string'}.`,
    { operation },
  );
}
