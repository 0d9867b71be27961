import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';

/** @throws {@link DaprBadRequestError} for a chunk of a stream that is neither bytes nor text */
export function requireSendable(
  operation: string,
  chunk: unknown,
): asserts chunk is string | Uint8Array {
  if (typeof chunk === 'string' || chunk instanceof Uint8Array) return;
  throw new DaprBadRequestError(
    `${operation} failed: its stream gives ${typeof chunk}s; bytes or text are due.`,
    { operation },
  );
}

/** Why a stream can't be sent to its end: its own error, or in words that it was destroyed without one. */
export function brokenOff(operation: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_STREAM_PREMATURE_CLOSE') return error;
  return new DaprBadRequestError(
    `${operation} failed: its stream was destroyed before all of it was sent.`,
    { operation, cause: error },
  );
}
