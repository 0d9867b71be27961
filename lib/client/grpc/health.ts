import { DaprError } from '../../errors/dapr.error.js';
import { DaprPermissionError } from '../../errors/dapr-permission.error.js';
import type { CallOptions } from '../call-options.js';
import type { ClientHealth } from '../health.js';
import { HEALTHY_TIMEOUT, waitForHealth } from '../wait-for-health.js';
import type { GrpcChannel } from './channel.js';

const NOT_IMPLEMENTED = 501;

/** Health over gRPC, where Dapr has no call for it: a sidecar that tells its metadata serves its API. Whether the app behind it listens, it can't tell. */
export class GrpcHealth implements ClientHealth {
  constructor(private readonly channel: GrpcChannel) {}

  async isHealthy(options?: CallOptions): Promise<boolean> {
    try {
      const { timeout = HEALTHY_TIMEOUT } = options ?? {};
      const all = { ...options, timeout };
      return await this.probe('health.isHealthy', all, 0);
    } catch {
      return false;
    }
  }

  waitUntilReady(options?: CallOptions): Promise<void> {
    return this.waitFor('health.waitUntilReady', options);
  }

  waitUntilHealthy(options?: CallOptions): Promise<void> {
    return this.waitFor('health.waitUntilHealthy', options);
  }

  private waitFor(operation: string, options?: CallOptions): Promise<void> {
    const { clock, readyTimeout } = this.channel;
    return waitForHealth(
      {
        operation,
        usualCause: 'components that do not answer keep it from starting',
        probe: (left) =>
          this.probe(operation, { ...options, timeout: left }, left),
      },
      clock,
      options?.timeout ?? readyTimeout,
      options,
    );
  }

  private async probe(
    operation: string,
    options: CallOptions,
    readyTimeout: number,
  ): Promise<boolean> {
    try {
      await this.channel.unary(
        'getMetadata',
        {},
        { operation, options, readyTimeout },
      );
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    return true;
  }
}

/** A sidecar that refuses, for want of a token or because its Configuration denies the API, serves. */
function isRefusal(error: unknown): boolean {
  if (error instanceof DaprPermissionError) return true;
  return error instanceof DaprError && error.status === NOT_IMPLEMENTED;
}
