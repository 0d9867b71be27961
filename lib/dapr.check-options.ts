import { inspect } from 'node:util';
import { CLIENT_OPTIONS } from './client/options.js';
import type { DaprModuleOptions } from './dapr.options.js';
import { DaprConfigurationError } from './errors/dapr-configuration.error.js';
import { refuseUnknownOptions } from './errors/refuse-unknown-options.js';

export const LARGEST_PORT = 65_535;

/** The options that hold others. */
export const SECTIONS = [
  'clients',
  'names',
  'subscriptions',
  'actors',
  'server',
  'embedded',
] as const satisfies readonly (keyof DaprModuleOptions)[];

const ROOT_KEYS: readonly string[] = [
  ...CLIENT_OPTIONS,
  'sidecar',
  ...SECTIONS,
];

const SECTION_KEYS: Readonly<Record<string, readonly string[]>> = {
  subscriptions: ['deadLetterTopic'],
  actors: [
    'idleTimeout',
    'drainOngoingCallTimeout',
    'drainRebalancedActors',
    'reentrancy',
    'remindersStoragePartitions',
    'arguments',
    'errors',
    'stacks',
  ],
  'actors.reentrancy': ['enabled', 'maxStackDepth'],
  server: [
    'appToken',
    'trustedPeers',
    'bodyLimit',
    'drainDelay',
    'inheritAppConfig',
    'outcome',
    'port',
  ],
  embedded: ['appId', 'resources', 'httpPort', 'grpcPort', 'substitute'],
};

/** @throws {@link DaprConfigurationError} for options that don't exist, and values that can't be meant */
export function checkOptions(options: DaprModuleOptions): void {
  refuseUnknownModuleOptions(options);
  refuseImpossibleValues(options);
}

function refuseUnknownModuleOptions(options: DaprModuleOptions): void {
  const { subscriptions, actors, server, embedded, clients } = options;
  refuseUnknown('', ROOT_KEYS, options);
  const sections = {
    subscriptions,
    actors,
    'actors.reentrancy': actors?.reentrancy,
    server,
    embedded,
  };
  for (const [name, section] of Object.entries(sections))
    refuseUnknown(name, SECTION_KEYS[name] ?? [], section);
  for (const [name, client] of Object.entries(clients ?? {}))
    refuseUnknown(`clients.${name}`, CLIENT_OPTIONS, client);
}

function refuseUnknown(
  section: string,
  known: readonly string[],
  value: object | undefined,
): void {
  const where = section && `the "${section}" options of `;
  refuseUnknownOptions(`${where}DaprModule.forRoot()`, known, value);
}

function refuseImpossibleValues({ server, embedded }: DaprModuleOptions): void {
  const { bodyLimit, drainDelay, port, trustedPeers, outcome } = server ?? {};
  const isAmount = (value: unknown) => typeof value === 'number' && value >= 0;
  const isPort = (value: unknown) =>
    isAmount(value) && Number.isInteger(value) && Number(value) <= LARGEST_PORT;
  check('server.bodyLimit', bodyLimit, isAmount, 'a number of bytes');
  check('server.drainDelay', drainDelay, isAmount, 'a number of milliseconds');
  check('server.port', port, isPort, 'a port number');
  check('embedded.httpPort', embedded?.httpPort, isPort, 'a port number');
  check('embedded.grpcPort', embedded?.grpcPort, isPort, 'a port number');
  check('server.trustedPeers', trustedPeers, Array.isArray, 'a list of CIDRs');
  const isFunction = (value: unknown) => typeof value === 'function';
  check('server.outcome', outcome, isFunction, 'a function');
}

function check(
  name: string,
  value: unknown,
  isPossible: (value: unknown) => boolean,
  due: string,
): void {
  if (value === undefined || isPossible(value)) return;
  throw new DaprConfigurationError(
    `The option ${name} of DaprModule.forRoot() is ${inspect(value)}; ${due} is due.`,
  );
}
