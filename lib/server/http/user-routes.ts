import type { AbstractHttpAdapter } from '@nestjs/core';

/** The routes of the app's own controllers, as its HTTP framework knows them. */
export interface UserRoutes {
  /** A route answers the verb at this path; catch-alls don't count. */
  has(verb: string, path: string): boolean;
  /** A route is written with just this path, without parameters. */
  hasExactly(verb: string, path: string): boolean;
}

/** An app without routes of its own: a standalone microservice. */
export const NO_USER_ROUTES: UserRoutes = {
  has: () => false,
  hasExactly: () => false,
};

interface Route {
  readonly path: string;
  readonly verbs: ReadonlySet<string>;
  matches(path: string): boolean;
}

// Only as far as it is needed here: https://expressjs.com/en/5x/api.html#router
interface ExpressLayer {
  readonly route?: {
    readonly path: unknown;
    readonly methods: Readonly<Record<string, boolean>>;
  };
  match(path: string): boolean;
}

interface FastifyRoute {
  readonly method: string | readonly string[];
  readonly url: string;
}

/**
 * Follows the adapter's routes; call it before the app registers them, read it when it has.
 */
export function userRoutes(adapter: AbstractHttpAdapter): UserRoutes {
  if (adapter.getType() === 'fastify') {
    const routes: Route[] = [];
    const fastify: {
      addHook(name: 'onRoute', hook: (route: FastifyRoute) => void): void;
    } = adapter.getInstance();
    fastify.addHook('onRoute', (route) => routes.push(fastifyRoute(route)));
    return routesOf(() => routes);
  }
  let routes: Route[] | undefined;
  return routesOf(() => (routes ??= expressRoutes(adapter)));
}

function routesOf(routes: () => readonly Route[]): UserRoutes {
  return {
    has: (verb, path) =>
      routes().some(
        (route) =>
          route.verbs.has(verb) &&
          !route.path.includes('*') &&
          route.matches(path),
      ),
    hasExactly: (verb, path) =>
      routes().some((route) => route.verbs.has(verb) && route.path === path),
  };
}

const VERBS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

function expressRoutes(adapter: AbstractHttpAdapter): Route[] {
  const express: { router?: { stack?: readonly ExpressLayer[] } } =
    adapter.getInstance();
  return (express.router?.stack ?? []).flatMap((layer) => {
    const { route } = layer;
    if (!route || typeof route.path !== 'string') return [];
    const verbs = VERBS.filter(
      (verb) =>
        route.methods[verb.toLowerCase()] ||
        route.methods['_all'] ||
        // Express answers HEAD by the route of GET.
        (verb === 'HEAD' && route.methods['get']),
    );
    return [
      {
        path: route.path,
        verbs: new Set(verbs),
        matches: (path) => matches(layer, path),
      },
    ];
  });
}

function matches(layer: ExpressLayer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    // A broken escape in a parameter: Express answers 400 to it.
    return false;
  }
}

function fastifyRoute({ method, url }: FastifyRoute): Route {
  const pattern = url
    .split('/')
    .map((part) =>
      part.startsWith(':') ? '[^/]+' : part.replace(/[^\w-]/g, '\\$&'),
    )
    .join('/');
  const expression = new RegExp(`^${pattern}$`);
  return {
    path: url,
    verbs: new Set(typeof method === 'string' ? [method] : method),
    matches: (path) => expression.test(path),
  };
}
