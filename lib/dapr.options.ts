import type { ActorsModuleOptions } from './actors/actors.options.js';
import {
  CLIENT_OPTIONS,
  namesAddress,
  type DaprClientOptions,
} from './client/options.js';
import { checkOptions, LARGEST_PORT, SECTIONS } from './dapr.check-options.js';
import { DaprConfigurationError } from './errors/dapr-configuration.error.js';
import { given } from './protocol/given.js';
import type { ServerOptions } from './server/server.options.js';

/** Which sidecar the app talks to. */
export type SidecarChoice = 'auto' | 'external' | 'embedded';

/** What holds for all subscriptions. */
export interface SubscriptionsOptions {
  /**
   * Dead letter topic of every topic that names none itself and is no dead letter topic: a name, or a function of the
   * topic's name. Default: none.
   */
  readonly deadLetterTopic?:
    string | ((topic: string) => string | undefined) | undefined;
}

/** The sidecar that runs inside the app's process, for development and specs. */
export interface EmbeddedOptions {
  /** Its app id. Environment: `APP_ID`. Default `app`. */
  readonly appId?: string | undefined;
  /** Folders of component, subscription, resiliency and configuration YAML. Default: `pubsub` and `statestore`. */
  readonly resources?: string | readonly string[] | undefined;
  /** Default 3500 if free, else a free one. A port that is asked for and taken is an error. */
  readonly httpPort?: number | undefined;
  /** Default 50001 if free, else a free one. A port that is asked for and taken is an error. */
  readonly grpcPort?: number | undefined;
  /** Serve brokers and stores that it does not have from memory, under their own names. Default true. */
  readonly substitute?: boolean | undefined;
}

/** @see https://docs.dapr.io/reference/environment/ for the environment variables */
export interface DaprModuleOptions extends DaprClientOptions {
  /**
   * `auto`: external where the environment or another option names a sidecar, else embedded where `NODE_ENV` is
   * `development` or `test`, else external on Dapr's default ports. Environment: `DAPR_SIDECAR`. Default `auto`.
   */
  readonly sidecar?: SidecarChoice | undefined;
  /**
   * Further clients by name, for `@InjectDaprClient(name)`. One without an address is one of the same sidecar as the main
   * client, the embedded one included, with the same `apiToken`. One with an address takes the environment and the
   * defaults for what it leaves out of it, and gets a token only where it has an `apiToken` itself or its addresses are
   * those of the main client: no other host is sent `DAPR_API_TOKEN`.
   */
  readonly clients?: Readonly<Record<string, DaprClientOptions>> | undefined;
  /** Deployed names of the pub/subs, topics, bindings and stores that decorators name; undefined means as written. */
  readonly names?: Readonly<Record<string, string | undefined>> | undefined;
  readonly subscriptions?: SubscriptionsOptions | undefined;
  readonly actors?: ActorsModuleOptions | undefined;
  readonly server?: ServerOptions | undefined;
  readonly embedded?: EmbeddedOptions | undefined;
}

/** Options with everything decided. */
export interface ResolvedOptions {
  readonly sidecar: 'external' | 'embedded';
  /** Why it is that one; for the line that says so at start. */
  readonly sidecarReason: string;
  readonly client: DaprClientOptions;
  readonly clients: Readonly<Record<string, DaprClientOptions>>;
  readonly names: Readonly<Record<string, string | undefined>>;
  readonly subscriptions: SubscriptionsOptions;
  readonly actors: ActorsModuleOptions;
  readonly server: ServerOptions;
  readonly embedded: EmbeddedOptions & { readonly appId: string };
  /** Where Dapr's calls are served when there is no HTTP app whose port they could share. */
  readonly standalonePort: number;
}

const STANDALONE_PORT = 3000;

const SIDECAR_VARIABLES = [
  'DAPR_HTTP_PORT',
  'DAPR_GRPC_PORT',
  'DAPR_HTTP_ENDPOINT',
  'DAPR_GRPC_ENDPOINT',
] as const;

/** Option before environment before default. @throws {@link DaprConfigurationError} for what it does not know. */
export function resolveOptions(
  options: DaprModuleOptions,
  env: NodeJS.ProcessEnv,
): ResolvedOptions {
  checkOptions(options);
  const client: Record<string, unknown> = {};
  for (const key of CLIENT_OPTIONS)
    if (options[key] !== undefined) client[key] = options[key];
  client['apiToken'] ??=
    options.daprApiToken ?? (env['DAPR_API_TOKEN'] || undefined);
  const server = resolveServer(options.server ?? {}, env);
  return Object.freeze({
    ...chooseSidecar(options, env),
    client: Object.freeze(client as DaprClientOptions),
    clients: Object.freeze({ ...options.clients }),
    names: Object.freeze({ ...options.names }),
    subscriptions: Object.freeze({ ...options.subscriptions }),
    actors: Object.freeze({ ...options.actors }),
    server: Object.freeze(server),
    embedded: Object.freeze({
      ...options.embedded,
      appId: options.embedded?.appId || env['APP_ID'] || 'app',
    }),
    standalonePort: server.port ?? appPort(env) ?? STANDALONE_PORT,
  });
}

/** Options laid over others: what they leave out stays as it was, in each section too. */
export function mergeOptions(
  options: DaprModuleOptions,
  over: DaprModuleOptions = {},
): DaprModuleOptions {
  const merged: Record<string, unknown> = { ...options, ...given(over) };
  for (const section of SECTIONS)
    if (options[section] && over[section])
      merged[section] = { ...options[section], ...given(over[section]) };
  return merged;
}

function resolveServer(
  server: ServerOptions,
  env: NodeJS.ProcessEnv,
): ServerOptions {
  const appToken = server.appToken ?? env['APP_API_TOKEN'];
  return { ...server, ...(appToken ? { appToken } : {}) };
}

// 0 and less: "dapr run" without --app-port.
function appPort({ APP_PORT: text }: NodeJS.ProcessEnv): number | undefined {
  const port = Number(text || '0');
  if (Number.isInteger(port) && port <= LARGEST_PORT)
    return port > 0 ? port : undefined;
  throw new DaprConfigurationError(
    `APP_PORT is "${text}", which is no port; a number from 1 to ${LARGEST_PORT} is due.`,
  );
}

function chooseSidecar(
  options: DaprModuleOptions,
  env: NodeJS.ProcessEnv,
): Pick<ResolvedOptions, 'sidecar' | 'sidecarReason'> {
  const choice = options.sidecar ?? (env['DAPR_SIDECAR'] || 'auto');
  if (choice === 'external' || choice === 'embedded')
    return {
      sidecar: choice,
      sidecarReason: options.sidecar
        ? `sidecar: '${choice}'`
        : `DAPR_SIDECAR=${choice}`,
    };
  if (choice !== 'auto')
    throw new DaprConfigurationError(
      `The sidecar is "${choice}", which is none of 'auto', 'external', 'embedded'. ` +
        'Correct the option "sidecar" of DaprModule.forRoot() or the variable DAPR_SIDECAR.',
    );
  const variable = SIDECAR_VARIABLES.find((name) => env[name]);
  if (variable)
    return { sidecar: 'external', sidecarReason: `${variable} is set` };
  if (namesAddress(options))
    return { sidecar: 'external', sidecarReason: 'the options name one' };
  const mode = env['NODE_ENV'];
  if (mode === 'development' || mode === 'test')
    return { sidecar: 'embedded', sidecarReason: `NODE_ENV=${mode}` };
  return { sidecar: 'external', sidecarReason: 'nothing says otherwise' };
}
