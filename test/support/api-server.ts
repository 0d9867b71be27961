import { Activity } from '../../lib/sidecar/activity.js';
import { ApiError, type ApiRoute } from '../../lib/sidecar/http/api.js';
import { HttpFront } from '../../lib/sidecar/http/front.js';

/** Some routes of the sidecar's API behind a real socket, for the specs of one block. */
export interface ApiServer {
  readonly httpPort: number;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function serveApi(
  appId: string,
  routes: readonly ApiRoute[],
  activity = new Activity(),
  instanceId = appId,
): Promise<ApiServer> {
  const front = new HttpFront({
    appId,
    instanceId,
    routes,
    apiToken: undefined,
    activity,
    warn(line) {
      throw new Error(line);
    },
    forward: () =>
      Promise.reject(
        new ApiError(
          404,
          'ERR_DIRECT_INVOKE',
          'failed getting app id either from the URL path or the header dapr-app-id',
        ),
      ),
  });
  return {
    httpPort: await front.listen(0),
    [Symbol.asyncDispose]: () => front.close(),
  };
}
