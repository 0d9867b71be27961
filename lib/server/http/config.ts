import type { ActorRuntime } from '../../actors/runtime/runtime.js';
import { jsonAnswer, type HttpCallback } from './exchange.js';

/**
 * GET /dapr/config: the actor types. Only a daprd that has just started asks, so whatever is known of actors from the
 * time before is out of date.
 * @see https://docs.dapr.io/reference/api/actors_api/#get-registered-actors
 */
export function configCallback(actors: ActorRuntime): HttpCallback {
  return {
    verbs: ['GET'],
    handle() {
      actors.newWorld();
      return jsonAnswer(200, actors.appConfig());
    },
  };
}
