import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startDaprd } from './daprd-sidecar.js';
import { startEmbedded } from './embedded-sidecar.js';

export interface SidecarOptions {
  /** Default: `conformance`. */
  readonly appId?: string;
  /** The application: its port, where it listens now or later, or its request handler. Default: none. */
  readonly app?: { readonly port: number } | RequestListener;
  /** What the application speaks. Default: HTTP. */
  readonly appProtocol?: 'http' | 'grpc';
  /** YAML of components, subscriptions and resiliency: the text, or a folder of files. */
  readonly resources?: string;
  /** YAML of a Configuration. */
  readonly config?: string;
  /** What callers of the sidecar's API must show (DAPR_API_TOKEN). */
  readonly apiToken?: string;
  /** What the sidecar shows the application (APP_API_TOKEN). */
  readonly appToken?: string;
  /** Variables of the sidecar's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** `outbound`: don't wait for the application. Default: `ready`. */
  readonly until?: 'ready' | 'outbound';
  /** A sidecar that can find this one and be found by it. */
  readonly beside?: Sidecar;
}

/** The options once the application has a port. */
export interface StartOptions extends Omit<SidecarOptions, 'app'> {
  readonly app?: { readonly port: number };
}

/** One sidecar of one application, as the conformance specs see it: an address. */
export interface Sidecar {
  readonly kind: 'embedded' | 'daprd';
  readonly appId: string;
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly url: string;
  /** Resolves when it has asked the application for everything. */
  ready(): Promise<void>;
  /** As after a crash: it is back at its address, knows no active actor, and has asked the application anew. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Which sidecar the specs run on: the Jest configuration for real Dapr sets DAPR_SPEC_SIDECAR. */
export const sidecarKind: Sidecar['kind'] =
  process.env.DAPR_SPEC_SIDECAR === 'daprd' ? 'daprd' : 'embedded';

export async function startSidecar(
  options: SidecarOptions = {},
): Promise<Sidecar> {
  const { app, ...others } = options;
  if (typeof app !== 'function')
    return start({ ...others, ...(app && { app }) });
  // Node's own 5 s would close idle connections just as the sidecar uses them again.
  const server = createServer({ keepAliveTimeout: 0 }, app);
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  await new Promise<void>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve()),
  );
  try {
    const { port } = server.address() as AddressInfo;
    const sidecar = await start({ ...others, app: { port } });
    const stop = async (): Promise<void> => {
      await sidecar.stop();
      close();
    };
    return { ...sidecar, stop };
  } catch (error) {
    close();
    throw error;
  }
}

function start(options: StartOptions): Promise<Sidecar> {
  return sidecarKind === 'daprd' ? startDaprd(options) : startEmbedded(options);
}
