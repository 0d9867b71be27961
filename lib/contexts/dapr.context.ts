import { BaseRpcContext } from '@nestjs/microservices';
import { headerOf, Headers, type HeaderBag } from '../protocol/headers.js';

/** What every incoming call has, whatever its kind. */
export interface DaprCall {
  /** Header names in lower case. */
  readonly headers: HeaderBag;
  /** Aborts when the caller closes its connection. */
  readonly signal: AbortSignal;
}

/**
 * The call that a handler serves; `@Ctx()` gives it. The subclasses say more.
 * @see https://docs.nestjs.com/microservices/basics#request-response
 */
export class DaprContext<
  TCall extends DaprCall = DaprCall,
> extends BaseRpcContext<[TCall]> {
  constructor(call: TCall) {
    super([call]);
  }

  protected get call(): TCall {
    return this.args[0];
  }

  /** Header names in lower case. */
  get headers(): HeaderBag {
    return this.call.headers;
  }

  /** Aborts when the caller closes its connection, as daprd does when a timeout of its own ends. */
  get signal(): AbortSignal {
    return this.call.signal;
  }

  /** The W3C trace context of the call; all zeros where tracing is off. */
  get traceparent(): string | undefined {
    return headerOf(this.headers, Headers.traceparent);
  }

  /** What tracing systems add to the trace context. */
  get tracestate(): string | undefined {
    return headerOf(this.headers, Headers.tracestate);
  }
}
