import { timingSafeEqual } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { headerOf, Headers } from '../../protocol/headers.js';
import type { Activity } from '../activity.js';
import { NO_TRACE, traceOf } from '../trace.js';
import { ApiError, type ApiAnswer, type ApiRoute } from './api.js';
import { badBaggage, baggageOf } from './baggage.js';
import { BodyTooLarge, readBody } from './body.js';
import { listenOnLoopback } from '../listen.js';
import {
  answerBrokenRequest,
  BAD_REQUEST,
  cleanPath,
  UNAUTHORIZED,
  isEscaped,
  isHealthProbe,
} from './request.js';
import { Router, type RouteMatch } from './router.js';
import { send } from './send.js';

/** A call that may be one for another application. */
export interface ForwardCall {
  /** Unescaped, not cleaned. */
  readonly path: string;
  readonly request: IncomingMessage;
  readonly signal: AbortSignal;
}

export interface FrontOptions {
  readonly appId: string;
  /** Tells the sidecars of one app id apart. */
  readonly instanceId: string;
  readonly routes: readonly ApiRoute[];
  /** Takes every call that is for none of the routes. */
  readonly forward: (call: ForwardCall) => Promise<ApiAnswer>;
  /** Demanded of every caller but a health probe. */
  readonly apiToken: string | undefined;
  readonly activity: Activity;
  readonly warn: (line: string) => void;
}

// --read-buffer-size of daprd is 4 KiB, to which Go's server adds 4 KiB.
const LONGEST_HEADERS = 8192;

/** The sidecar's HTTP API on the loopback interface. */
export class HttpFront {
  private readonly server: Server;
  private readonly router: Router;

  constructor(private readonly options: FrontOptions) {
    this.router = new Router(options.routes);
    this.server = createServer(
      { maxHeaderSize: LONGEST_HEADERS },
      (request, response) =>
        void this.serve(request, response).catch((error: Error) => {
          // An answer with headers that can't be sent, such as control characters from an application.
          options.warn(
            `The embedded sidecar could not answer: ${error.message}`,
          );
          response.destroy();
        }),
    );
    this.server.on('clientError', answerBrokenRequest);
  }

  /** Listens on the first of the ports that is free; returns which. */
  listen(...ports: readonly number[]): Promise<number> {
    return listenOnLoopback(this.server, ports, 'HTTP');
  }

  /** From here on it alone does not keep the process alive. */
  unref(): void {
    this.server.unref();
  }

  /** Cuts what is still under way. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const raw = mark < 0 ? url : url.slice(0, mark);
    if (!raw.startsWith('/') || !isEscaped(raw)) {
      send(response, BAD_REQUEST);
      return;
    }
    const path = cleanPath(raw);
    const query = mark < 0 ? '' : url.slice(mark + 1);
    const refusal = isHealthProbe(request.method, path)
      ? undefined
      : this.admit(request, response);
    const answer =
      refusal ??
      (await this.options.activity.track(() =>
        this.answer(request, response, { raw, path, query }),
      ));
    send(response, answer);
  }

  /** What every call but a health probe is asked for, and what every answer to one has. */
  private admit(
    request: IncomingMessage,
    response: ServerResponse,
  ): ApiAnswer | undefined {
    let baggage: string;
    try {
      baggage = baggageOf(request.headers);
    } catch (error) {
      return badBaggage(error as Error);
    }
    if (baggage) response.setHeader(Headers.baggage, baggage);
    const { traceparent, tracestate } = traceOf(request.headers);
    response.setHeader(Headers.traceparent, traceparent || NO_TRACE);
    if (tracestate) response.setHeader(Headers.tracestate, tracestate);
    return this.isTrusted(request) ? undefined : UNAUTHORIZED;
  }

  private async answer(
    request: IncomingMessage,
    response: ServerResponse,
    url: { raw: string; path: string; query: string },
  ): Promise<ApiAnswer> {
    const caller = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) caller.abort();
    });
    const { signal } = caller;
    try {
      const match = this.router.find(request.method ?? '', url.path);
      return match
        ? await this.call(match, request, url.query, signal)
        : await this.options.forward({
            path: decodeURIComponent(url.raw),
            request,
            signal,
          });
    } catch (error) {
      return this.failure(error, signal);
    }
  }

  private async call(
    { route, params }: RouteMatch,
    request: IncomingMessage,
    query: string,
    signal: AbortSignal,
  ): Promise<ApiAnswer> {
    try {
      return await route.handle({
        appId: this.options.appId,
        instanceId: this.options.instanceId,
        verb: request.method ?? '',
        params,
        query: new URLSearchParams(query),
        rawQuery: query,
        headers: request.headers,
        body: await readBody(request),
        signal,
      });
    } catch (error) {
      if (!(error instanceof BodyTooLarge)) throw error;
      throw (
        route.tooLarge?.(
          { appId: this.options.appId, params },
          error.message,
        ) ??
        new ApiError(
          400,
          'ERR_MALFORMED_REQUEST',
          `failed deserializing HTTP body: ${error.message}`,
        )
      );
    }
  }

  private failure(error: unknown, signal: AbortSignal): ApiAnswer {
    if (error instanceof ApiError) return error.toAnswer();
    if (error instanceof URIError) return BAD_REQUEST;
    const { message } = error as Error;
    if (!signal.aborted)
      this.options.warn(`The embedded sidecar failed on a call: ${message}`);
    return new ApiError(500, 'ERROR', message).toAnswer();
  }

  private isTrusted(request: IncomingMessage): boolean {
    const { apiToken } = this.options;
    if (!apiToken) return true;
    const given = Buffer.from(
      headerOf(request.headers, Headers.apiToken) ?? '',
    );
    const wanted = Buffer.from(apiToken);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}
