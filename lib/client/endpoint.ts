import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';

/** Where a sidecar serves its HTTP API. */
export interface HttpEndpoint {
  /** Scheme, host and port: `http://127.0.0.1:3500`. */
  readonly origin: string;
  /** The path in front of Dapr's own, as a gateway may have one; without a slash at its end, mostly ''. */
  readonly basePath: string;
  /** For a socket: an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `http(s)://host[:port][/path]`; without a scheme it is http.
 * @param source what holds the address, for the error: `DAPR_HTTP_ENDPOINT`
 */
export function parseHttpEndpoint(text: string, source: string): HttpEndpoint {
  const address = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new DaprConfigurationError(
      `${source} is no address of a sidecar; write http://host:port or https://host:port.`,
    );
  if (url.username || url.password || url.search || url.hash)
    throw new DaprConfigurationError(
      `${source} holds more than http(s)://host:port/path; credentials, a query or a fragment can't be sent to a sidecar.`,
    );
  const standardPort = url.protocol === 'https:' ? 443 : 80;
  return {
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ''),
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? standardPort : Number(url.port),
  };
}

/** The address that a host and a port make; the host may hold a scheme, as `@dapr/dapr` allows, or be a bare IPv6 address. */
export function httpAddress(host: string, port: string): string {
  if (!host.includes('://')) {
    const bare = host.includes(':') && !host.startsWith('[');
    return `http://${bare ? `[${host}]` : host}:${port}`;
  }
  const { origin, basePath } = parseHttpEndpoint(host, 'The option daprHost');
  const url = new URL(origin + basePath);
  url.port = port;
  return url.href;
}
