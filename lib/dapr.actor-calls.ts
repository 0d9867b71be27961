import { Turn } from './actors/runtime/turn.js';
import type { BeginCall } from './client/actor-invocation.js';
import type { CurrentCall } from './contexts/current-call.js';
import { DaprBadRequestError } from './errors/dapr-bad-request.error.js';
import { Headers } from './protocol/headers.js';

/** What a call of an actor, by a proxy or the client, owes to the turn that it is made in. */
export function actorCalls(currentCall: CurrentCall): BeginCall {
  return (operation, actorType, actorId) => {
    const turn = currentCall.get();
    if (!(turn instanceof Turn)) return undefined;
    if (turn.waitsFor(actorType, actorId))
      throw new DaprBadRequestError(knot(operation), { operation });
    const { trail, end } = turn.callOut(`${actorType}/${actorId}`);
    const headers = trail ? { [Headers.actorTurns]: trail } : {};
    return { headers, signal: turn.cut, end };
  };
}

function knot(operation: string): string {
  return (
    `${operation} was not called: it would wait for itself. It is called in a turn of that same actor, directly or ` +
    'through others, and nothing can enter the actor before that turn ends. Call the method on `this`; or let it run ' +
    'after the turn, by a timer or a message; or enable reentrancy in @ActorType. Turns of timers and reminders are ' +
    'never reentrant, since Dapr gives them no id that a call could come back with.'
  );
}
