import type { CallOptions } from './call-options.js';

export interface SidecarShutdownOptions extends CallOptions {
  /** End at once, whatever is under way. Default false: what is under way may end, for a few seconds. */
  readonly force?: boolean | undefined;
}

/** The sidecar itself. */
export interface ClientSidecar {
  /**
   * Ends the sidecar's process. Resolves when the sidecar has taken the order, which is before it has ended.
   * @see https://docs.dapr.io/reference/api/shutdown_api/
   */
  shutdown(options?: SidecarShutdownOptions): Promise<void>;
}

/** Headers, or metadata, of the call. */
export function shutdownHeaders(
  options: SidecarShutdownOptions | undefined,
): Readonly<Record<string, string>> | undefined {
  return options?.force ? { 'dapr-force-shutdown': 'true' } : undefined;
}
