import type { ActorRuntime } from '../../actors/runtime/runtime.js';
import type { ConfigurationUpdates } from '../../client/configuration-updates.js';
import { jsonAnswer, type HttpCallback } from './exchange.js';

/**
 * GET /dapr/config: the actor types. Only a daprd that has just started asks, so whatever is known of actors from the
 * time before is out of date, and it has promised to tell of no configuration.
 * @see https://docs.dapr.io/reference/api/actors_api/#get-registered-actors
 */
export function configCallback(
  actors: ActorRuntime,
  updates: ConfigurationUpdates | undefined,
): HttpCallback {
  return {
    verbs: ['GET'],
    handle() {
      actors.newWorld();
      updates?.newWorld();
      return jsonAnswer(200, actors.appConfig());
    },
  };
}
