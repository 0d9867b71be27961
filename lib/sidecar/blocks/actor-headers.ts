import { Headers, headerOf, type HeaderBag } from '../../protocol/headers.js';
import { NO_TRACE, traceOf } from '../trace.js';
import type { MethodCall } from './actor-calls.js';
import { addHeader, HOP_BY_HOP, NAMESPACE } from './forward-headers.js';

// The latter two are what the connection to the app sets by itself.
const NOT_FORWARDED = new Set([
  ...HOP_BY_HOP,
  'content-length',
  'http2-settings',
]);

/** daprd writes these itself. */
const REPLACED = new Set<string>([Headers.traceparent, Headers.tracestate]);
const GUARDED = new Set([...REPLACED, Headers.apiToken]);

/** The headers of a method call as the actor gets them. `hasApiToken`: callers have to show a token, which is not for it. */
export function methodHeaders(
  call: Pick<MethodCall, 'headers' | 'callerAppId' | 'reentrancyId'>,
  hasApiToken: boolean,
): Record<string, string | string[]> {
  const { traceparent, tracestate } = traceOf(call.headers);
  const headers = {
    ...forwardable(call.headers, hasApiToken ? GUARDED : REPLACED),
    'dapr-api-call': 'true',
    [Headers.traceparent]: traceparent || NO_TRACE,
    ...(tracestate && { [Headers.tracestate]: tracestate }),
    ...(call.reentrancyId !== undefined && {
      [Headers.reentrancyId]: call.reentrancyId,
    }),
  };
  // daprd does not replace what the caller sent under these names: both arrive.
  addHeader(headers, Headers.callerAppId, call.callerAppId);
  addHeader(headers, Headers.callerNamespace, NAMESPACE);
  return headers;
}

/** What of a message's headers goes on to the next hop. */
export function forwardable(
  headers: HeaderBag,
  except: ReadonlySet<string>,
): Record<string, string | string[]> {
  const nominated = headerOf(headers, 'connection')?.toLowerCase() ?? '';
  const dropped = new Set(nominated.split(',').map((name) => name.trim()));
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || dropped.has(name)) continue;
    if (NOT_FORWARDED.has(name) || except.has(name) || name.endsWith('-bin'))
      continue;
    kept[name] = typeof value === 'string' ? value : [...value];
  }
  return kept;
}
