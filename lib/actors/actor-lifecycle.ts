/** An actor that wants to know when it comes into memory. */
export interface OnActivate {
  /**
   * Runs before the first call of a fresh instance, as part of its turn: state set here is stored with what that call
   * sets. When it throws, the call fails and the instance is gone.
   */
  onActivate(): void | Promise<void>;
}

/** An actor that wants to know when it leaves memory: idle, moved, or because the app or the sidecar goes. */
export interface OnDeactivate {
  /** Releases what the instance holds. Dapr has forgotten it already, so its state can't be used any more. */
  onDeactivate(): void | Promise<void>;
}
