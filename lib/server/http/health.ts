import { errorAnswer, type HttpCallback } from './exchange.js';

/**
 * GET /healthz: 200 until the app begins to shut down. daprd's probe carries no token.
 * @see https://docs.dapr.io/developing-applications/building-blocks/observability/app-health/
 */
export function healthCallback(isShuttingDown: () => boolean): HttpCallback {
  return {
    verbs: ['GET'],
    open: true,
    handle: () =>
      isShuttingDown()
        ? errorAnswer(503, 'the app is shutting down')
        : { status: 200 },
  };
}
