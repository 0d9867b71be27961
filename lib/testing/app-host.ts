import type { AppSidecar, SidecarHost } from '../dapr.module-definition.js';
import type { DaprModuleOptions } from '../dapr.options.js';
import type { VirtualClock } from '../sidecar/virtual-clock.js';
import type { Sidecars } from './sidecars.js';

/** What the `DaprModule` of one app finds in place of a sidecar of its own. */
export class AppHost implements SidecarHost {
  private connecting: Promise<void> | undefined;
  private hasClosed = false;

  constructor(
    readonly clock: VirtualClock,
    readonly options: DaprModuleOptions,
    private readonly sidecars: Sidecars,
  ) {}

  /** When the sidecar has asked the app for its handlers; undefined before the app listens. */
  get connected(): Promise<void> | undefined {
    return this.connecting;
  }

  /** The app has gone through its shutdown. */
  get isClosed(): boolean {
    return this.hasClosed;
  }

  async open(appId: string): Promise<AppSidecar> {
    const sidecar = await this.sidecars.take(appId);
    return {
      httpEndpoint: `http://127.0.0.1:${sidecar.httpPort}`,
      grpcEndpoint: `127.0.0.1:${sidecar.grpcPort}`,
      connect: (app, then) =>
        (this.connecting = sidecar.connect(app).then(then)),
      disconnect: () => sidecar.disconnect(),
      close: async () => {
        this.sidecars.giveBack(sidecar);
        this.hasClosed = true;
      },
    };
  }
}
