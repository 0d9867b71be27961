/** Taken by every call of the client. */
export interface CallOptions {
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the call rejects with a `DaprTimeoutError`; defaults to the client's `timeout` (60 s). */
  readonly timeout?: number;
}
