import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpFront } from './front.js';
import { followUnusedConnections } from './unused-connections.js';

// Node's own 511 makes a thousand connections at once wait a second for the kernel to try again.
const BACKLOG = 2048;

/** A port that serves Dapr's calls and nothing else. */
export class OwnPort {
  private httpServer: Server | undefined;
  private cutUnused: (() => void) | undefined;
  private gate: Promise<void> | undefined;
  private openGate: (() => void) | undefined;

  constructor(private readonly handle: HttpFront['handle']) {}

  /** From the call of `open` on. */
  get server(): Server | undefined {
    return this.httpServer;
  }

  /** The port's number, once it is open. */
  get number(): number | undefined {
    return (this.httpServer?.address() as AddressInfo | null)?.port;
  }

  /** Lets requests wait until `release`: the app is still starting. */
  hold(): void {
    if (this.openGate) return;
    this.gate = new Promise((resolve) => (this.openGate = resolve));
  }

  /** From here on requests are answered. */
  release(): void {
    this.openGate?.();
    this.gate = undefined;
  }

  open(port: number, callback: (error?: Error) => void): void {
    const server = createServer((request, response) => {
      if (!this.gate) return this.answer(request, response);
      void this.gate.then(() => {
        // Its caller may not have waited.
        if (!response.destroyed) this.answer(request, response);
      });
    });
    this.httpServer = server;
    this.cutUnused = followUnusedConnections(server);
    const fail = (error: Error): void => {
      this.httpServer = undefined;
      callback(error);
    };
    server.once('error', fail);
    server.listen({ port, backlog: BACKLOG }, () => {
      server.removeListener('error', fail);
      callback();
    });
  }

  async close(): Promise<void> {
    this.release();
    const server = this.httpServer;
    if (!server) return;
    this.httpServer = undefined;
    this.cutUnused?.();
    await new Promise((resolve) => server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    if (!this.handle(request, response)) answerNotFound(response);
  }
}

/** On a port of our own, what is not Dapr's is nobody's. */
function answerNotFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'application/json' });
  response.end(
    '{"statusCode":404,"message":"this port serves Dapr\'s callbacks only"}',
  );
}
