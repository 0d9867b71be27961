import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';
import { DaprError } from '../errors/dapr.error.js';
import { DurationError } from '../protocol/duration.js';
import { PayloadError, toJson } from '../protocol/payload.js';

/** JSON of a request. @throws {@link DaprBadRequestError} for what JSON can't carry */
export function jsonOf(operation: string, value: unknown): string {
  return encoding(operation, () => toJson(value));
}

/** Runs `encode`; what can't be sent is a request that is refused before it goes out. */
export function encoding<T>(operation: string, encode: () => T): T {
  return rethrowing(operation, encode, DaprBadRequestError);
}

/** Runs `decode`; an answer that is not what it says fails the call. */
export function decoding<T>(operation: string, decode: () => T): T {
  return rethrowing(operation, decode, DaprError);
}

/** The JSON of an answer that can be nothing else. */
export function parseAnswer(operation: string, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new DaprError(
      `${operation} failed: the sidecar's answer is no JSON.`,
      { operation, cause },
    );
  }
}

function rethrowing<T>(
  operation: string,
  run: () => T,
  kind: typeof DaprError,
): T {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof PayloadError || cause instanceof DurationError))
      throw cause;
    throw new kind(`${operation} failed: ${cause.message}`, {
      operation,
      cause,
    });
  }
}
