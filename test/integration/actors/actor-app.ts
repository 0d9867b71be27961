import {
  Module,
  type DynamicModule,
  type ModuleMetadata,
} from '@nestjs/common';
import { ApplicationConfig, ModuleRef, ModulesContainer } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import type { ActorClass } from '../../../lib/actors/actor-type.decorator.js';
import type { ActorsModuleOptions } from '../../../lib/actors/actors.options.js';
import type { ActorProxy } from '../../../lib/actors/proxy/actor-proxy.js';
import { ActorProxyFactory } from '../../../lib/actors/proxy/actor-proxy-factory.js';
import {
  ActorRuntime,
  type ActorCall,
  type ActorReply,
} from '../../../lib/actors/runtime/runtime.js';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import { CurrentCall } from '../../../lib/contexts/current-call.js';
import { actorCalls } from '../../../lib/dapr.actor-calls.js';
import { scopeHeaders } from '../../../lib/dapr.scope-headers.js';
import { VirtualClock } from '../../../lib/sidecar/virtual-clock.js';
import { CapturedLog } from '../../support/captured-log.js';
import { FakeSidecar } from './fake-sidecar.js';

export interface ActorAppOptions extends ModuleMetadata {
  readonly actors?: ActorsModuleOptions;
  readonly inheritAppConfig?: boolean;
  /** Global enhancers, as `main.ts` would set them. */
  readonly configure?: (config: ApplicationConfig) => void;
}

type CallDetails = Partial<Omit<ActorCall, 'body'>> & {
  readonly body?: string | Buffer;
};

/** A Nest application context with actors, a runtime and proxies, around a sidecar of its own. */
export class ActorApp {
  constructor(
    readonly sidecar: FakeSidecar,
    readonly module: TestingModule,
    readonly runtime: ActorRuntime,
    readonly factory: ActorProxyFactory,
    readonly client: DaprClient,
    /** The app's, but for its client. */
    readonly clock: VirtualClock,
    readonly currentCall: CurrentCall,
    readonly log: CapturedLog,
  ) {}

  /** A proxy, whose calls go through the sidecar. */
  actor<T>(type: ActorClass<T> | string, id = 'a'): ActorProxy<T> {
    return this.factory.get<T>(type, id);
  }

  /** A call as a sidecar makes it, past our proxies. */
  call(
    actorType: string,
    name: string,
    { body = '', ...details }: CallDetails = {},
  ): Promise<ActorReply> {
    return this.runtime.dispatch({
      kind: 'method',
      actorType,
      actorId: 'a',
      name,
      body: Buffer.from(body),
      headers: {},
      query: '',
      signal: new AbortController().signal,
      ...details,
    });
  }

  async close(): Promise<void> {
    await this.client.stop();
    await this.sidecar.close();
    await this.module.close();
  }
}

/** As `DaprModule` does, gives every module the factory of proxies. */
function proxies(factory: ActorProxyFactory): DynamicModule {
  const providers = [{ provide: ActorProxyFactory, useValue: factory }];
  return { module: ProxiesModule, global: true, providers, exports: providers };
}

@Module({})
class ProxiesModule {}

/** Rejects with what `ActorRuntime.start` throws. */
export async function startActorApp({
  actors = {},
  inheritAppConfig = false,
  configure,
  ...metadata
}: ActorAppOptions): Promise<ActorApp> {
  const sidecar = new FakeSidecar();
  await sidecar.listen();
  const clock = new VirtualClock();
  const currentCall = new CurrentCall();
  const client = new DaprClient(
    { httpEndpoint: sidecar.url },
    {
      beginActorCall: actorCalls(currentCall),
      scopeHeaders: scopeHeaders(currentCall),
    },
  );
  const factory = new ActorProxyFactory({
    client: () => client.actor,
    errors: actors.errors,
    arguments: actors.arguments,
  });
  const log = new CapturedLog();
  const module = await Test.createTestingModule({
    ...metadata,
    imports: [...(metadata.imports ?? []), proxies(factory)],
  })
    .setLogger(log)
    .compile();
  const config = module.get(ApplicationConfig, { strict: false });
  configure?.(config);
  await module.init();
  const runtime = new ActorRuntime({
    client: () => client.actor,
    enabledFeatures: async () => (await client.metadata.get()).enabledFeatures,
    moduleRef: module.get(ModuleRef),
    modules: module.get(ModulesContainer, { strict: false }),
    config,
    inheritAppConfig,
    options: actors,
    currentCall,
    clock,
  });
  const app = new ActorApp(
    sidecar,
    module,
    runtime,
    factory,
    client,
    clock,
    currentCall,
    log,
  );
  try {
    runtime.start();
  } catch (error) {
    await app.close();
    throw error;
  }
  sidecar.app = (call) => runtime.dispatch(call);
  const { reentrancy, entitiesConfig = [] } = runtime.appConfig();
  sidecar.hasReentrancy = (type) =>
    (entitiesConfig.find(({ entities }) => entities.includes(type))?.reentrancy
      ?.enabled ?? reentrancy?.enabled) === true;
  return app;
}
