import { Logger, type INestApplication, type Type } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { ActorProxyFactory } from '../actors/proxy/actor-proxy-factory.js';
import type { ActorProxy } from '../actors/proxy/actor-proxy.js';
import type { ActorClass } from '../actors/actor-type.decorator.js';
import { DaprClient } from '../client/dapr-client.js';
import { SIDECAR_HOST } from '../dapr.module-definition.js';
import type { DaprModuleOptions } from '../dapr.options.js';
import { startEngine } from '../sidecar/embedded.js';
import type { Engine } from '../sidecar/engine.js';
import type { Faults } from '../sidecar/faults.js';
import type { Sidecar } from '../sidecar/sidecar.js';
import type { Transcript } from '../sidecar/transcript.js';
import { VirtualClock } from '../sidecar/virtual-clock.js';
import { AppHost } from './app-host.js';
import type { ConfigurationValues } from './configuration-values.js';
import { Sidecars } from './sidecars.js';

export interface EmbeddedSidecarOptions {
  /** App id of the first app, and of the client. Default `app`. */
  readonly appId?: string | undefined;
  /** Folders of component YAML. Default: the components `pubsub` and `statestore`. */
  readonly resources?: string | readonly string[] | undefined;
  /** Serve stores and brokers that are not built in from memory. Default true. */
  readonly substitute?: boolean | undefined;
  /** Demanded of callers in `dapr-api-token`. Default none. */
  readonly apiToken?: string | undefined;
  /** Sent to the apps in `dapr-api-token`. Default none. */
  readonly appToken?: string | undefined;
  /** Where virtual time starts. */
  readonly now?: Date | number | undefined;
}

export interface RunOptions {
  /** Default: the sidecar's own app id. */
  readonly appId?: string | undefined;
  /** Default: the platform that is installed, Express before Fastify. */
  readonly adapter?: AbstractHttpAdapter | undefined;
  /** Laid over the options of the app's own `DaprModule`. */
  readonly options?: DaprModuleOptions | undefined;
  /** Called with the app before it listens: global pipes, prefix, CORS. */
  readonly configure?:
    ((app: INestApplication) => void | Promise<void>) | undefined;
}

/**
 * A Dapr in memory for specs: brokers, stores and actors under a clock that the spec moves by hand.
 *
 * ```ts
 * await using dapr = await EmbeddedSidecar.start();
 * const app = await dapr.run(Test.createTestingModule({ imports: [AppModule] }));
 * await dapr.client.pubsub.publish('pubsub', 'orders', order);
 * await dapr.idle();
 * ```
 */
export class EmbeddedSidecar implements AsyncDisposable {
  /** Time of the sidecar and of the apps that it runs. */
  readonly clock: VirtualClock;
  /** What shall fail. */
  readonly faults: Faults;
  /** What the sidecar asked of its apps. */
  readonly transcript: Transcript;
  /** A client of the first app's sidecar. */
  readonly client: DaprClient;
  private readonly proxies: ActorProxyFactory;
  private readonly apps = new Map<INestApplication, AppHost>();
  private readonly sidecars: Sidecars;

  private constructor(
    private readonly engine: Engine,
    clock: VirtualClock,
    private readonly first: Sidecar,
    private readonly options: EmbeddedSidecarOptions,
  ) {
    this.clock = clock;
    this.faults = engine.faults;
    this.transcript = engine.transcript;
    this.sidecars = new Sidecars(engine, first);
    this.client = new DaprClient(
      {
        httpEndpoint: this.httpEndpoint,
        grpcEndpoint: this.grpcEndpoint,
        ...(options.apiToken !== undefined && { apiToken: options.apiToken }),
      },
      { clock },
    );
    this.proxies = new ActorProxyFactory({ client: () => this.client.actor });
  }

  /** @throws DaprConfigurationError where the resources are wrong */
  static async start(
    options: EmbeddedSidecarOptions = {},
  ): Promise<EmbeddedSidecar> {
    const { appId = 'app', now, ...engineOptions } = options;
    const clock = new VirtualClock(now);
    const logger = new Logger('EmbeddedSidecar');
    const engine = await startEngine({
      ...engineOptions,
      clock,
      log: (line) => logger.log(line),
      warn: (line) => logger.warn(line),
    });
    try {
      const first = await engine.openSidecar({
        appId,
        httpPort: 0,
        grpcPort: 0,
      });
      return new EmbeddedSidecar(engine, clock, first, options);
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  /** Where the first app's sidecar serves Dapr's HTTP API. */
  get httpEndpoint(): string {
    return `http://127.0.0.1:${this.first.httpPort}`;
  }

  /** Where it serves Dapr's gRPC API. */
  get grpcEndpoint(): string {
    return `127.0.0.1:${this.first.grpcPort}`;
  }

  /**
   * Starts an app with this sidecar on a free port of loopback. Another app id is another app; the same one is a
   * second replica while the first runs, and a restart after it has closed.
   */
  async run(
    module: TestingModuleBuilder | Type,
    options: RunOptions = {},
  ): Promise<INestApplication> {
    const builder = isBuilder(module) ? module : await builderOf(module);
    const host = this.hostFor(options);
    const compiled = await builder
      .overrideProvider(SIDECAR_HOST)
      .useValue(host)
      .compile();
    const app = options.adapter
      ? compiled.createNestApplication(options.adapter)
      : compiled.createNestApplication();
    try {
      await options.configure?.(app);
      await app.listen(0, '127.0.0.1');
      if (!host.connected)
        throw new Error(
          'EmbeddedSidecar.run() got a module that does not import DaprModule. Add DaprModule.forRoot() to its imports.',
        );
      await host.connected;
    } catch (error) {
      await app.close();
      throw error;
    }
    this.apps.set(app, host);
    await this.idle();
    return app;
  }

  /**
   * Connects an app that is no Nest app of ours, by the port where it listens. One that speaks gRPC gets calls of its own
   * services, and invocations by `AppCallback.OnInvoke`.
   */
  async connect({
    appId = this.first.appId,
    ...app
  }: {
    port: number;
    appId?: string | undefined;
    /** What the app speaks. Default `http`. */
    protocol?: 'http' | 'grpc' | undefined;
  }): Promise<void> {
    const sidecar = await this.sidecars.take(appId);
    await sidecar.connect(app);
  }

  /** The typed proxy of an actor. */
  actor<T>(type: ActorClass<T> | string, id: string): ActorProxy<T> {
    return this.proxies.get<T>(type, id);
  }

  /** The values of a configuration store. @throws Error where there is no such component */
  configuration(storeName: string): ConfigurationValues {
    return this.engine.configurations.store(storeName);
  }

  /** Resolves when nothing is in flight and nothing is due at the current virtual time. */
  idle(): Promise<void> {
    return this.engine.idle();
  }

  /** Closes the apps it runs, then itself; no socket and no timer stays. */
  async close(): Promise<void> {
    await Promise.all([...this.apps].map(closeOnce));
    this.apps.clear();
    await this.client.stop();
    await this.engine.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private hostFor({ appId = this.first.appId, options }: RunOptions): AppHost {
    const { apiToken, appToken } = this.options;
    return new AppHost(
      this.clock,
      {
        ...(apiToken !== undefined && { apiToken }),
        ...options,
        server: {
          // Nobody has to notice that a spec's app is going.
          drainDelay: 0,
          ...(appToken !== undefined && { appToken }),
          ...options?.server,
        },
        sidecar: 'embedded',
        embedded: { appId },
      },
      this.sidecars,
    );
  }
}

// An app that the spec has closed itself would run its shutdown hooks a second time.
async function closeOnce([app, host]: readonly [
  INestApplication,
  AppHost,
]): Promise<void> {
  if (!host.isClosed) await app.close();
}

function isBuilder(
  module: TestingModuleBuilder | Type,
): module is TestingModuleBuilder {
  return 'overrideProvider' in module;
}

async function builderOf(module: Type): Promise<TestingModuleBuilder> {
  const { Test } = await import('@nestjs/testing');
  return Test.createTestingModule({ imports: [module] });
}
