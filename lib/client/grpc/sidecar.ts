import {
  shutdownHeaders,
  type ClientSidecar,
  type SidecarShutdownOptions,
} from '../sidecar.js';
import type { GrpcChannel } from './channel.js';

/** The sidecar itself, over gRPC. */
export class GrpcSidecar implements ClientSidecar {
  constructor(private readonly channel: GrpcChannel) {}

  async shutdown(options?: SidecarShutdownOptions): Promise<void> {
    await this.channel.unary(
      'shutdown',
      {},
      {
        operation: 'sidecar.shutdown',
        headers: shutdownHeaders(options),
        options,
      },
    );
  }
}
