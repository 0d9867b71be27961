import type { HeaderBag } from '../../protocol/headers.js';

// What no server of grpc-go shows.
const HIDDEN = new Set([
  ':method',
  ':path',
  ':scheme',
  'grpc-encoding',
  'grpc-timeout',
  'te',
]);

/**
 * The metadata of a call under the names under which it goes on where it is no longer gRPC's: `:authority` is
 * `dapr-authority`, `grpc-accept-encoding` is `dapr-grpc-accept-encoding` (dapr/dapr pkg/messaging/v1/util.go).
 */
export function incomingMetadata(
  headers: HeaderBag,
): Record<string, readonly string[]> {
  const metadata: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HIDDEN.has(name)) continue;
    metadata[prefixed(name)] = typeof value === 'string' ? [value] : value;
  }
  return metadata;
}

function prefixed(name: string): string {
  if (name.startsWith(':')) return `dapr-${name.slice(1)}`;
  return name.startsWith('grpc-') ? `dapr-${name}` : name;
}
