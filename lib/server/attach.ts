import type { AbstractHttpAdapter } from '@nestjs/core';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** True where the request is Dapr's; it is then being answered. */
type Handle = (request: IncomingMessage, response: ServerResponse) => boolean;

type Middleware = (
  request: IncomingMessage & { originalUrl?: string },
  response: ServerResponse,
  next: () => void,
) => void;

type FastifyHook = (
  request: { raw: IncomingMessage },
  reply: { raw: ServerResponse; hijack(): void },
  done: () => void,
) => void;

interface Fastify {
  addHook(name: 'onRequest', hook: FastifyHook): void;
}

/** What Nest's adapter for Fastify has a slot for, from Nest 11.2 on. */
interface FastifyAdapter {
  readonly onRequestHook?: unknown;
  setOnRequestHook(hook: FastifyHook): void;
}

/**
 * Puts the front before everything else that the app does with a request: body parsers, CORS, guards, prefix. Call it
 * as soon as the app has its adapter.
 */
export function attachFront(
  adapter: AbstractHttpAdapter,
  handle: Handle,
): void {
  if (adapter.getType() === 'fastify') return attachToFastify(adapter, handle);
  const middleware: Middleware = (request, response, next) => {
    if (!handle(request, response)) next();
  };
  adapter.use(middleware);
}

/** A hook also sees requests of inject() and of every address that "localhost" stands for. */
function attachToFastify(
  adapter: AbstractHttpAdapter & FastifyAdapter,
  handle: Handle,
): void {
  const hook: FastifyHook = (request, reply, done) => {
    if (handle(request.raw, reply.raw)) reply.hijack();
    else done();
  };
  adapter.getInstance<Fastify>().addHook('onRequest', hook);
  // The one slot that comes before CORS and Nest's middleware; whoever has taken it keeps it.
  if (adapter.onRequestHook === undefined) adapter.setOnRequestHook(hook);
}

/**
 * Takes Dapr's requests before the framework itself sees them, which on Express is most of the cost of a small request.
 * What `attachFront` does stays for requests that reach the framework in other ways. Call it when the server exists.
 */
export function shortcut(adapter: AbstractHttpAdapter, handle: Handle): void {
  const server: Server = adapter.getHttpServer();
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (handle(request, response)) return;
    for (const listener of listeners) listener.call(server, request, response);
  });
}
