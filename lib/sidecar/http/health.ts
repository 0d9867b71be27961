import { ApiError, NO_CONTENT, type ApiRoute } from './api.js';

export interface HealthSource {
  readonly appId: string;
  /** Whether the application has been asked for its handlers, so that what is published reaches it. */
  readonly isReady: boolean;
}

/** @see https://docs.dapr.io/reference/api/health_api/ */
export function healthRoutes(sidecar: HealthSource): readonly ApiRoute[] {
  return [
    {
      verbs: ['GET'],
      path: '/v1.0/healthz',
      handle({ query }) {
        const asked = query.get('appid') ?? sidecar.appId;
        if (asked !== sidecar.appId)
          throw new ApiError(
            500,
            'ERR_HEALTH_APPID_NOT_MATCH',
            'dapr app-id does not match',
          );
        if (sidecar.isReady) return NO_CONTENT;
        throw new ApiError(
          500,
          'ERR_HEALTH_NOT_READY',
          'dapr is not ready: [runtime]',
        );
      },
    },
    {
      // The API serves as soon as it can be reached.
      verbs: ['GET'],
      path: '/v1.0/healthz/outbound',
      handle: () => NO_CONTENT,
    },
  ];
}
