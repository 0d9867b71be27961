import { Logger, type Provider } from '@nestjs/common';
import { ApplicationConfig, ModuleRef, ModulesContainer } from '@nestjs/core';
import { actorIdProvider } from './actors/actor-id.js';
import { ActorProxyFactory } from './actors/proxy/actor-proxy-factory.js';
import { ActorRuntime } from './actors/runtime/runtime.js';
import { CommunicationProtocolEnum } from './client/communication-protocol.js';
import { ConfigurationUpdates } from './client/configuration-updates.js';
import { DaprClient } from './client/dapr-client.js';
import {
  namesAddress,
  type ClientInternals,
  type DaprClientOptions,
} from './client/options.js';
import { CurrentCall } from './contexts/current-call.js';
import { actorCalls } from './dapr.actor-calls.js';
import { DaprClients } from './dapr.clients.js';
import { furtherClientOptions } from './dapr.further-client.js';
import { DaprLifecycle } from './dapr.lifecycle.js';
import {
  MODULE_OPTIONS_TOKEN,
  RESOLVED_OPTIONS,
  SIDECAR_HOST,
  type SidecarHost,
} from './dapr.module-definition.js';
import {
  mergeOptions,
  resolveOptions,
  type DaprModuleOptions,
  type ResolvedOptions,
} from './dapr.options.js';
import { scopeHeaders } from './dapr.scope-headers.js';
import { refuseOtherModules } from './dapr.single-module.js';
import { EmbeddedSidecarHandle } from './dapr.sidecar.js';
import { SidecarWatch } from './dapr.sidecar-watch.js';
import { systemClock, type Clock } from './protocol/clock.js';
import { ServerDapr } from './server/server-dapr.js';

const CLOCK = Symbol('nestjs-dapr:clock');

/** A turn waits for it, once; daprd answers from memory. */
const METADATA_TIMEOUT = 5000;

function warn(line: string): void {
  new Logger('DaprClient').warn(line);
}

function isHttp({ options }: DaprClient): boolean {
  return options.communicationProtocol === CommunicationProtocolEnum.HTTP;
}

/** Where the embedded sidecar is; nothing where the sidecar is external. */
function endpointsOf(
  sidecar: EmbeddedSidecarHandle,
): Pick<ClientInternals, 'httpEndpoint' | 'grpcEndpoint'> {
  if (!sidecar.isEmbedded) return {};
  return {
    httpEndpoint: () => sidecar.httpEndpoint(),
    grpcEndpoint: () => sidecar.grpcEndpoint(),
  };
}

/** What `DaprModule` is made of. */
export const daprProviders: Provider[] = [
  { provide: SIDECAR_HOST, useValue: null },
  CurrentCall,
  ConfigurationUpdates,
  {
    provide: RESOLVED_OPTIONS,
    inject: [
      { token: MODULE_OPTIONS_TOKEN, optional: true },
      SIDECAR_HOST,
      ModulesContainer,
    ],
    useFactory: (
      options: DaprModuleOptions | undefined,
      host: SidecarHost | null,
      modules: ModulesContainer,
    ) => {
      refuseOtherModules(modules, options);
      return resolveOptions(mergeOptions(options, host?.options), process.env);
    },
  },
  {
    provide: CLOCK,
    inject: [SIDECAR_HOST],
    useFactory: (host: SidecarHost | null) => host?.clock ?? systemClock,
  },
  {
    provide: EmbeddedSidecarHandle,
    inject: [RESOLVED_OPTIONS, SIDECAR_HOST],
    useFactory: (options: ResolvedOptions, host: SidecarHost | null) =>
      new EmbeddedSidecarHandle(options, host),
  },
  {
    provide: DaprClient,
    inject: [
      RESOLVED_OPTIONS,
      EmbeddedSidecarHandle,
      ConfigurationUpdates,
      CurrentCall,
      CLOCK,
    ],
    useFactory: (
      options: ResolvedOptions,
      sidecar: EmbeddedSidecarHandle,
      configurationUpdates: ConfigurationUpdates,
      currentCall: CurrentCall,
      clock: Clock,
    ) =>
      new DaprClient(options.client, {
        clock,
        configurationUpdates,
        warn,
        beginActorCall: actorCalls(currentCall),
        scopeHeaders: scopeHeaders(currentCall),
        ...endpointsOf(sidecar),
      }),
  },
  {
    provide: DaprClients,
    inject: [
      RESOLVED_OPTIONS,
      EmbeddedSidecarHandle,
      DaprClient,
      CurrentCall,
      CLOCK,
    ],
    useFactory: (
      { clients }: ResolvedOptions,
      sidecar: EmbeddedSidecarHandle,
      main: DaprClient,
      currentCall: CurrentCall,
      clock: Clock,
    ) =>
      new DaprClients(main, clients, (name) => {
        const own = clients[name] as DaprClientOptions;
        return new DaprClient(
          furtherClientOptions(own, main.options, process.env),
          {
            clock,
            warn,
            scopeHeaders: scopeHeaders(currentCall),
            ...(!namesAddress(own) && endpointsOf(sidecar)),
          },
        );
      }),
  },
  {
    provide: ActorProxyFactory,
    inject: [RESOLVED_OPTIONS, DaprClient],
    useFactory: ({ actors }: ResolvedOptions, client: DaprClient) =>
      new ActorProxyFactory({
        client: () => client.actor,
        errors: actors.errors,
        arguments: actors.arguments,
      }),
  },
  {
    provide: ActorRuntime,
    inject: [
      RESOLVED_OPTIONS,
      DaprClient,
      CurrentCall,
      CLOCK,
      ModuleRef,
      ModulesContainer,
      ApplicationConfig,
    ],
    useFactory: (
      options: ResolvedOptions,
      client: DaprClient,
      currentCall: CurrentCall,
      clock: Clock,
      moduleRef: ModuleRef,
      modules: ModulesContainer,
      config: ApplicationConfig,
    ) =>
      new ActorRuntime({
        client: () => client.actor,
        enabledFeatures: async () => {
          const timeout = METADATA_TIMEOUT;
          return (await client.metadata.get({ timeout })).enabledFeatures;
        },
        moduleRef,
        modules,
        config,
        inheritAppConfig: options.server.inheritAppConfig ?? false,
        options: options.actors,
        currentCall,
        clock,
      }),
  },
  {
    provide: ServerDapr,
    inject: [
      RESOLVED_OPTIONS,
      ActorRuntime,
      DaprClient,
      ConfigurationUpdates,
      CurrentCall,
      CLOCK,
    ],
    useFactory: (
      options: ResolvedOptions,
      actors: ActorRuntime,
      client: DaprClient,
      configurationUpdates: ConfigurationUpdates,
      currentCall: CurrentCall,
      clock: Clock,
    ) =>
      new ServerDapr({
        options: options.server,
        names: options.names,
        subscriptions: options.subscriptions,
        actors,
        jobs: () => client.jobs,
        configuration: () => client.configuration,
        configurationUpdates: isHttp(client) ? configurationUpdates : undefined,
        currentCall,
        clock,
      }),
  },
  {
    provide: SidecarWatch,
    inject: [DaprClient, ActorRuntime, RESOLVED_OPTIONS, CLOCK],
    useFactory: (
      client: DaprClient,
      actors: ActorRuntime,
      options: ResolvedOptions,
      clock: Clock,
    ) => new SidecarWatch(client, actors, options, clock),
  },
  actorIdProvider,
  DaprLifecycle,
];
