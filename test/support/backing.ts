import { component } from '../conformance/components.js';
import { redisBinary, startRedis } from '../dapr/redis.js';
import { sidecarKind } from './sidecar.js';

/** Where state and messages are kept: the components of Dapr that hold them in memory, or a Redis. */
export type BackingName = 'in-memory' | 'redis';

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
  const redis =
    sidecarKind === 'daprd' ? await startRedis() : { host: 'localhost:6379' };
  return {
    component: (kind, of, metadata) =>
      component(`${kind}.redis`, of, { redisHost: redis.host, ...metadata }),
    ...('stop' in redis && { redisHost: redis.host }),
    stop: () => ('stop' in redis ? redis.stop() : Promise.resolve()),
  };
}
