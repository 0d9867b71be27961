import type { CallOptions } from './call-options.js';

/** @see https://docs.dapr.io/reference/api/health_api/ */
export interface ClientHealth {
  /**
   * Whether the sidecar is ready and the app behind it listens; over gRPC, which can't tell of the app, whether the
   * sidecar serves its API. Never rejects, never waits for a sidecar that is not there.
   * @param options `timeout` is 1 s by default
   */
  isHealthy(options?: CallOptions): Promise<boolean>;
  /**
   * Resolves once the sidecar serves its API, which may be before the app listens: this is the one to wait for while
   * the app starts.
   * @param options `timeout` is the client's `readyTimeout` by default
   * @throws SidecarUnavailableError when the time is over
   */
  waitUntilReady(options?: CallOptions): Promise<void>;
  /**
   * Resolves once the sidecar has asked the app for its subscriptions and actors: what is published from then on is
   * delivered. Never to be awaited before the app listens, since the sidecar waits for that. Over gRPC the same as
   * `waitUntilReady`.
   * @param options `timeout` is the client's `readyTimeout` by default
   * @throws SidecarUnavailableError when the time is over
   */
  waitUntilHealthy(options?: CallOptions): Promise<void>;
}
