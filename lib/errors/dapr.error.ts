import type { ErrorDetail } from '../protocol/error-codes.js';

/** What is known of a failed call. */
export interface DaprErrorOptions {
  /** The call that failed, in words: `state.save "statestore"`. */
  readonly operation: string;
  /** The HTTP status of the sidecar's answer; absent when there was none. */
  readonly status?: number;
  /** Dapr's error code, such as `ERR_STATE_STORE_NOT_FOUND`. */
  readonly errorCode?: string;
  readonly details?: readonly ErrorDetail[];
  readonly cause?: unknown;
}

/**
 * A call to the sidecar failed. The subclasses tell what it means; this one is thrown where the wire tells no more.
 * @see https://docs.dapr.io/developing-applications/error-codes/error-codes-reference/
 */
export class DaprError extends Error {
  readonly operation: string;
  readonly status: number | undefined;
  readonly errorCode: string | undefined;
  readonly details: readonly ErrorDetail[];

  constructor(message: string, options: DaprErrorOptions) {
    super(
      message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = new.target.name;
    this.operation = options.operation;
    this.status = options.status;
    this.errorCode = options.errorCode;
    this.details = options.details ?? [];
  }
}
