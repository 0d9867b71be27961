import type { ActorsOptions } from './actors/actors.options.js';
import type { DaprClientOptions } from './client/options.js';
import { DaprConfigurationError } from './errors/dapr-configuration.error.js';
import type { ServerOptions } from './server/server.options.js';

/** Which sidecar the app talks to. */
export type SidecarChoice = 'auto' | 'external' | 'embedded';

/** What holds for all subscriptions. */
export interface SubscriptionsOptions {
  /**
   * Dead letter topic of every topic that names none itself and is no dead letter topic: a name, or a function of the
   * topic's name. Default: none.
   */
  readonly deadLetterTopic?: string | ((topic: string) => string | undefined);
}

/** The sidecar that runs inside the app's process, for development and specs. */
export interface EmbeddedOptions {
  /** Its app id. Environment: `APP_ID`. Default `app`. */
  readonly appId?: string;
  /** Folders of component, subscription, resiliency and configuration YAML. Default: `pubsub` and `statestore`. */
  readonly resources?: string | readonly string[];
  /** Default 3500 if free, else a free one. A port that is asked for and taken is an error. */
  readonly httpPort?: number;
  /** Serve brokers and stores that it does not have from memory, under their own names. Default true. */
  readonly substitute?: boolean;
}

/** @see https://docs.dapr.io/reference/environment/ for the environment variables */
export interface DaprModuleOptions extends DaprClientOptions {
  /**
   * `auto`: external where the environment names a sidecar, else embedded where `NODE_ENV` is `development` or `test`,
   * else external on Dapr's default ports. Environment: `DAPR_SIDECAR`. Default `auto`.
   */
  readonly sidecar?: SidecarChoice;
  /** Further clients by name, for `@InjectDaprClient(name)`. */
  readonly clients?: Readonly<Record<string, DaprClientOptions>>;
  /** Deployed names of the pub/subs, topics and bindings that decorators name; undefined means as written. */
  readonly names?: Readonly<Record<string, string | undefined>>;
  readonly subscriptions?: SubscriptionsOptions;
  readonly actors?: ActorsOptions;
  readonly server?: ServerOptions;
  readonly embedded?: EmbeddedOptions;
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
  readonly actors: ActorsOptions;
  readonly server: ServerOptions;
  readonly embedded: EmbeddedOptions & { readonly appId: string };
}

const CLIENT_KEYS = [
  'daprHost',
  'daprPort',
  'daprGrpcPort',
  'httpEndpoint',
  'grpcEndpoint',
  'communicationProtocol',
  'apiToken',
  'daprApiToken',
  'timeout',
  'readyTimeout',
] as const satisfies readonly (keyof DaprClientOptions)[];

const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  forRoot: [
    ...CLIENT_KEYS,
    'sidecar',
    'clients',
    'names',
    'subscriptions',
    'actors',
    'server',
    'embedded',
  ],
  subscriptions: ['deadLetterTopic'],
  actors: [
    'idleTimeout',
    'drainOngoingCallTimeout',
    'drainRebalancedActors',
    'reentrancy',
    'arguments',
  ],
  server: [
    'appToken',
    'trustedPeers',
    'bodyLimit',
    'drainDelay',
    'inheritAppConfig',
    'outcome',
    'port',
  ],
  embedded: ['appId', 'resources', 'httpPort', 'substitute'],
};

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
  refuseUnknown('forRoot', options);
  for (const section of [
    'subscriptions',
    'actors',
    'server',
    'embedded',
  ] as const)
    refuseUnknown(section, options[section]);
  const client: Record<string, unknown> = {};
  for (const key of CLIENT_KEYS)
    if (options[key] !== undefined) client[key] = options[key];
  return Object.freeze({
    ...chooseSidecar(options, env),
    client: Object.freeze(client as DaprClientOptions),
    clients: Object.freeze({ ...options.clients }),
    names: Object.freeze({ ...options.names }),
    subscriptions: Object.freeze({ ...options.subscriptions }),
    actors: Object.freeze({ ...options.actors }),
    server: Object.freeze(resolveServer(options.server ?? {}, env)),
    embedded: Object.freeze({
      ...options.embedded,
      appId: options.embedded?.appId ?? env['APP_ID'] ?? 'app',
    }),
  });
}

function resolveServer(
  server: ServerOptions,
  env: NodeJS.ProcessEnv,
): ServerOptions {
  const appToken = server.appToken ?? env['APP_API_TOKEN'];
  return { ...server, ...(appToken ? { appToken } : {}) };
}

function refuseUnknown(section: string, value: object | undefined): void {
  const known = KNOWN_KEYS[section] ?? [];
  const unknown = Object.keys(value ?? {}).filter(
    (key) => !known.includes(key),
  );
  if (unknown.length === 0) return;
  const where =
    section === 'forRoot'
      ? 'DaprModule.forRoot()'
      : `the "${section}" options of DaprModule.forRoot()`;
  throw new DaprConfigurationError(
    `${where} got ${unknown.map((key) => `"${key}"`).join(', ')}, which it does not know. ` +
      `It knows: ${known.join(', ')}. Correct the name or remove it.`,
  );
}

function chooseSidecar(
  options: DaprModuleOptions,
  env: NodeJS.ProcessEnv,
): Pick<ResolvedOptions, 'sidecar' | 'sidecarReason'> {
  const choice = options.sidecar ?? env['DAPR_SIDECAR'] ?? 'auto';
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
  if (
    options.httpEndpoint ??
    options.grpcEndpoint ??
    options.daprPort ??
    options.daprGrpcPort
  )
    return { sidecar: 'external', sidecarReason: 'the options name one' };
  const mode = env['NODE_ENV'];
  if (mode === 'development' || mode === 'test')
    return { sidecar: 'embedded', sidecarReason: `NODE_ENV=${mode}` };
  return { sidecar: 'external', sidecarReason: 'nothing says otherwise' };
}
