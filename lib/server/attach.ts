import type { AbstractHttpAdapter } from '@nestjs/core';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { HttpFront } from './http/front.js';

type Middleware = (
  request: IncomingMessage & { originalUrl?: string },
  response: ServerResponse,
  next: () => void,
) => void;

interface FastifyHook {
  addHook(
    name: 'onRequest',
    hook: (
      request: { raw: IncomingMessage },
      reply: { raw: ServerResponse; hijack(): void },
      done: () => void,
    ) => void,
  ): void;
}

/**
 * Puts the front before everything else that the app does with a request: body parsers, CORS, guards, prefix. Call it
 * as soon as the app has its adapter.
 */
export function attachFront(
  adapter: AbstractHttpAdapter,
  front: HttpFront,
): void {
  if (adapter.getType() === 'fastify') {
    // A hook also sees requests of inject() and of every address that "localhost" stands for.
    adapter
      .getInstance<FastifyHook>()
      .addHook('onRequest', (request, reply, done) => {
        if (front.handle(request.raw, reply.raw)) reply.hijack();
        else done();
      });
    return;
  }
  const middleware: Middleware = (request, response, next) => {
    if (!front.handle(request, response)) next();
  };
  adapter.use(middleware);
}

/**
 * Express only: takes Dapr's requests before Express itself sees them, which is most of the cost of a small request.
 * The middleware stays for those who call the Express instance directly. Call it when the server exists.
 */
export function shortcutExpress(
  adapter: AbstractHttpAdapter,
  front: HttpFront,
): void {
  if (adapter.getType() !== 'express') return;
  const server: Server = adapter.getHttpServer();
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (front.handle(request, response)) return;
    for (const listener of listeners) listener.call(server, request, response);
  });
}

/**
 * Runs `drain` before the app's first shutdown hook. Nest 12 asks the adapter then; Nest 11 has nothing so early.
 */
export function drainBeforeClose(
  adapter: AbstractHttpAdapter & { beforeClose?: () => unknown },
  drain: () => Promise<void>,
): void {
  const original = adapter.beforeClose?.bind(adapter);
  adapter.beforeClose = async () => {
    await drain();
    await original?.();
  };
}
