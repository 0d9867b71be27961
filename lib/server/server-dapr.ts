import type { ApplicationConfig, ModuleRef } from '@nestjs/core';
import { GraphInspector } from '@nestjs/core';
import {
  NestMicroservice,
  Server,
  type CustomTransportStrategy,
} from '@nestjs/microservices';
import type { Server as HttpServer } from 'node:http';
import type { ActorRuntime } from '../actors/runtime/runtime.js';
import type { ClientConfiguration } from '../client/configuration.js';
import type { ConfigurationUpdates } from '../client/configuration-updates.js';
import type { ClientJobs } from '../client/jobs.js';
import type { CurrentCall } from '../contexts/current-call.js';
import type { DaprContext } from '../contexts/dapr.context.js';
import { DAPR_TRANSPORT } from '../handlers/dapr-transport.js';
import { HANDLER_EXTRAS, type OwnedDefinition } from '../handlers/handler.js';
import type { Clock } from '../protocol/clock.js';
import { ConfigurationHandlers } from './configuration-handlers.js';
import { daprApplicationConfig } from './dapr-application-config.js';
import { Dispatcher } from './dispatcher.js';
import { Drain } from './drain.js';
import { HandlerRegistry, type Handlers } from './handler-registry.js';
import { callerCheck } from './http/caller.js';
import { refuseShadowedRoutes } from './http/configuration.js';
import { HttpFront } from './http/front.js';
import { callbacks } from './http/index.js';
import { OwnPort } from './http/own-port.js';
import { Routes } from './http/routes.js';
import type { UserRoutes } from './http/user-routes.js';
import { refuseMisplacedHandlers } from './misplaced-handlers.js';
import { JobSchedules } from './job-schedules.js';
import type { NestHandler } from './run-handler.js';
import type { ServerOptions } from './server.options.js';
import type { SubscriptionDefaults } from './subscriptions.js';

export interface ServerDaprDependencies {
  readonly options: ServerOptions;
  readonly names: Readonly<Record<string, string | undefined>>;
  readonly subscriptions: SubscriptionDefaults;
  readonly actors: ActorRuntime;
  readonly jobs: () => ClientJobs;
  readonly configuration: () => ClientConfiguration;
  /** Where changes of configuration come over HTTP: where to hand them over. */
  readonly configurationUpdates: ConfigurationUpdates | undefined;
  readonly currentCall: CurrentCall;
  readonly clock: Clock;
}

type StartHook = Parameters<Server['setOnProcessingStartHook']>[0];
type EndHook = Parameters<Server['setOnProcessingEndHook']>[0];

const DEFAULT_BODY_LIMIT = 4 * 1024 * 1024;

/**
 * Nest's transport for Dapr's calls to the app: topics, bindings, invocations and actors. `DaprModule` provides it and
 * puts it on the app's own port; `daprMicroservice()` connects it by hand.
 * @see https://docs.nestjs.com/microservices/custom-transport
 */
export class ServerDapr extends Server implements CustomTransportStrategy {
  override readonly transportId = DAPR_TRANSPORT;
  // Of Nest 12: failures of event handlers are this transport's to report, not Nest's.
  readonly propagatesEventHandlerErrors = true;

  readonly drain: Drain;
  private readonly configuration: ConfigurationHandlers;
  private readonly jobs: JobSchedules;
  private readonly dispatcher: Dispatcher;
  private readonly front: HttpFront;
  private registry: HandlerRegistry | undefined;
  private registered: Handlers | undefined;
  private isTraced = false;
  private readonly ownPort: OwnPort;
  private ownPortNumber: number | undefined;

  constructor(private readonly dependencies: ServerDaprDependencies) {
    super();
    const { options, actors, currentCall, clock } = dependencies;
    this.ownPortNumber = options.port;
    this.drain = new Drain(clock, options.drainDelay ?? 0, () =>
      actors.hurry(),
    );
    this.dispatcher = new Dispatcher(
      currentCall,
      options.outcome,
      (context, work) => this.withHooks(context, work),
    );
    this.configuration = new ConfigurationHandlers({
      client: dependencies.configuration,
      dispatcher: this.dispatcher,
      drain: this.drain,
      clock,
    });
    this.jobs = new JobSchedules(dependencies.jobs, clock);
    this.front = new HttpFront({
      callerCheck: callerCheck(options.appToken, options.trustedPeers ?? []),
      bodyLimit: options.bodyLimit ?? DEFAULT_BODY_LIMIT,
      drain: this.drain,
    });
    this.ownPort = new OwnPort(this.front.handle);
  }

  /** Takes Dapr's requests on the app's own port: true where the request is Dapr's. */
  readonly handleOnAppPort: HttpFront['handle'] = (request, response) =>
    !this.hasOwnPort && this.front.handle(request, response);

  /** What the app handles; there from bootstrap on. */
  get handlers(): Handlers | undefined {
    return this.registered;
  }

  /** Served on a port of its own rather than on the app's. */
  get hasOwnPort(): boolean {
    return this.ownPortNumber !== undefined;
  }

  /** Serves Dapr's calls on a port of their own. Call it before the app starts. */
  onPort(port: number): this {
    this.ownPortNumber = port;
    return this;
  }

  /**
   * Finds the handlers and opens the front to Dapr's requests. Handlers are registered through a microservice of our
   * own, whoever else connected this transport, so that its outcomes are the same either way.
   * @throws {@link DaprConfigurationError} where handlers contradict each other or the app's own routes
   */
  register(
    moduleRef: ModuleRef,
    inherited: ApplicationConfig | undefined,
    userRoutes: UserRoutes,
  ): Handlers {
    const { names, subscriptions, actors } = this.dependencies;
    const updates = this.dependencies.configurationUpdates;
    const registry = new HandlerRegistry(names, subscriptions);
    // NestMicroservice takes the container, which ModuleRef shows only to its subclasses.
    const container = moduleRef['container'];
    refuseMisplacedHandlers(container.getModules());
    const microservice = new NestMicroservice(
      container,
      { strategy: this },
      new GraphInspector(container),
      daprApplicationConfig(inherited),
    );
    this.registry = registry;
    microservice.registerListeners();
    this.registry = undefined;
    const handlers = registry.build();
    const sources = {
      dispatcher: this.dispatcher,
      handlers,
      actors,
      updates,
      isShuttingDown: () => this.drain.isShuttingDown,
    };
    if (updates) refuseShadowedRoutes(handlers.configurations, userRoutes);
    const all = callbacks(sources);
    this.front.open(new Routes(all, actors, userRoutes, updates));
    this.registered = handlers;
    return handlers;
  }

  /** Nest calls it for each handler; those of other transports, and a connection by hand, are passed over. */
  override addHandler(
    pattern: unknown,
    callback: NestHandler,
    _isEventHandler?: boolean,
    extras: Readonly<Record<string, unknown>> = {},
  ): void {
    const definitions = extras[HANDLER_EXTRAS] as
      Readonly<Record<string, OwnedDefinition>> | undefined;
    const definition = definitions?.[String(pattern)];
    if (definition) this.registry?.add(definition, callback);
  }

  /** Opens the port of its own; on the app's port there is nothing to open. */
  override listen(callback: (error?: unknown) => void): void {
    if (this.ownPortNumber === undefined || this.ownPort.server)
      return callback();
    // A hybrid application may start its microservices before it has found its handlers.
    if (!this.registered) this.hold();
    this.ownPort.open(this.ownPortNumber, (error) => {
      if (!error) this._status$.next('connected');
      callback(error);
    });
  }

  /** Lets requests on the own port wait until `release`: the app is still starting. */
  hold(): void {
    this.ownPort.hold();
  }

  /** From here on requests on the own port are answered. */
  release(): void {
    this.ownPort.release();
  }

  /** Asks for what handlers want, configuration and jobs: the sidecar is ready. Never rejects. */
  async begin(): Promise<void> {
    const { configurations = [], jobs } = this.registered ?? {};
    await Promise.all([
      this.configuration.start(configurations),
      this.jobs.start(jobs?.values() ?? []),
    ]);
  }

  /** Ends what `begin` began. */
  async leave(): Promise<void> {
    this.jobs.stop();
    await this.configuration.stop();
  }

  /** The port of its own, once it is open. */
  get port(): number | undefined {
    return this.ownPort.number;
  }

  override async close(): Promise<void> {
    await Promise.all([this.leave(), this.drain.end()]);
    // Standalone, Nest closes the transport before it calls a hook.
    await this.dependencies.actors.stop();
    await this.ownPort.close();
    this._status$.next('closed');
  }

  /** @throws Error: this transport has no events of its own */
  override on(): never {
    throw new Error('ServerDapr has no events; see its "status"');
  }

  /** The HTTP server of its own port; undefined on the app's port. */
  override unwrap<T = HttpServer | undefined>(): T {
    return this.ownPort.server as T;
  }

  override setOnProcessingStartHook(hook: StartHook): void {
    super.setOnProcessingStartHook(hook);
    this.isTraced = true;
  }

  override setOnProcessingEndHook(hook: EndHook): void {
    super.setOnProcessingEndHook(hook);
    this.isTraced = true;
  }

  // Tracing packages install these hooks: they may wrap the work and return nothing of it.
  private withHooks<T>(
    context: DaprContext,
    work: () => Promise<T>,
  ): Promise<T> {
    if (!this.isTraced) return work();
    return new Promise((resolve, reject) => {
      this.onProcessingStartHook(this.transportId, context, async () => {
        await work().then(resolve, reject);
        this.onProcessingEndHook?.(this.transportId, context);
      });
    });
  }
}
