import type { ClientInternals } from './client/options.js';
import type { CallScope, CurrentCall } from './contexts/current-call.js';
import { Headers } from './protocol/headers.js';

/** The headers that calls made while another call is handled take over from it. */
export function scopeHeaders(
  currentCall: CurrentCall,
): NonNullable<ClientInternals['scopeHeaders']> {
  const own = { [Headers.app]: currentCall.app };
  return (target) => {
    const scope = currentCall.get();
    const headers = scope && headersOf(scope, target);
    return target === 'actor' ? { ...own, ...headers } : headers;
  };
}

function headersOf(
  { traceparent, tracestate, baggage, reentrancyId, turns }: CallScope,
  target: 'actor' | 'other',
): Record<string, string> | undefined {
  const sendsReentrancy = reentrancyId !== undefined && target === 'actor';
  if (traceparent === undefined && !sendsReentrancy) return undefined;
  return {
    ...(traceparent !== undefined && { [Headers.traceparent]: traceparent }),
    ...(tracestate !== undefined && { [Headers.tracestate]: tracestate }),
    ...(baggage !== undefined && { [Headers.baggage]: baggage }),
    ...(sendsReentrancy && { [Headers.reentrancyId]: reentrancyId }),
    ...(sendsReentrancy &&
      turns !== undefined && { [Headers.actorTurns]: turns }),
  };
}
