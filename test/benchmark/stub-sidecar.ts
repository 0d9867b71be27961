import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';

export interface StubSidecar {
  readonly port: number;
  readonly grpcPort: number;
  /** Requests that were not of health, since the last call. */
  take(): number;
  close(): void;
}

const VALUE = '{"sku":"book","quantity":2,"price":1200}';

/** Bytes of a gRPC message: not compressed, its length, itself. */
function frame(...message: Buffer[]): Buffer {
  const head = Buffer.alloc(5);
  const body = Buffer.concat(message);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

const EMPTY = frame();
// GetStateResponse: data is field 1, etag field 2.
const STATE = frame(
  Buffer.from([0x0a, VALUE.length]),
  Buffer.from(VALUE),
  Buffer.from([0x12, 1, 0x31]),
);

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
  const grpc = createHttp2Server({ maxSessionMemory: 1024 });
  grpc.on('session', (session) => session.on('error', () => undefined));
  grpc.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    stream.resume();
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    );
    stream.once('wantTrailers', () =>
      stream.sendTrailers({ 'grpc-status': '0' }),
    );
    stream.end(headers[':path']?.endsWith('/GetState') ? STATE : EMPTY);
  });
  const [port, grpcPort] = [await listen(server), await listen(grpc)];
  return {
    port,
    grpcPort,
    take() {
      const taken = count;
      count = 0;
      return taken;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
      grpc.close();
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve()),
  );
  return (server.address() as AddressInfo).port;
}
