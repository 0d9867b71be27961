import type { ActorRuntime } from '../../actors/runtime/runtime.js';
import type { ActorCallback } from '../../protocol/actor-callback.js';
import type { HttpCallback } from './exchange.js';

/**
 * DELETE: daprd has forgotten the instance. Answered when the turn that runs has ended, or has had its time; an id that
 * is not active is as good as deactivated.
 * @see https://docs.dapr.io/reference/api/actors_api/#deactivate-actor
 */
export function actorDeactivateCallback(
  actors: ActorRuntime,
  { actorType, actorId }: ActorCallback,
): HttpCallback {
  return {
    verbs: ['DELETE'],
    takesLate: true,
    async handle() {
      await actors.deactivate(actorType, actorId);
      return { status: 200 };
    },
  };
}

/** POST: runtimes before 1.0 announced an activation; instances appear with their first call. */
export function actorActivateCallback(): HttpCallback {
  return { verbs: ['POST'], handle: () => ({ status: 200 }) };
}
