import {
  shutdownHeaders,
  type ClientSidecar,
  type SidecarShutdownOptions,
} from '../sidecar.js';
import type { HttpChannel } from './channel.js';

/** The sidecar itself, over HTTP. */
export class HttpSidecar implements ClientSidecar {
  constructor(private readonly channel: HttpChannel) {}

  async shutdown(options?: SidecarShutdownOptions): Promise<void> {
    await this.channel.send({
      operation: 'sidecar.shutdown',
      lane: 'leaf',
      method: 'POST',
      path: '/v1.0/shutdown',
      headers: shutdownHeaders(options),
      options,
    });
  }
}
