import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import type { AppConfig, ActorTypeConfig } from '../../protocol/app-config.js';
import { toGoDuration, type Duration } from '../../protocol/duration.js';
import type { ActorTypeDefinition } from '../actor-type.decorator.js';
import type { ActorsOptions, ActorTypeOptions } from '../actors.options.js';

const SETTINGS = [
  'idleTimeout',
  'drainOngoingCallTimeout',
  'drainRebalancedActors',
  'reentrancy',
] as const satisfies readonly (keyof ActorsOptions)[];

// The dispatcher keeps to the type's own limit. A daprd that finds its limit crossed never frees the actor again: it
// counts the call that it refuses, and that one never leaves.
const NO_LIMIT = 2 ** 31 - 1;

const KNOWN: readonly (keyof ActorTypeOptions)[] = [
  ...SETTINGS,
  'arguments',
  'methods',
  'remote',
];

/** @throws DaprConfigurationError for an option of `@ActorType` that does not exist */
export function refuseUnknownOptions(
  className: string,
  options: ActorTypeOptions,
): void {
  const unknown = Object.keys(options).filter(
    (key) => !(KNOWN as readonly string[]).includes(key),
  );
  if (unknown.length > 0)
    throw new DaprConfigurationError(
      `@ActorType of ${className} got ${unknown.map((key) => `"${key}"`).join(', ')}, which it does not know. ` +
        `It knows: ${KNOWN.join(', ')}. Correct the name or remove it.`,
    );
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
  const reentrancy = reentrancyOf(owner, options);
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
  };
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
  if (depth !== undefined && !(Number.isInteger(depth) && depth > 0))
    throw new DaprConfigurationError(
      `${owner}: reentrancy.maxStackDepth is ${depth}; it must be a whole number from 1 up.`,
    );
  return reentrancy?.enabled
    ? { enabled: true, maxStackDepth: NO_LIMIT }
    : reentrancy;
}
