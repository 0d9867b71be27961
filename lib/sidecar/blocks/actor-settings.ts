import type {
  ActorEntityConfig,
  ActorTypeConfig,
  AppConfig,
} from '../../protocol/app-config.js';
import { parseGoDuration } from '../../protocol/go-duration.js';

/** How one actor type is run. Times in milliseconds. */
export interface ActorSettings {
  readonly idleTimeout: number;
  /** How long running turns may go on when the actor moves to another host; 0: they are cut at once. */
  readonly drainTimeout: number;
  /** How often a chain of calls may be inside the actor at a time; undefined: once, reentrancy is off. */
  readonly maxStackDepth: number | undefined;
}

// Defaults and limits of dapr/dapr pkg/actors/api/config.go.
const IDLE_TIMEOUT = 3_600_000;
const DRAIN_TIMEOUT = 2000;
const DISSEMINATION_TIMEOUT = 30_000;
const STACK_DEPTH = 32;

/**
 * The hosted types of an answer to GET /dapr/config, whose members may all be missing. As in daprd, a bad duration of a type falls back to the default
 * with a warning, and a type with an entry of its own takes nothing but the drain timeout from the top level.
 * @throws Error for a bad duration at the top level, which makes daprd host no actor at all
 */
export function readActorSettings(
  config: Partial<AppConfig>,
  warn: (message: string) => void,
): ReadonlyMap<string, ActorSettings> {
  const drainTimeout = drainTimeoutOf(config) ?? DRAIN_TIMEOUT;
  const drains = config.drainRebalancedActors ?? true;
  const common: ActorSettings = {
    idleTimeout: durationOf('actorIdleTimeout', config) ?? IDLE_TIMEOUT,
    drainTimeout: drains ? drainTimeout : 0,
    maxStackDepth: stackDepthOf(config),
  };
  const entities = textsOf('entities', config.entities);
  const types = new Map(entities.map((type) => [type, common]));
  for (const entry of config.entitiesConfig ?? []) {
    const settings = readEntry(entry, { drains, drainTimeout, warn });
    for (const type of textsOf('entities', entry.entities))
      if (types.has(type)) types.set(type, settings);
      else
        warn(
          `entitiesConfig has settings for the actor type "${type}", which entities does not name; they are ignored.`,
        );
  }
  return types;
}

function readEntry(
  entry: ActorEntityConfig,
  top: {
    readonly drains: boolean;
    readonly drainTimeout: number;
    readonly warn: (message: string) => void;
  },
): ActorSettings {
  const read = (duration: () => number | undefined): number | undefined => {
    try {
      return duration();
    } catch (error) {
      top.warn(
        `${(error as Error).message}; for ${String(entry.entities)} the default is taken.`,
      );
      return undefined;
    }
  };
  const idleTimeout = read(() => durationOf('actorIdleTimeout', entry));
  const drainTimeout = read(() => drainTimeoutOf(entry));
  return {
    idleTimeout: idleTimeout ?? IDLE_TIMEOUT,
    // daprd reads drainRebalancedActors at the top only.
    drainTimeout: top.drains ? (drainTimeout ?? top.drainTimeout) : 0,
    maxStackDepth: stackDepthOf(entry),
  };
}

function stackDepthOf({ reentrancy }: ActorTypeConfig): number | undefined {
  return reentrancy?.enabled
    ? (reentrancy.maxStackDepth ?? STACK_DEPTH)
    : undefined;
}

function drainTimeoutOf(config: ActorTypeConfig): number | undefined {
  const timeout = durationOf('drainOngoingCallTimeout', config);
  if (timeout === undefined || timeout < DISSEMINATION_TIMEOUT) return timeout;
  return DISSEMINATION_TIMEOUT * 0.8;
}

function durationOf(
  name: 'actorIdleTimeout' | 'drainOngoingCallTimeout',
  config: ActorTypeConfig,
): number | undefined {
  const text = config[name];
  if (!text) return undefined;
  const milliseconds = parseGoDuration(String(text));
  if (milliseconds === undefined)
    throw new Error(
      `${name} "${text}" is no Go duration, such as "1h30m" or "500ms"`,
    );
  return milliseconds;
}

/** The answer comes from the application, as it is. */
function textsOf(name: string, value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return value;
  throw new Error(`${name} is no list of texts`);
}
