import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';

/** Taken by every call of the client. */
export interface CallOptions {
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call rejects with a `DaprTimeoutError`; defaults to the client's `timeout` (60 s). */
  readonly timeout?: number | undefined;
}

/** Why a call can't have this timeout, which came from anywhere; undefined for one that it can have. */
export function timeoutProblem(
  operation: string,
  timeout: unknown,
): DaprBadRequestError | undefined {
  if (typeof timeout === 'number' && timeout >= 0) return undefined;
  return new DaprBadRequestError(
    `${operation} failed: the option timeout is ${String(timeout)}; milliseconds are due, or Infinity for no limit.`,
    { operation },
  );
}

/** @throws {@link DaprBadRequestError} for what is no timeout */
export function requireTimeout(operation: string, timeout: unknown): void {
  const problem = timeoutProblem(operation, timeout);
  if (problem) throw problem;
}
