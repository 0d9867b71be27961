import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';

/** Where a sidecar serves its gRPC API. */
export interface GrpcEndpoint {
  /** As gRPC names it: `127.0.0.1:50001`, `unix:/tmp/dapr.sock`. */
  readonly target: string;
  readonly isSecure: boolean;
}

const SECURE: ReadonlySet<string> = new Set(['https', 'grpcs']);
const OPEN: ReadonlySet<string> = new Set(['http', 'grpc', 'dns']);

/**
 * Reads `[scheme:]host[:port][?tls=true]` with one of the schemes dns, http, https, grpc, grpcs, unix and
 * unix-abstract.
 * @param source what holds the address, for the error: `DAPR_GRPC_ENDPOINT`
 * @see https://github.com/dapr/proposals/blob/main/0008-S-sidecar-endpoint-tls.md
 */
export function parseGrpcEndpoint(text: string, source: string): GrpcEndpoint {
  const [address = '', query, ...more] = text.split('?');
  const tls = more.length === 0 ? tlsOf(query) : undefined;
  const [, scheme = '', rest = address] =
    /^([a-z-]+):(?!\d+$)(.*)$/i.exec(address) ?? [];
  if (tls === undefined || rest === '') throw unreadable(source);
  if (scheme === 'unix' || scheme === 'unix-abstract') {
    if (tls) throw unreadable(source);
    return { target: address, isSecure: false };
  }
  if (scheme === 'vsock')
    throw new DaprConfigurationError(
      `${source} has the scheme vsock, which @grpc/grpc-js does not know. Use host:port.`,
    );
  const isKnown = scheme === '' || OPEN.has(scheme) || SECURE.has(scheme);
  if (!isKnown || (tls && scheme === 'http')) throw unreadable(source);
  const isSecure = SECURE.has(scheme) || tls;
  return { target: hostAndPort(rest, isSecure, source), isSecure };
}

/** The address that a host and a port make; the host may be a bare IPv6 address, or hold a scheme. */
export function grpcAddress(host: string, port: string): string {
  if (URL.canParse(host) && host.includes('://')) {
    const { protocol, hostname } = new URL(host);
    return `${protocol}//${hostname}:${port}`;
  }
  const bare = host.includes(':') && !host.startsWith('[');
  return `${bare ? `[${host}]` : host}:${port}`;
}

/** Undefined where the query is none of `tls=true` and `tls=false`. */
function tlsOf(query: string | undefined): boolean | undefined {
  if (query === undefined || query === 'tls=false') return false;
  return query === 'tls=true' ? true : undefined;
}

function hostAndPort(rest: string, isSecure: boolean, source: string): string {
  // dns://authority/host:port names the server to ask first; the plain form is dns:host:port.
  const authority = rest.replace(/^\/\//, '').replace(/\/$/, '');
  const url = URL.canParse(`http://${authority}`)
    ? new URL(`http://${authority}`)
    : undefined;
  if (!url?.hostname || url.username || url.pathname !== '/' || url.hash)
    throw unreadable(source);
  const written = /:(\d+)$/.exec(authority)?.[1];
  return `${url.hostname}:${written ?? (isSecure ? '443' : '80')}`;
}

function unreadable(source: string): DaprConfigurationError {
  return new DaprConfigurationError(
    `${source} is no gRPC address of a sidecar; write host:port, with https:// or ?tls=true for TLS.`,
  );
}
