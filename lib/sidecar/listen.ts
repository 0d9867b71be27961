import type { AddressInfo, Server } from 'node:net';
import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';

const LOOPBACK = '127.0.0.1';
// Node's own 511 makes a thousand connections at once wait a second for the kernel to try again.
const BACKLOG = 2048;

/**
 * Listens on the first of the ports that is free; returns which.
 * @throws DaprConfigurationError when none is
 */
export async function listenOnLoopback(
  server: Server,
  ports: readonly number[],
  api: 'HTTP' | 'gRPC',
): Promise<number> {
  for (const port of ports) {
    const taken = await tryToListen(server, port, api);
    if (!taken) return (server.address() as AddressInfo).port;
    if (port === ports.at(-1)) throw taken;
  }
  throw new TypeError('no port given');
}

function tryToListen(
  server: Server,
  port: number,
  api: string,
): Promise<Error | undefined> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES')
        return reject(error);
      resolve(
        new DaprConfigurationError(
          `Port ${port} for the embedded sidecar's ${api} API is not to be had (${error.code}): another sidecar may run. Choose another port, or none to get a free one.`,
          { cause: error },
        ),
      );
    };
    server.once('error', fail);
    server.listen({ port, host: LOOPBACK, backlog: BACKLOG }, () => {
      server.off('error', fail);
      resolve(undefined);
    });
  });
}
