import type { CallScope } from '../contexts/current-call.js';
import type { DaprContext } from '../contexts/dapr.context.js';
import { headerOf, Headers } from '../protocol/headers.js';

// daprd sends an all-zero trace context where tracing is off; it names no trace.
const NO_TRACE = '00-00000000000000000000000000000000-';

/** What the calls made while `context` is handled take over from it. */
export function callScope({ headers }: DaprContext): CallScope {
  const traceparent = headerOf(headers, Headers.traceparent);
  if (traceparent === undefined || traceparent.startsWith(NO_TRACE))
    return NOTHING;
  const tracestate = headerOf(headers, Headers.tracestate);
  const baggage = headerOf(headers, Headers.baggage);
  return {
    traceparent,
    ...(tracestate !== undefined && { tracestate }),
    ...(baggage !== undefined && { baggage }),
  };
}

const NOTHING: CallScope = Object.freeze({});
