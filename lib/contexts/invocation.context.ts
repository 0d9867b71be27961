import { validateHeaderName, validateHeaderValue } from 'node:http';
import { headerOf, Headers } from '../protocol/headers.js';
import { DaprContext, type DaprCall } from './dapr.context.js';

export interface InvocationCall extends DaprCall {
  readonly method: string;
  readonly verb: string;
  readonly query: URLSearchParams;
  readonly response: InvocationResponse;
}

/** What a handler may say of its answer beside the value it returns. */
export interface InvocationResponse {
  status?: number;
  readonly headers: Record<string, string | string[]>;
}

/** A service invocation of an `@Invocable` handler. */
export class InvocationContext extends DaprContext<InvocationCall> {
  /** The invoked method, as registered. */
  get method(): string {
    return this.call.method;
  }

  /** HTTP verb in upper case. */
  get verb(): string {
    return this.call.verb;
  }

  /** The query of the invoked URL. */
  get query(): URLSearchParams {
    return this.call.query;
  }

  /** App id of the caller as it states it. Can be forged; never decide access by it. */
  get callerAppId(): string | undefined {
    return headerOf(this.headers, Headers.callerAppId);
  }

  /**
   * Status of the answer; 200 by default, 204 where the handler returns nothing.
   * @throws RangeError for what is no final status
   */
  setStatus(status: number): this {
    if (!Number.isInteger(status) || status < 200 || status > 599)
      throw new RangeError(`${status} is no status of an answer: 200 to 599`);
    this.call.response.status = status;
    return this;
  }

  /**
   * Sets a header of the answer; several values make several headers of that name.
   * @throws TypeError for a name or value that HTTP can't carry
   */
  setHeader(name: string, value: string | string[]): this {
    validateHeaderName(name);
    for (const each of [value].flat()) validateHeaderValue(name, each);
    this.call.response.headers[name.toLowerCase()] = value;
    return this;
  }
}
