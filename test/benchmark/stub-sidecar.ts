import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubSidecar {
  readonly port: number;
  /** Requests that were not of health, since the last call. */
  take(): number;
  close(): void;
}

const VALUE = '{"sku":"book","quantity":2,"price":1200}';

/** Answers every call of the sidecar's API at once, with as little as a client accepts. */
export async function startStubSidecar(): Promise<StubSidecar> {
  let count = 0;
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    request.resume();
    request.once('end', () => {
      if (url.startsWith('/v1.0/healthz')) return response.writeHead(204).end();
      count += 1;
      if (request.method === 'GET' && url.startsWith('/v1.0/state/')) {
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': VALUE.length,
          etag: '1',
        });
        return response.end(VALUE);
      }
      if (url === '/v1.0/metadata') {
        response.writeHead(200, { 'content-type': 'application/json' });
        return response.end('{"id":"bench"}');
      }
      response.writeHead(204).end();
    });
  });
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve()),
  );
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const taken = count;
      count = 0;
      return taken;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
