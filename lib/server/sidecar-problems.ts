import type { DaprMetadata } from '../client/metadata.js';
import type { Handlers } from './handler-registry.js';

/** How the sidecar reaches the app, as its metadata says. */
export type SidecarConnection = NonNullable<
  DaprMetadata['appConnectionProperties']
>;

type Components = DaprMetadata['components'];

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/;

/** Whether there is anything that the sidecar should call. */
export function hasCallbacks(
  handlers: Handlers | undefined,
  actorTypes: readonly string[],
): boolean {
  if (actorTypes.length > 0) return true;
  if (!handlers) return false;
  const { subscriptions, bindings, jobs, invocables, configurations } =
    handlers;
  return (
    bindings.size + jobs.size > 0 ||
    [subscriptions, invocables, configurations].some(({ length }) => length > 0)
  );
}

/** In words, that nothing of what the app handles can reach it. */
export function protocolProblem({
  protocol = '',
}: SidecarConnection): string | undefined {
  if (!protocol.startsWith('grpc')) return undefined;
  return (
    `The sidecar speaks ${protocol} to the app, which takes Dapr's calls over HTTP, so no handler and no actor is ever called. ` +
    'Run the sidecar with --app-protocol http; the client may speak gRPC all the same.'
  );
}

/**
 * In words, that the sidecar calls another port than the app's; undefined where that may be as it should: in between
 * may be a network, or ports that a container publishes.
 * @param port where the app listens
 */
export function portProblem(
  { port: called, channelAddress = '' }: SidecarConnection,
  port: number | undefined,
): string | undefined {
  if (port === undefined || called === port) return undefined;
  if (!called)
    return (
      `The sidecar knows of no port of the app, so it never calls it. ` +
      `Run the sidecar with --app-port ${port}, where the app listens.`
    );
  if (!LOOPBACK.test(channelAddress)) return undefined;
  return (
    `The sidecar calls the app at port ${called}, but the app listens at port ${port}. ` +
    `Run the sidecar with --app-port ${port}, or let the app listen at ${called}.`
  );
}

/** In words, which components decorators name that the sidecar does not have. */
export function missingComponents(
  handlers: Handlers | undefined,
  components: Components,
): string[] {
  const pubsubs = handlers?.subscriptions.map(({ pubsubName }) => pubsubName);
  return [
    ...missingBindings(handlers, components),
    ...missing('pub/sub', 'pubsub', pubsubs ?? [], components),
  ];
}

/** The same for input bindings only. */
export function missingBindings(
  handlers: Handlers | undefined,
  components: Components,
): string[] {
  const bindings = [...(handlers?.bindings.keys() ?? [])];
  return missing('binding', 'bindings', bindings, components);
}

function missing(
  what: 'pub/sub' | 'binding',
  block: 'pubsub' | 'bindings',
  names: readonly string[],
  components: Components,
): string[] {
  const there = components
    .filter(({ type }) => type.startsWith(`${block}.`))
    .map(({ name }) => name);
  const unknown = [...new Set(names)].filter((name) => !there.includes(name));
  if (unknown.length === 0) return [];
  // A component may be called at a route of its own, which metadata does not tell.
  const route =
    what === 'binding' && there.length > 0
      ? ', unless that is the "route" of one of them'
      : '';
  return [
    `The sidecar has no ${what} component ${quoted(unknown)} (it has ${quoted(there) || 'none'}), so what is decorated with that name is never called${route}. ` +
      'Correct the name, or the "names" of DaprModule.forRoot(); or check the folder of --resources-path and the scopes of the component.',
  ];
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
