import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Activity } from '../activity.js';
import { listenOnLoopback } from '../listen.js';
import type { GrpcMethods } from './api.js';
import type { serve } from './serve.js';

/** A call as it comes. */
export interface GrpcStream {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
}

export interface GrpcFrontOptions {
  readonly appId: string;
  /** Tells the sidecars of one app id apart. */
  readonly instanceId: string;
  readonly methods: GrpcMethods;
  /** Takes every call of another service. Rejects with a GrpcError where it is for nobody. */
  readonly forward: (call: GrpcStream) => Promise<void>;
  /** Demanded of every caller. */
  readonly apiToken: string | undefined;
  readonly activity: Activity;
  readonly warn: (line: string) => void;
}

/**
 * The sidecar's gRPC API on the loopback interface, on node:http2 itself: calls of other services go through as they
 * are, which no server of @grpc/grpc-js offers, and the sidecar needs no package for it.
 */
export class GrpcFront {
  private readonly server: Http2Server;
  private readonly sessions = new Set<ServerHttp2Session>();
  private loading: Promise<typeof serve> | undefined;

  constructor(private readonly options: GrpcFrontOptions) {
    this.server = createServer({
      // Thousands of calls share one session.
      maxSessionMemory: 1024,
      settings: { initialWindowSize: 1024 * 1024 },
    });
    this.server.on('session', (session) => {
      this.sessions.add(session);
      session.once('close', () => this.sessions.delete(session));
    });
    this.server.on('stream', (stream, headers) => {
      // A caller that goes away is told by the call's signal.
      stream.on('error', () => undefined);
      void this.options.activity
        .track(() => this.take(stream, headers))
        .catch((error: Error) => {
          options.warn(
            `The embedded sidecar could not answer: ${error.message}`,
          );
          stream.close();
        });
    });
  }

  /** Listens on the first of the ports that is free; returns which. */
  listen(...ports: readonly number[]): Promise<number> {
    return listenOnLoopback(this.server, ports, 'gRPC');
  }

  /** From here on it alone does not keep the process alive. */
  unref(): void {
    this.server.unref();
  }

  /** Cuts what is still under way. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const session of this.sessions) session.destroy();
    await closed;
  }

  private async take(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
  ): Promise<void> {
    // With generated code, loaded for those who speak gRPC.
    this.loading ??= import('./serve.js').then(({ serve }) => serve);
    const serve = await this.loading;
    await serve({ stream, headers }, this.options);
  }
}
