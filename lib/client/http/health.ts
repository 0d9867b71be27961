import { DaprTimeoutError } from '../../errors/dapr-timeout.error.js';
import { SidecarUnavailableError } from '../../errors/sidecar-unavailable.error.js';
import { sleep, systemClock } from '../../protocol/clock.js';
import type { CallOptions } from '../call-options.js';
import type { ClientHealth } from '../health.js';
import type { HttpCall, HttpChannel } from './channel.js';

const HEALTHY_TIMEOUT = 1_000;
const POLL_PAUSE = 100;

/** Health over HTTP. */
export class HttpHealth implements ClientHealth {
  constructor(private readonly channel: HttpChannel) {}

  async isHealthy(options?: CallOptions): Promise<boolean> {
    try {
      const { status } = await this.channel.request({
        ...probe('health.isHealthy', '/v1.0/healthz'),
        options: { timeout: HEALTHY_TIMEOUT, ...options },
        readyTimeout: 0,
      });
      return status < 300;
    } catch {
      return false;
    }
  }

  waitUntilReady(options?: CallOptions): Promise<void> {
    return this.waitFor(
      '/v1.0/healthz/outbound',
      'health.waitUntilReady',
      'components that do not answer keep it from starting',
      options,
    );
  }

  waitUntilHealthy(options?: CallOptions): Promise<void> {
    return this.waitFor(
      '/v1.0/healthz',
      'health.waitUntilHealthy',
      'it waits for the app to listen on the port that it was told',
      options,
    );
  }

  private async waitFor(
    path: string,
    operation: string,
    usualCause: string,
    options: CallOptions = {},
  ): Promise<void> {
    const { clock, readyTimeout } = this.channel;
    const { signal, timeout = readyTimeout } = options;
    const deadline = clock.now() + timeout;
    for (let left = timeout; left > 0; left = deadline - clock.now()) {
      try {
        const { status } = await this.channel.request({
          ...probe(operation, path),
          options: { timeout: left, ...(signal && { signal }) },
          readyTimeout: left,
        });
        if (status < 300) return;
      } catch (error) {
        if (!(error instanceof DaprTimeoutError)) throw error;
      }
      // Real time, as in Reachability: a real sidecar is waited for.
      await sleep(systemClock, POLL_PAUSE, signal);
    }
    throw new SidecarUnavailableError(
      `${operation} failed: the sidecar is not ready after ${timeout} ms. Look at its log; ${usualCause}.`,
      { operation },
    );
  }
}

function probe(operation: string, path: string): HttpCall {
  // Not to queue behind calls of state that a slow store holds up.
  return { operation, lane: 'reentrant', method: 'GET', path };
}
