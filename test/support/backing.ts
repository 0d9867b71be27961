import { component } from '../conformance/components.js';
import { startPostgres } from '../dapr/postgres.js';
import { redisBinary, startRedis } from '../dapr/redis.js';
import { sidecarKind } from './sidecar.js';

/** Where state and messages are kept: the components of Dapr that hold them in memory, a Redis, or (state) a PostgreSQL. */
export type BackingName = 'in-memory' | 'redis' | 'postgresql';

export interface Backing {
  component(
    kind: 'pubsub' | 'state' | 'configuration' | 'lock',
    name: string,
    metadata?: Readonly<Record<string, string>>,
  ): string;
  /** Host and port of the Redis, where there is a real one. */
  readonly redisHost?: string;
  stop(): Promise<void>;
}

/** Redis only where there is one; the embedded sidecar serves its components from memory. */
export const backings: readonly BackingName[] =
  sidecarKind === 'embedded' || redisBinary()
    ? ['in-memory', 'redis']
    : ['in-memory'];

export async function startBacking(name: BackingName): Promise<Backing> {
  if (name === 'in-memory')
    return {
      component: (kind, ...rest) => component(`${kind}.in-memory`, ...rest),
      stop: () => Promise.resolve(),
    };
  if (name === 'postgresql') {
    const postgres =
      sidecarKind === 'daprd' ? await startPostgres() : undefined;
    const connectionString = postgres?.connectionString ?? 'host=localhost';
    return {
      component: (kind, of, metadata) =>
        component(`${kind}.postgresql`, of, { connectionString, ...metadata }),
      stop: () => postgres?.stop() ?? Promise.resolve(),
    };
  }
  const redis =
    sidecarKind === 'daprd' ? await startRedis() : { host: 'localhost:6379' };
  return {
    component: (kind, of, metadata) =>
      component(`${kind}.redis`, of, { redisHost: redis.host, ...metadata }),
    ...('stop' in redis && { redisHost: redis.host }),
    stop: () => ('stop' in redis ? redis.stop() : Promise.resolve()),
  };
}
