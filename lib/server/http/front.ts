import { Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { PayloadError } from '../../protocol/payload.js';
import type { Drain } from '../drain.js';
import { BodyCutError, BodyTooLargeError, readBody } from './body.js';
import type { CallerCheck } from './caller.js';
import {
  errorAnswer,
  Exchange,
  type Answer,
  type HttpCallback,
} from './exchange.js';
import type { Routes } from './routes.js';
import { StaleRouteError } from './stale.js';

export interface FrontOptions {
  readonly callerCheck: CallerCheck;
  readonly bodyLimit: number;
  readonly drain: Drain;
}

/** Takes Dapr's requests out of a stream of requests, whatever HTTP framework they came through. */
export class HttpFront {
  private readonly logger = new Logger('ServerDapr');
  private readonly refusedPeers = new Set<string>();
  private routes: Routes | undefined;

  constructor(private readonly options: FrontOptions) {}

  /** From here on it knows the app's handlers; before, no request is Dapr's. */
  open(routes: Routes): void {
    this.routes = routes;
  }

  /** True where the request is Dapr's; it is then being answered. */
  readonly handle = (
    request: IncomingMessage,
    response: ServerResponse,
  ): boolean => {
    const url = request.url ?? '/';
    const queryAt = url.indexOf('?');
    const path = queryAt < 0 ? url : url.slice(0, queryAt);
    const callback = this.routes?.find(
      request.method ?? 'GET',
      path,
      isPreflight(request),
    );
    if (!callback) return false;
    const query = queryAt < 0 ? '' : url.slice(queryAt + 1);
    this.answer(callback, request, response, path, query)
      .then((answer) => answer && this.write(response, answer))
      .catch((error: unknown) => this.failed(error, request, response));
    return true;
  };

  private async answer(
    callback: HttpCallback,
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: string,
  ): Promise<Answer | undefined> {
    const { callerCheck, bodyLimit, drain } = this.options;
    if (callback.open)
      return callback.handle(
        new Exchange(request, response, path, query, NO_BODY),
      );
    const refusal = callerCheck(request);
    if (refusal) return this.refuse(refusal, request);
    const leave = drain.enter();
    if (!leave && !callback.takesLate) return SHUTTING_DOWN;
    // Until the answer has left: only then does the server see the connection as idle and close it.
    if (leave) response.once('close', leave);
    try {
      const body = await readBody(request, bodyLimit);
      return await callback.handle(
        new Exchange(request, response, path, query, body, !leave),
      );
    } catch (error) {
      if (error instanceof BodyTooLargeError)
        return this.explain(413, error, request, path);
      if (error instanceof PayloadError)
        return this.explain(400, error, request, path);
      if (error instanceof StaleRouteError)
        return this.explain(500, error, request, path);
      if (error instanceof BodyCutError) return undefined;
      throw error;
    }
  }

  private refuse(refusal: 'token' | 'peer', request: IncomingMessage): Answer {
    const peer = request.socket.remoteAddress ?? 'unknown';
    if (!this.refusedPeers.has(peer) && this.refusedPeers.size < 100) {
      this.refusedPeers.add(peer);
      this.logger.warn(
        refusal === 'token'
          ? `Refused a call of one of Dapr's routes by ${peer}: its dapr-api-token is missing or wrong. ` +
              'daprd must run with the same APP_API_TOKEN as the app.'
          : `Refused a call of one of Dapr's routes by ${peer}, which is not on loopback. ` +
              'Set APP_API_TOKEN for both the app and daprd, or list the peer in server.trustedPeers.',
      );
    }
    return errorAnswer(
      401,
      refusal === 'token'
        ? 'the header dapr-api-token is missing or wrong'
        : 'only loopback peers and server.trustedPeers may call this route without APP_API_TOKEN',
    );
  }

  // Somebody will look for the reason, and Dapr's log does not tell it.
  private explain(
    status: number,
    { message }: Error,
    { method }: IncomingMessage,
    path: string,
  ): Answer {
    this.logger.warn(`Answered ${status} to ${method} ${path}: ${message}.`);
    return errorAnswer(status, message);
  }

  private failed(
    error: unknown,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    this.logger.error(
      `${request.method} of one of Dapr's routes failed: ${error instanceof Error ? error.message : String(error)}`,
      error instanceof Error ? error.stack : undefined,
    );
    if (response.headersSent) response.destroy();
    else this.write(response, errorAnswer(500, 'Internal server error'));
  }

  private write(response: ServerResponse, answer: Answer): void {
    // A connection kept alive would hold the server open until its peer is tired of it.
    if (this.options.drain.isShuttingDown)
      response.setHeader('connection', 'close');
    write(response, answer, (error) =>
      this.logger.error(
        `The stream of an answer failed: ${error.message}`,
        error.stack,
      ),
    );
  }
}

const NO_BODY = Buffer.alloc(0);

const SHUTTING_DOWN: Answer = {
  status: 503,
  headers: { 'content-type': 'application/json' },
  body: '{"statusCode":503,"message":"the app is shutting down"}',
};

// https://fetch.spec.whatwg.org/#cors-preflight-request
function isPreflight(request: IncomingMessage): boolean {
  return request.headers['access-control-request-method'] !== undefined;
}

function write(
  response: ServerResponse,
  { status, headers, body }: Answer,
  streamFailed: (error: Error) => void,
): void {
  response.statusCode = status;
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) response.setHeader(name, value);
  }
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) {
    // Without a body Node leaves the length out, and daprd's client would have to wait for the connection to close.
    if (body === undefined && status !== 204)
      response.setHeader('content-length', '0');
    response.end(body);
  } else {
    pipeline(body, response, (error) => {
      // Otherwise it is the caller that went away.
      if (error && error === body.errored) streamFailed(error);
    });
  }
}
