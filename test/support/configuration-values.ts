import { once } from 'node:events';
import { connect } from 'node:net';
import type { Backing } from './backing.js';
import type { EmbeddedSidecar } from './embedded-sidecar.js';
import type { Sidecar } from './sidecar.js';

/** What operators do to a configuration store while applications run. */
export interface ConfigurationValues {
  /** `value||version` has a version. */
  set(key: string, text: string): Promise<void>;
  delete(key: string): Promise<void>;
}

/** The values of a store: in the Redis behind daprd, or in the embedded sidecar. */
export function valuesOf(
  sidecar: Sidecar,
  { redisHost }: Backing,
  store: string,
): ConfigurationValues {
  if (redisHost !== undefined)
    return {
      set: (key, text) => redis(redisHost, 'SET', key, text),
      delete: (key) => redis(redisHost, 'DEL', key),
    };
  const { engine } = sidecar as EmbeddedSidecar;
  const values = engine.configurations.store(store);
  return {
    set: async (key, text) => values.set(key, text),
    delete: async (key) => values.delete(key),
  };
}

/** https://redis.io/docs/latest/develop/reference/protocol-spec/ */
async function redis(host: string, ...words: string[]): Promise<void> {
  const [address = '', port] = host.split(':');
  const socket = connect(Number(port), address);
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}`);
  socket.write(`*${words.length}\r\n${parts.join('\r\n')}\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  if (answer.toString().startsWith('-')) throw new Error(answer.toString());
}
