import type { ActorRuntime } from '../../actors/runtime/runtime.js';
import type { ConfigurationUpdates } from '../../client/configuration-updates.js';
import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import { configurationCallback } from './configuration.js';
import { errorAnswer, type HttpCallback } from './exchange.js';
import { actorCallback, type PathCallback } from './index.js';
import { staleCallback } from './stale.js';
import type { UserRoutes } from './user-routes.js';

/** Decides which requests are Dapr's: exact paths first, then the prefixes; everything else is the app's own. */
export class Routes {
  private readonly exact = new Map<string, Map<string, HttpCallback>>();
  /** By verb and path, for messages. */
  private readonly owners = new Map<string, string>();

  /** @throws {@link DaprConfigurationError} where two handlers, or a handler and a route of the app's own, have one path */
  constructor(
    callbacks: readonly PathCallback[],
    private readonly actors: ActorRuntime,
    private readonly userRoutes: UserRoutes,
    /** Undefined where changes of configuration do not come over HTTP. */
    private readonly updates?: ConfigurationUpdates,
  ) {
    for (const callback of callbacks) this.add(callback);
  }

  /** Undefined where the request is not Dapr's. */
  find(
    verb: string,
    path: string,
    isPreflight: boolean,
  ): HttpCallback | undefined {
    const verbs = this.exact.get(path.includes('%') ? decoded(path) : path);
    const callback = verbs?.get(verb);
    if (callback) return callback;
    if (path.startsWith('/actors/') && this.actors.types.length > 0) {
      const actor = actorCallback(this.actors, verb, path);
      if (actor) return actor;
    }
    const update =
      this.updates && configurationCallback(this.updates, verb, path);
    if (update) return update;
    if (verb === 'OPTIONS')
      return isPreflight || this.isAnsweredByUser(path)
        ? undefined
        : NO_BINDING;
    if (verbs)
      return this.userRoutes.has(verb, path)
        ? undefined
        : wrongVerb(verb, verbs);
    if (path.startsWith('/job/') && this.userRoutes.has(verb, path))
      return undefined;
    return staleCallback(path);
  }

  private add([path, callback, owner]: PathCallback): void {
    const whose = owner ?? "one of Dapr's own";
    for (const verb of callback.verbs) {
      if (this.userRoutes.hasExactly(verb, path)) {
        if (path === '/healthz') continue;
        throw new DaprConfigurationError(
          `${verb} ${path} is a route of one of the app's own controllers and also the path of ${whose}. ` +
            `Rename the route, or the binding, method or job: ${PATHS}.`,
        );
      }
      const verbs = this.exact.get(path) ?? new Map<string, HttpCallback>();
      const earlier = this.owners.get(`${verb} ${path}`);
      if (earlier !== undefined)
        throw new DaprConfigurationError(
          `${earlier} and ${whose} both take ${verb} ${path}: ${PATHS}. ` +
            'Rename the binding or method, or give the method other verbs.',
        );
      this.owners.set(`${verb} ${path}`, whose);
      this.exact.set(path, verbs.set(verb, callback));
    }
  }

  // Express answers OPTIONS itself for any route, so a plain @Post() may serve a binding.
  private isAnsweredByUser(path: string): boolean {
    return (
      this.userRoutes.has('OPTIONS', path) || this.userRoutes.has('POST', path)
    );
  }
}

const PATHS =
  '@InputBinding and @Invocable take the path of their name, @ScheduledJob that of its name under /job/';

/** As names are written; Dapr escapes what a URL can't hold. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

// A CORS middleware answers every OPTIONS 204, which daprd takes for "this app wants the binding's events".
const NO_BINDING: HttpCallback = {
  verbs: ['OPTIONS'],
  open: true,
  handle: () => errorAnswer(404, 'the app has no input binding here'),
};

function wrongVerb(
  verb: string,
  allowed: ReadonlyMap<string, unknown>,
): HttpCallback {
  const allow = [...allowed.keys()].join(', ');
  return {
    verbs: [verb],
    handle: () => {
      const answer = errorAnswer(405, `the path takes ${allow}, not ${verb}`);
      return { ...answer, headers: { ...answer.headers, allow } };
    },
  };
}
