import type { GrpcMethods } from './api.js';

/** @see https://docs.dapr.io/reference/api/shutdown_api/ */
export function shutdownMethods(shutdown: () => void): GrpcMethods {
  return {
    shutdown(_, { signal }) {
      // Its own call is to be answered first.
      if (signal.aborted) shutdown();
      else signal.addEventListener('abort', shutdown, { once: true });
      return {};
    },
  };
}
