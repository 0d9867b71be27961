import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

export { freePort } from '../../dapr/ports.js';

/** What arrived at a server. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export type Answerer = (
  request: SeenRequest,
  response: ServerResponse,
) => void | Promise<void>;

/** An HTTP server on a free port of 127.0.0.1 that keeps what it was asked. */
export interface TestServer {
  readonly port: number;
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<void>;
}

export async function startServer(
  answer: Answerer,
  port = 0,
): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => {
    void (async () => {
      const { method = '', url = '', headers } = incoming;
      const request = { method, url, headers, body: await buffer(incoming) };
      requests.push(request);
      await answer(request, response);
    })();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) =>
    // Node's own backlog is 511: of a thousand connections at once some would be made a second later.
    server.listen({ port, host: '127.0.0.1', backlog: 2_048 }, resolve),
  );
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    requests,
    sockets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
