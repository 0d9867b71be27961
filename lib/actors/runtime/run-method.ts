import { ActorContext } from '../../contexts/actor.context.js';
import type { ActorCall, ActorReply } from './actor-call.js';
import type { Activation } from './activation.js';
import type { ActorLog } from './actor-log.js';
import type { Chain } from './chain.js';
import { errorReply, resultReply } from './reply.js';
import type { Target } from './target.js';
import type { Turn } from './turn.js';

/** How a method ended, and what its caller is to be told. */
export interface Ending {
  readonly isGood: boolean;
  readonly reply: ActorReply;
}

/** Runs what a call is meant for. Never rejects. */
export async function runMethod(
  chain: Chain,
  turn: Turn,
  { actor, state }: Activation,
  call: ActorCall,
  { type, method, args }: Target,
  log: ActorLog,
): Promise<Ending> {
  try {
    const result = await method({
      actor,
      args,
      context: new ActorContext(call, turn),
      takeBack: () => chain.takeBack(turn, state),
    });
    // Made before anything is stored: a result that can't be sent is a failure, too.
    return { isGood: true, reply: resultReply(call, result) };
  } catch (error) {
    log.threw(call, error);
    return { isGood: false, reply: errorReply(call, error, type.sendsStacks) };
  }
}
