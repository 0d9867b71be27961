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
  scope: CallScope,
  target: 'actor' | 'other',
): Record<string, string> | undefined {
  const { traceparent, tracestate, baggage, reentrancyId } = scope;
  // Not asked for other calls: telling the turns takes time.
  const turns = target === 'actor' ? scope.turns : undefined;
  const sendsReentrancy = reentrancyId !== undefined && target === 'actor';
  if (traceparent === undefined && !sendsReentrancy && turns === undefined)
    return undefined;
  return {
    ...(traceparent !== undefined && { [Headers.traceparent]: traceparent }),
    ...(tracestate !== undefined && { [Headers.tracestate]: tracestate }),
    ...(baggage !== undefined && { [Headers.baggage]: baggage }),
    ...(sendsReentrancy && { [Headers.reentrancyId]: reentrancyId }),
    ...(turns !== undefined && { [Headers.actorTurns]: turns }),
  };
}
