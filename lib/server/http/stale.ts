import { SUBSCRIPTION_PREFIX } from '../topic-routes.js';
import type { HttpCallback } from './exchange.js';

/** A call at a path that nothing is registered for, of a sidecar that once learned of one. */
export class StaleRouteError extends Error {
  constructor(what: 'subscription' | 'job', path: string) {
    super(
      what === 'job'
        ? `this app has no @ScheduledJob for ${path}; Dapr keeps a job until it is deleted: ` +
            'add a handler for it, or call client.jobs.delete()'
        : `this app has no ${what} at ${path}; daprd learns of an app's topics once, when it starts: ` +
            'restart the sidecar if the app has changed since',
    );
    this.name = 'StaleRouteError';
  }
}

/**
 * What a path under a prefix of Dapr's gets that nothing is registered for. Never 404: daprd takes that for "drop this
 * message" and "job done".
 */
export function staleCallback(path: string): HttpCallback | undefined {
  const what = path.startsWith(SUBSCRIPTION_PREFIX)
    ? 'subscription'
    : path.startsWith('/job/')
      ? 'job'
      : undefined;
  if (what === undefined) return undefined;
  return {
    verbs: [],
    handle() {
      throw new StaleRouteError(what, path);
    },
  };
}
