import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { DaprModuleOptions } from './dapr.options.js';
import type { Clock } from './protocol/clock.js';

export interface DaprModuleExtras {
  /** Provide the client, proxies and transport to every module. Default true. */
  readonly isGlobal?: boolean | undefined;
  /** Names of the further clients, where `forRootAsync` gives their options only later. */
  readonly clientNames?: readonly string[] | undefined;
}

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<DaprModuleOptions>({ moduleName: 'Dapr' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createDaprOptions')
  .setExtras<DaprModuleExtras>({ isGlobal: true }, (definition, extras) => ({
    ...definition,
    global: extras.isGlobal ?? true,
  }))
  .build();

/** What `DaprModule.forRootAsync` takes: a factory, a class or an existing provider of the options. */
export type DaprModuleAsyncOptions = typeof ASYNC_OPTIONS_TYPE;

/** A class that gives the options, for `useClass` and `useExisting`. */
export interface DaprOptionsFactory {
  createDaprOptions(): DaprModuleOptions | Promise<DaprModuleOptions>;
}

/** The sidecar of one running application inside its process. */
export interface AppSidecar {
  readonly httpEndpoint: string;
  readonly grpcEndpoint: string;
  /** The app listens: ask it for its subscriptions and actors, begin to deliver, and last let it begin, too. */
  connect(
    app: { readonly host: string; readonly port: number },
    then: () => Promise<void>,
  ): Promise<void>;
  /** The app is going: stop calling it. Its own calls go on being answered. */
  disconnect(): Promise<void>;
  close(): Promise<void>;
}

/** Stands in for the sidecar that the options would choose; the test kit provides one. */
export interface SidecarHost {
  readonly clock: Clock;
  /** Laid over the module's own options. */
  readonly options: DaprModuleOptions;
  open(appId: string): Promise<AppSidecar>;
}

/** Token of the {@link SidecarHost}, null where the options choose. */
export const SIDECAR_HOST = Symbol('nestjs-dapr:sidecar-host');

/** Token of the resolved options. */
export const RESOLVED_OPTIONS = Symbol('nestjs-dapr:options');
