import type { ActorRuntime } from '../../actors/runtime/runtime.js';
import type { ActorCallback } from '../../protocol/actor-callback.js';
import { callOf, type HttpCallback } from './exchange.js';

/**
 * A method, timer or reminder of an actor. daprd takes nothing but 200 for success and 404 for an unknown method, so
 * the status is the actor runtime's to choose.
 * @see https://docs.dapr.io/reference/api/actors_api/#invoke-actor-method
 */
export function actorCallCallback(
  actors: ActorRuntime,
  kind: 'method' | 'timer' | 'reminder',
  { actorType, actorId, name }: ActorCallback,
): HttpCallback {
  return {
    verbs: ['PUT'],
    takesLate: true,
    handle: (exchange) =>
      actors.dispatch(
        callOf(exchange, {
          kind,
          actorType,
          actorId,
          name,
          body: exchange.body,
          query: exchange.query,
          isLate: exchange.isLate,
        }),
      ),
  };
}
