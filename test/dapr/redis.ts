import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { removeScratch, scratchFolder } from './control-plane.js';
import { freePort } from './ports.js';
import { startProcess } from './running-process.js';

export interface Redis {
  /** `127.0.0.1:<port>`, as `redisHost` of Dapr's components takes it. */
  readonly host: string;
  stop(): Promise<void>;
}

/** The Redis server on PATH, such as the package `redis-server` of Debian installs. */
export function redisBinary(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders
    .map((folder) => join(folder, 'redis-server'))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** A Redis that keeps nothing on disk. */
export async function startRedis(): Promise<Redis> {
  const command = redisBinary();
  if (!command) throw new Error('There is no redis-server on PATH.');
  const folder = await scratchFolder('redis');
  const port = await freePort();
  const server = await startProcess({
    name: 'redis',
    command,
    args: [
      '--bind',
      '127.0.0.1',
      '--port',
      String(port),
      '--save',
      '',
      '--appendonly',
      'no',
    ],
    folder,
    isUp: () => pong(port),
  });
  return {
    host: `127.0.0.1:${port}`,
    async stop() {
      await server.stop();
      await removeScratch(folder);
    },
  };
}

function pong(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
  });
}
