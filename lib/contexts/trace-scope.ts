import { headerOf, Headers, type HeaderBag } from '../protocol/headers.js';
import type { CallScope } from './current-call.js';

// daprd sends an all-zero trace context where tracing is off; it names no trace.
const NO_TRACE = '00-00000000000000000000000000000000-';

const NOTHING: CallScope = Object.freeze({});

/** The trace that the calls made while a call is handled go on with. */
export function traceScope(
  headers: HeaderBag,
  tracestate = headerOf(headers, Headers.tracestate),
): CallScope {
  const traceparent = headerOf(headers, Headers.traceparent);
  if (traceparent === undefined || traceparent.startsWith(NO_TRACE))
    return NOTHING;
  const baggage = headerOf(headers, Headers.baggage);
  return {
    traceparent,
    ...(tracestate !== undefined && { tracestate }),
    ...(baggage !== undefined && { baggage }),
  };
}
