import { hostname } from 'node:os';
import { Headers, type HeaderBag } from '../../protocol/headers.js';
import { NO_TRACE, traceOf } from '../trace.js';

/** The one namespace there is. */
export const NAMESPACE = 'default';

/** Of the connection and not of the message (RFC 9110, 7.6.1). */
export const HOP_BY_HOP: readonly string[] = [
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

// The latter two are for the sidecar only.
const NOT_FORWARDED = [...HOP_BY_HOP, 'dapr-app-id', 'destination-app-id'];

/** The headers of a call as the called application gets them. */
export function forwardHeaders(
  given: HeaderBag,
  hasApiToken: boolean,
): Record<string, string | string[]> {
  const left = new Set([...NOT_FORWARDED, ...connectionHeaders(given)]);
  if (hasApiToken) left.add(Headers.apiToken);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && !left.has(name))
      headers[name] = typeof value === 'string' ? value : single(value);
  const { traceparent, tracestate } = traceOf(given);
  headers[Headers.traceparent] = traceparent || NO_TRACE;
  if (tracestate) headers[Headers.tracestate] = tracestate;
  else delete headers[Headers.tracestate];
  return headers;
}

function single(values: readonly string[]): string | string[] {
  const [value = '', ...others] = values;
  return others.length === 0 ? value : [value, ...others];
}

/** Names that the sender's `connection` header declares to be of the connection. */
export function connectionHeaders({ connection = [] }: HeaderBag): string[] {
  const values = typeof connection === 'string' ? [connection] : connection;
  return values.flatMap((value) =>
    value.split(',').map((name) => name.trim().toLowerCase()),
  );
}

const LOOPBACK = '127.0.0.1';

/** Says who calls. daprd does not replace what the caller sent under these names: both arrive. */
export function addCaller(
  headers: Record<string, string | string[]>,
  callerId: string,
  calleeId: string,
): void {
  addHeader(headers, Headers.callerAppId, callerId);
  addHeader(headers, Headers.callerNamespace, NAMESPACE);
  addHeader(headers, 'dapr-callee-app-id', calleeId);
  addHeader(headers, 'x-forwarded-for', LOOPBACK);
  addHeader(headers, 'x-forwarded-host', hostname());
  addHeader(
    headers,
    'forwarded',
    `for=${LOOPBACK};by=${LOOPBACK};host=${hostname()}`,
  );
}

/** Behind the values that the header has already. */
export function addHeader(
  headers: Record<string, string | string[]>,
  name: string,
  value: string,
): void {
  const given = headers[name];
  if (given === undefined) headers[name] = value;
  else
    headers[name] = [...(typeof given === 'string' ? [given] : given), value];
}
