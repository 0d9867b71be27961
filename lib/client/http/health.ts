import type { CallOptions } from '../call-options.js';
import type { ClientHealth } from '../health.js';
import { HEALTHY_TIMEOUT, waitForHealth } from '../wait-for-health.js';
import type { HttpChannel } from './channel.js';

const READY = '/v1.0/healthz/outbound';
const HEALTHY = '/v1.0/healthz';

/** Health over HTTP. */
export class HttpHealth implements ClientHealth {
  constructor(private readonly channel: HttpChannel) {}

  async isHealthy(options?: CallOptions): Promise<boolean> {
    try {
      const { timeout = HEALTHY_TIMEOUT } = options ?? {};
      const all = { ...options, timeout };
      return await this.probe('health.isHealthy', HEALTHY, all, 0);
    } catch {
      return false;
    }
  }

  waitUntilReady(options?: CallOptions): Promise<void> {
    return this.waitFor(
      READY,
      'health.waitUntilReady',
      'components that do not answer keep it from starting',
      options,
    );
  }

  waitUntilHealthy(options?: CallOptions): Promise<void> {
    return this.waitFor(
      HEALTHY,
      'health.waitUntilHealthy',
      'it waits for the app to listen on the port that it was told',
      options,
    );
  }

  private waitFor(
    path: string,
    operation: string,
    usualCause: string,
    options?: CallOptions,
  ): Promise<void> {
    const { clock, readyTimeout } = this.channel;
    const probe = (left: number): Promise<boolean> =>
      this.probe(operation, path, { ...options, timeout: left }, left);
    return waitForHealth(
      { operation, usualCause, probe },
      clock,
      options?.timeout ?? readyTimeout,
      options,
    );
  }

  private async probe(
    operation: string,
    path: string,
    options: CallOptions,
    readyTimeout: number,
  ): Promise<boolean> {
    const { status } = await this.channel.request({
      operation,
      // Not to queue behind calls of state that a slow store holds up.
      lane: 'reentrant',
      method: 'GET',
      path,
      options,
      readyTimeout,
    });
    return status < 300;
  }
}
