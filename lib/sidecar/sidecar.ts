import type { AppChannel } from './app/channel.js';
import { ConfigurationUpdates } from './blocks/configuration-updates.js';
import type { MetadataSource } from './blocks/metadata.js';
import { GrpcAppChannel } from './app/grpc.js';
import { HttpAppChannel } from './app/http.js';
import { waitForPort } from './app/wait-for-port.js';
import { Connection } from './connection.js';
import type { Engine } from './engine.js';
import { GrpcFront } from './grpc/front.js';
import { invocationMethods } from './grpc/invocation.js';
import { metadataMethods } from './grpc/metadata.js';
import { proxyCall } from './grpc/proxy.js';
import { shutdownMethods } from './grpc/shutdown.js';
import { configurationRoutes } from './http/configuration.js';
import { HttpFront } from './http/front.js';
import { healthRoutes } from './http/health.js';
import { forward, type Caller } from './http/invocation.js';
import { metadataRoutes } from './http/metadata.js';

export interface SidecarOptions {
  readonly appId: string;
  /** Default: 3500, Dapr's own, when it is free, else a free one. 0: a free one. */
  readonly httpPort?: number;
  /** Default: 50001, Dapr's own, when it is free, else a free one. 0: a free one. */
  readonly grpcPort?: number;
  /** No application will be connected: the sidecar is ready at once, as daprd without `--app-port`. */
  readonly clientOnly?: boolean;
}

/** Where an application listens. */
export interface AppAddress {
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /**
   * What it speaks, default HTTP. One that speaks gRPC gets calls of its own services, and invocations by
   * `AppCallback.OnInvoke`; messages, binding events and calls of actors go to those that speak HTTP.
   */
  readonly protocol?: AppProtocol | undefined;
}

export type AppProtocol = 'http' | 'grpc';

const DEFAULT_HTTP_PORT = 3500;
const DEFAULT_GRPC_PORT = 50001;
const LOOPBACK = '127.0.0.1';

/** The sidecar of one running application. */
export class Sidecar {
  private readonly front: HttpFront;
  private readonly grpcFront: GrpcFront;
  private readonly extended = new Map<string, string>();
  private readonly configurationUpdates: ConfigurationUpdates;
  private connection: Connection | undefined;
  private app: AppAddress = { port: 0 };
  private ports = { http: 0, grpc: 0 };
  private isConnected = false;
  private expectNothing = (): void => undefined;
  private closing: Promise<void> | undefined;

  /** Applications get theirs from {@link Engine.openSidecar}. */
  constructor(
    private readonly engine: Engine,
    private readonly options: SidecarOptions,
    /** Tells the replicas of one application apart. */
    private readonly instanceId: string,
  ) {
    const { activity, invocations } = engine;
    const { apiToken, warn } = engine.options;
    const { clock, transcript, configurations, resources, resiliency } = engine;
    this.configurationUpdates = new ConfigurationUpdates(
      {
        clock,
        activity,
        transcript,
        configurations,
        resources,
        resiliency,
        warn,
      },
      options.appId,
      () => this.connection?.replica,
    );
    const caller = (): Caller => ({
      appId: options.appId,
      replica: this.connection?.replica,
    });
    this.front = new HttpFront({
      appId: options.appId,
      instanceId,
      activity,
      apiToken,
      warn,
      routes: [
        ...engine.routes,
        ...healthRoutes(this),
        ...configurationRoutes(
          configurations,
          options.clientOnly ? undefined : this.configurationUpdates,
        ),
        ...metadataRoutes(
          () => this.describe(),
          this.extended,
          // Its own call is to be answered first.
          () => void setImmediate(() => void this.close()),
        ),
      ],
      forward: (call) => forward(invocations, caller(), call),
    });
    this.grpcFront = new GrpcFront({
      appId: options.appId,
      instanceId,
      activity,
      apiToken,
      warn,
      methods: {
        ...engine.grpcMethods,
        ...invocationMethods(invocations, caller),
        ...metadataMethods(() => this.describe(), this.extended),
        ...shutdownMethods(() => void this.close()),
      },
      forward: (call) => proxyCall(engine, caller(), call),
    });
  }

  get appId(): string {
    return this.options.appId;
  }

  get httpPort(): number {
    return this.ports.http;
  }

  get grpcPort(): number {
    return this.ports.grpc;
  }

  /** Whether the application has told what it listens to; without an application, always. */
  get isReady(): boolean {
    return this.isConnected || (this.options.clientOnly ?? false);
  }

  /** Opens the APIs. */
  async listen(): Promise<void> {
    const { httpPort, grpcPort } = this.options;
    const http = await this.front.listen(
      ...(httpPort === undefined ? [DEFAULT_HTTP_PORT, 0] : [httpPort]),
    );
    const grpc = await this.grpcFront.listen(
      ...(grpcPort === undefined ? [DEFAULT_GRPC_PORT, 0] : [grpcPort]),
    );
    this.ports = { http, grpc };
    if (this.options.clientOnly) return;
    // Calls of actors wait from the start, as they do for an application that daprd has not yet asked.
    this.engine.actors.expect(this.instanceId);
    this.expectNothing = this.engine.pubsub.expect(this.appId);
  }

  /** From here on it alone does not keep the process alive: the application in it does, once that listens. */
  unref(): void {
    this.front.unref();
    this.grpcFront.unref();
  }

  /**
   * Waits until the application listens, asks it for its configuration, subscriptions and bindings as daprd does, and
   * begins to deliver. Resolves when the sidecar is ready. May be called again after `disconnect`, and for an
   * application that came back without it.
   */
  async connect(app: AppAddress | AppChannel): Promise<void> {
    if (this.closing) throw new Error('the embedded sidecar is closed');
    const gone = this.disconnect();
    const { engine, appId, instanceId } = this;
    const channel = 'request' in app ? app : this.channelTo(app);
    const connection = new Connection(engine, appId, instanceId, channel);
    this.connection = connection;
    await gone;
    const { leaving } = connection.replica;
    leaving.throwIfAborted();
    this.engine.actors.expect(this.instanceId);
    if (!('request' in app)) {
      this.app = app;
      await waitForPort(hostOf(app), app.port, leaving);
    }
    await engine.activity.track(() => connection.open());
    this.isConnected = this.connection === connection;
  }

  /**
   * Nothing new reaches the application from here on: what is published waits until it is back. Resolves when what was
   * under way has ended, after five seconds at most.
   */
  async disconnect(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    this.isConnected = false;
    // Those that an application makes before it is connected for the first time stand.
    if (connection) this.configurationUpdates.end();
    await connection?.end();
  }

  /** Disconnects and closes the API. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    await this.disconnect();
    this.expectNothing();
    this.configurationUpdates.end();
    await Promise.all([this.front.close(), this.grpcFront.close()]);
    this.engine.forget(this);
  }

  private channelTo(app: AppAddress): AppChannel {
    const host = hostOf(app);
    const authority = host.includes(':') ? `[${host}]` : host;
    const Channel = app.protocol === 'grpc' ? GrpcAppChannel : HttpAppChannel;
    return new Channel(
      `http://${authority}:${app.port}`,
      this.engine.options.appToken,
    );
  }

  private describe(): MetadataSource {
    const { resources, resiliency, pubsub, actors } = this.engine;
    const { appId, instanceId } = this;
    return {
      appId,
      appPort: this.app.port || undefined,
      appHost: hostOf(this.app),
      appProtocol: this.app.protocol ?? 'http',
      features: resources.features,
      components: resources.componentsOf(appId),
      subscriptions: pubsub.subscriptionsOf(appId),
      httpEndpoints: resources.httpEndpointsOf(appId).map(({ name }) => name),
      resiliencies: resiliency.namesOf(appId),
      actors: this.isConnected ? actors.activeActors(instanceId) : undefined,
    };
  }
}

/** An application that listens everywhere is called where only this machine can. */
function hostOf({ host = LOOPBACK }: AppAddress): string {
  return host === '0.0.0.0' || host === '::' ? LOOPBACK : host;
}
