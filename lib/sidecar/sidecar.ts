import type { AppChannel } from './app/channel.js';

export interface SidecarOptions {
  readonly appId: string;
  /** Default: 3500, Dapr's own, when it is free, else a free one. 0: a free one. */
  readonly httpPort?: number;
  /** No application will be connected: the sidecar is ready at once, as daprd without `--app-port`. */
  readonly clientOnly?: boolean;
}

/** Where an application listens. */
export interface AppAddress {
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

/** The sidecar of one running application. */
export class Sidecar {
  constructor(
    readonly appId: string,
    readonly httpPort: number,
  ) {}

  /**
   * Asks the application for its configuration, subscriptions and bindings, as daprd does when the application begins
   * to listen, and starts to deliver. Resolves when the sidecar is ready. May be called again after `disconnect`.
   */
  async connect(app: AppAddress | AppChannel): Promise<void> {
    void app;
  }

  /** Nothing new reaches the application from here on; resolves when what was under way has ended. */
  async disconnect(): Promise<void> {}

  /** Disconnects and closes the API. */
  async close(): Promise<void> {}
}
