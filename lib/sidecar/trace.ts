import { headerOf, Headers, type HeaderBag } from '../protocol/headers.js';

/** What daprd sends where there is no trace. */
export const NO_TRACE = `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`;

export interface Trace {
  /** '' without one. */
  readonly traceparent: string;
  readonly tracestate: string;
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The trace of a caller. It is passed on as it is: the embedded sidecar makes no spans.
 * @see https://www.w3.org/TR/trace-context/
 */
export function traceOf(headers: HeaderBag): Trace {
  const traceparent = headerOf(headers, Headers.traceparent) ?? '';
  if (!TRACEPARENT.test(traceparent))
    return { traceparent: '', tracestate: '' };
  return {
    traceparent,
    tracestate: headerOf(headers, Headers.tracestate) ?? '',
  };
}
