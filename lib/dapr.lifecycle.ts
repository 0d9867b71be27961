import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import {
  ApplicationConfig,
  HttpAdapterHost,
  ModuleRef,
  ModulesContainer,
  type AbstractHttpAdapter,
} from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { ActorRuntime } from './actors/runtime/runtime.js';
import { DaprClients } from './dapr.clients.js';
import { Departure } from './dapr.departure.js';
import { RESOLVED_OPTIONS } from './dapr.module-definition.js';
import type { ResolvedOptions } from './dapr.options.js';
import { EmbeddedSidecarHandle } from './dapr.sidecar.js';
import { SidecarWatch, type ListeningApp } from './dapr.sidecar-watch.js';
import { startWarnings } from './dapr.start-warnings.js';
import { attachFront, shortcut } from './server/attach.js';
import { followUnusedConnections } from './server/http/unused-connections.js';
import {
  NO_USER_ROUTES,
  userRoutes,
  type UserRoutes,
} from './server/http/user-routes.js';
import { ServerDapr } from './server/server-dapr.js';

/** Takes the transport, the actors and the embedded sidecar through the app's life. */
@Injectable()
export class DaprLifecycle
  implements
    OnModuleInit,
    OnApplicationBootstrap,
    BeforeApplicationShutdown,
    OnApplicationShutdown
{
  private readonly logger = new Logger('DaprModule');
  private adapter: AbstractHttpAdapter | undefined;
  private routes: UserRoutes = NO_USER_ROUTES;
  private isMicroservice = false;
  private isLeaving = false;
  private cutUnused: (() => void) | undefined;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly server: ServerDapr,
    private readonly actors: ActorRuntime,
    private readonly clients: DaprClients,
    private readonly sidecar: EmbeddedSidecarHandle,
    private readonly watch: SidecarWatch,
    private readonly config: ApplicationConfig,
    private readonly moduleRef: ModuleRef,
    private readonly host: HttpAdapterHost,
    modules: ModulesContainer,
    departure: Departure,
  ) {
    departure.begin(() => this.leave());
    // At once under NestFactory.create, later under @nestjs/testing, with nothing under createMicroservice.
    host.init$.subscribe(() => {
      if (host.httpAdapter) this.attach(host.httpAdapter);
    });
    host.listen$.subscribe(() => void this.onListening());
    server.status.subscribe((status) => {
      if (status === 'connected') void this.onListening();
    });
    // A NestMicroservice announces its transport before anything else. That tells a standalone microservice from a
    // mere application context.
    modules.getRpcTargetRegistry<object>().subscribe((target) => {
      if (target === this.server) this.isMicroservice = true;
    });
  }

  async onModuleInit(): Promise<void> {
    if (this.adapter) {
      this.cutUnused = followUnusedConnections(this.adapter.getHttpServer());
      shortcut(this.adapter, this.server.handleOnAppPort);
    }
    if (this.isServing) await this.sidecar.start();
  }

  async onApplicationBootstrap(): Promise<void> {
    try {
      this.actors.start();
      if (this.isServing) await this.serve();
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  beforeApplicationShutdown(): Promise<void> {
    this.cutUnused?.();
    return this.server.close();
  }

  onApplicationShutdown(): Promise<void> {
    return this.end();
  }

  /** Not so in a mere application context, and in Nest's preview mode. */
  private get isServing(): boolean {
    return this.adapter !== undefined || this.isMicroservice;
  }

  private attach(adapter: AbstractHttpAdapter): void {
    this.adapter = adapter;
    this.routes = userRoutes(adapter);
    attachFront(adapter, this.server.handleOnAppPort);
  }

  private async serve(): Promise<void> {
    const handlers = this.server.register(
      this.moduleRef,
      this.options.server.inheritAppConfig ? this.config : undefined,
      this.server.hasOwnPort ? NO_USER_ROUTES : this.routes,
    );
    const warnings = startWarnings(handlers, this.config, this.options);
    for (const line of warnings) this.logger.warn(line);
    if (!this.server.hasOwnPort && !this.adapter)
      this.server.onPort(this.options.standalonePort);
    else if (this.adapter && this.options.server.port !== undefined)
      await this.bindOwnPort();
  }

  // Bound now, so that a taken port fails the start, and answered when every module has started.
  private bindOwnPort(): Promise<void> {
    this.server.hold();
    return new Promise((resolve, reject) =>
      this.server.listen((error) =>
        error ? reject(error as Error) : resolve(),
      ),
    );
  }

  /** The app listens, and so does the port of Dapr's own where there is one. */
  private get isOpen(): boolean {
    const { hasOwnPort, port } = this.server;
    return (
      (!this.adapter || this.host.listening) &&
      (!hasOwnPort || port !== undefined)
    );
  }

  private async onListening(): Promise<void> {
    if (!this.isOpen) return;
    this.server.release();
    if (!this.sidecar.isEmbedded) {
      await this.watch.start(this.listening());
      return this.server.begin();
    }
    try {
      await this.sidecar.connect(this.address(), () => this.server.begin());
      await this.watch.startEmbedded(this.listening());
    } catch (error) {
      // Cut short by the app's own close.
      if (this.isLeaving) return;
      this.logger.error(
        `The embedded sidecar could not ask the app for its handlers: ${(error as Error).message}`,
      );
    }
  }

  private listening(): ListeningApp {
    const { handlers, port } = this.server;
    return { handlers, port: port ?? this.appPort() };
  }

  // Of a Unix socket Node tells its path.
  private appPort(): number | undefined {
    const bound: AddressInfo | string | null | undefined = this.adapter
      ?.getHttpServer()
      .address();
    return typeof bound === 'object' ? bound?.port : undefined;
  }

  private address(): { host: string; port: number } {
    if (this.server.port !== undefined)
      return { host: '127.0.0.1', port: this.server.port };
    const bound: AddressInfo = this.adapter?.getHttpServer().address();
    return { host: bound.address, port: bound.port };
  }

  private async leave(): Promise<void> {
    this.isLeaving = true;
    this.watch.stop();
    const quiet = Promise.all([this.server.leave(), this.server.drain.end()]);
    await this.sidecar.disconnect();
    await quiet;
    await this.actors.stop();
  }

  private async end(): Promise<void> {
    this.watch.stop();
    await this.clients.stop();
    await this.sidecar.close();
  }
}
