import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { DaprCall } from '../../contexts/dapr.context.js';
import type { HeaderBag } from '../../protocol/headers.js';

/** A request of Dapr's to the app, with its body read. */
export class Exchange {
  private controller: AbortController | undefined;

  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    /** Without the query. */
    readonly path: string,
    /** Without the question mark. */
    readonly query: string,
    readonly body: Buffer,
    /** Came when the app took no new calls any more. */
    readonly isLate = false,
  ) {}

  get verb(): string {
    return this.request.method ?? 'GET';
  }

  get headers(): HeaderBag {
    return this.request.headers;
  }

  get contentType(): string | undefined {
    return this.request.headers['content-type'];
  }

  /** Aborts when the caller closes its connection before it has the answer. Made only where somebody asks. */
  get signal(): AbortSignal {
    if (!this.controller) {
      const controller = (this.controller = new AbortController());
      const { response } = this;
      const closed = (): void => {
        if (!response.writableFinished)
          controller.abort(new Error('the caller closed the connection'));
      };
      if (response.closed) closed();
      else response.once('close', closed);
    }
    return this.controller.signal;
  }
}

/** An exchange as a context sees it. */
class ExchangeCall implements DaprCall {
  constructor(private readonly exchange: Exchange) {}

  get headers(): HeaderBag {
    return this.exchange.headers;
  }

  get signal(): AbortSignal {
    return this.exchange.signal;
  }
}

/**
 * What a context is made of. Not a literal with a getter for the signal: each evaluation of one gets a hidden class of
 * its own from V8, which was half the cost of a message.
 */
export function callOf<T extends object>(
  exchange: Exchange,
  details: T,
): DaprCall & T {
  return Object.assign(new ExchangeCall(exchange), details);
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer | Readable;
}

/** One kind of call that Dapr makes to the app. */
export interface HttpCallback {
  readonly verbs: readonly string[];
  /** Answered to any caller, without a token, and while the app shuts down. */
  readonly open?: boolean;
  /** Decides itself what it takes of the calls that come while the app shuts down. */
  readonly takesLate?: boolean;
  handle(exchange: Exchange): Answer | Promise<Answer>;
}

export function jsonAnswer(status: number, body: unknown): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/** An error in the form that Nest's own exceptions have. */
export function errorAnswer(status: number, message: string): Answer {
  return jsonAnswer(status, { statusCode: status, message });
}
