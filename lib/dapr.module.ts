import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { ActorId } from './actors/actor-id.js';
import { ActorProxyFactory } from './actors/proxy/actor-proxy-factory.js';
import { actorsProvider, type ActorTypeRef } from './actors/proxy/actors.js';
import { DaprClient } from './client/dapr-client.js';
import { DaprClients, getDaprClientToken } from './dapr.clients.js';
import {
  ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  OPTIONS_TYPE,
} from './dapr.module-definition.js';
import { DepartureModule } from './dapr.departure.js';
import { daprProviders } from './dapr.providers.js';
import { ServerDapr } from './server/server-dapr.js';

/**
 * Dapr for a Nest application: the client, the transport that Dapr calls, actors and their proxies, and in
 * development a sidecar in the same process. Import it once, in the root module, by `forRoot` or `forRootAsync`.
 * @see https://docs.dapr.io
 */
@Module({
  imports: [DepartureModule],
  providers: daprProviders,
  exports: [DaprClient, ActorProxyFactory, ActorId, ServerDapr],
})
export class DaprModule extends ConfigurableModuleClass {
  /** @throws DaprConfigurationError at start, for options that it does not know */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return withClients(super.forRoot(options), [
      ...Object.keys(options.clients ?? {}),
      ...(options.clientNames ?? []),
    ]);
  }

  /** Options from a factory, a class or an existing provider. */
  static override forRootAsync(
    options: typeof ASYNC_OPTIONS_TYPE,
  ): DynamicModule {
    return withClients(super.forRootAsync(options), options.clientNames ?? []);
  }

  /**
   * Makes actor types callable from the importing module by `@InjectActors`.
   * @param types classes with `@ActorType`, type names, or functions that give a class where files import each other
   */
  static forFeature(types: readonly ActorTypeRef[]): DynamicModule {
    const proxies = types.map((type) => actorsProvider(type));
    return { module: DaprFeatureModule, providers: proxies, exports: proxies };
  }
}

@Module({})
class DaprFeatureModule {}

function withClients(
  module: DynamicModule,
  names: readonly string[],
): DynamicModule {
  const clients = names.map((name): Provider => ({
    provide: getDaprClientToken(name),
    inject: [DaprClients],
    useFactory: (all: DaprClients) => all.get(name),
  }));
  return {
    ...module,
    providers: [...(module.providers ?? []), ...clients],
    exports: [...(module.exports ?? []), ...clients],
  };
}
