import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import { refuseUnknownOptions } from '../../errors/refuse-unknown-options.js';
import type { AppConfig, ActorTypeConfig } from '../../protocol/app-config.js';
import { toGoDuration, type Duration } from '../../protocol/duration.js';
import type { ActorTypeDefinition } from '../actor-type.decorator.js';
import type { ActorStateOptions } from '../actor-state.options.js';
import type { ActorsOptions, ActorTypeOptions } from '../actors.options.js';

const SETTINGS = [
  'idleTimeout',
  'drainOngoingCallTimeout',
  'drainRebalancedActors',
  'reentrancy',
  'remindersStoragePartitions',
] as const satisfies readonly (keyof ActorsOptions)[];

// The dispatcher keeps to the type's own limit. A daprd that finds its limit crossed never frees the actor again: it
// counts the call that it refuses, and that one never leaves.
const NO_LIMIT = 2 ** 31 - 1;

const KNOWN: readonly (keyof ActorTypeOptions)[] = [
  ...SETTINGS,
  'arguments',
  'methods',
  'remote',
  'maxConcurrentTurns',
  'state',
];

const KNOWN_OF_STATE: readonly (keyof ActorStateOptions)[] = [
  'keys',
  'serializer',
  'version',
  'upcast',
  'readableBy',
];

/** @throws DaprConfigurationError for an option of `@ActorType` that does not exist, or can't be meant */
export function refuseWrongOptions(
  className: string,
  options: ActorTypeOptions,
): void {
  const { maxConcurrentTurns, state = {} } = options;
  refuseUnknownOptions(`@ActorType of ${className}`, KNOWN, options);
  refuseUnknownOptions(
    `The "state" of @ActorType of ${className}`,
    KNOWN_OF_STATE,
    state,
  );
  const problem =
    problemOf('maxConcurrentTurns', maxConcurrentTurns, 1) ??
    problemOfState(state);
  refuse(`@ActorType of ${className}`, problem);
}

function problemOfState({
  version,
  upcast,
  readableBy,
  serializer,
}: ActorStateOptions): string | undefined {
  const isWhole =
    !serializer ||
    (typeof serializer.encode === 'function' &&
      typeof serializer.decode === 'function');
  if (!isWhole) return 'state.serializer needs both encode() and decode().';
  if ((version === undefined) !== (upcast === undefined))
    return 'state.version and state.upcast go together: what was stored before has the version 0.';
  if (readableBy !== undefined && !(readableBy <= (version ?? -1)))
    return `state.readableBy is ${readableBy}; it names a version up to state.version.`;
  return (
    problemOf('state.version', version, 1) ??
    problemOf('state.readableBy', readableBy, 0)
  );
}

function problemOf(
  option: string,
  value: number | undefined,
  least: number,
): string | undefined {
  return value === undefined || (Number.isInteger(value) && value >= least)
    ? undefined
    : `${option} is ${value}; it must be a whole number from ${least} up.`;
}

/**
 * The answer to GET /dapr/config.
 * @param types the hosted ones
 * @throws DaprConfigurationError for a value that Dapr would not take
 */
export function appConfigOf(
  app: ActorsOptions,
  types: readonly ActorTypeDefinition[],
): AppConfig {
  const special = types.filter(({ options }) =>
    SETTINGS.some((setting) => options[setting] !== undefined),
  );
  return {
    entities: types.map(({ name }) => name),
    ...typeConfig('The "actors" options of DaprModule.forRoot()', app),
    // daprd completes an entry from its own defaults, not from the settings above.
    ...(special.length > 0 && {
      entitiesConfig: special.map(({ name, options }) => ({
        entities: [name],
        ...typeConfig(`@ActorType("${name}")`, { ...app, ...options }),
      })),
    }),
  };
}

function typeConfig(owner: string, options: ActorsOptions): ActorTypeConfig {
  const { idleTimeout, drainOngoingCallTimeout, drainRebalancedActors } =
    options;
  const { remindersStoragePartitions } = options;
  const reentrancy = reentrancyOf(owner, options);
  refuse(
    owner,
    problemOf('remindersStoragePartitions', remindersStoragePartitions, 0),
  );
  return {
    ...(idleTimeout !== undefined && {
      actorIdleTimeout: duration(owner, 'idleTimeout', idleTimeout),
    }),
    ...(drainOngoingCallTimeout !== undefined && {
      drainOngoingCallTimeout: duration(
        owner,
        'drainOngoingCallTimeout',
        drainOngoingCallTimeout,
      ),
    }),
    ...(drainRebalancedActors !== undefined && { drainRebalancedActors }),
    ...(reentrancy !== undefined && { reentrancy }),
    ...(remindersStoragePartitions !== undefined && {
      remindersStoragePartitions,
    }),
  };
}

function refuse(owner: string, problem: string | undefined): void {
  if (problem) throw new DaprConfigurationError(`${owner}: ${problem}`);
}

function duration(owner: string, option: string, value: Duration): string {
  try {
    return toGoDuration(value);
  } catch (cause) {
    throw new DaprConfigurationError(
      `${owner}: ${option} is wrong: ${(cause as Error).message}.`,
      { cause },
    );
  }
}

function reentrancyOf(
  owner: string,
  { reentrancy }: ActorsOptions,
): ActorTypeConfig['reentrancy'] {
  const depth = reentrancy?.maxStackDepth;
  refuse(owner, problemOf('reentrancy.maxStackDepth', depth, 1));
  if (!reentrancy) return undefined;
  return reentrancy.enabled
    ? { enabled: true, maxStackDepth: NO_LIMIT }
    : { enabled: false };
}
