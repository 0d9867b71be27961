import type { ActorCall, ActorReply } from './actor-call.js';
import type { Activation } from './activation.js';
import type { Activator } from './activator.js';
import { Chain } from './chain.js';
import type { HostedType } from './hosted-type.js';
import { hostReply } from './reply.js';
import { runMethod } from './run-method.js';
import { ActorSlot } from './slot.js';
import type { ActorHost } from './state.js';
import { targetOf, type Target } from './target.js';

// daprd's own default.
const STACK_DEPTH = 32;

/** Runs the calls of actors: each finds its instance, its turn and its answer here. */
export class Dispatcher {
  constructor(
    private readonly host: ActorHost,
    private readonly activator: Activator,
    /** Whether a call may begin a chain. */
    private readonly takes: (call: ActorCall) => boolean,
  ) {}

  async dispatch(type: HostedType, call: ActorCall): Promise<ActorReply> {
    const target = targetOf(type, call);
    if ('status' in target) {
      const { status, message } = target;
      if (call.kind !== 'method') this.host.log.unhandled(message);
      return hostReply(status, message);
    }
    const slot = type.slots.get(call.actorId);
    const running = slot?.turns.chain;
    if (slot && type.options.reentrancy?.enabled && running?.takesIn(call))
      return this.runInner(slot, running, call, target);
    if (!this.takes(call))
      return hostReply(503, 'The app is shutting down and takes no new calls.');
    return this.runOutermost(slot ?? newSlot(type, call.actorId), call, target);
  }

  private async runOutermost(
    slot: ActorSlot,
    call: ActorCall,
    target: Target,
  ): Promise<ActorReply> {
    const { rules } = slot.type;
    const { limit } = rules;
    const chain = new Chain(call, rules);
    try {
      const wait = slot.turns.enter(chain);
      if (wait) await wait;
    } catch (error) {
      return hostReply(503, (error as Error).message);
    }
    try {
      const wait = limit?.enter(chain.outermost);
      if (wait) await wait;
      return await this.host.currentCall.run(chain.outermost, () =>
        this.runChain(slot, chain, call, target),
      );
    } catch (error) {
      if (!chain.doom || error !== chain.doom) throw error;
      return this.host.log.doomed(slot, chain.doom);
    } finally {
      limit?.leave(chain.outermost);
      chain.outermost.hasEnded = true;
      slot.turns.leave();
      slot.removeIfEmpty();
    }
  }

  /** Whatever happens, the state has no pending changes afterwards: the next turn would store them. */
  private async runChain(
    slot: ActorSlot,
    chain: Chain,
    call: ActorCall,
    target: Target,
  ): Promise<ActorReply> {
    let activation = slot.activation;
    try {
      activation ??= await this.activator.activate(slot);
    } catch (error) {
      chain.seal();
      return this.host.log.failed(slot, 'could not be activated', error);
    }
    const { state } = activation;
    const { outermost } = chain;
    outermost.savepoint = state.savepoint();
    try {
      const { isGood, reply } = await runMethod(
        chain,
        outermost,
        activation,
        call,
        target,
        this.host.log,
      );
      if (chain.hasOthers) await chain.othersLeft();
      chain.seal();
      if (state.saving) await state.saving;
      const refusal =
        isGood && (chain.doom ?? state.hasChanges)
          ? await this.store(slot, chain, activation)
          : undefined;
      return refusal ?? reply;
    } finally {
      state.restore(undefined);
      if (state.isUnsaved || state.isDoubtful)
        await this.activator.retire(slot);
    }
  }

  private async runInner(
    slot: ActorSlot,
    chain: Chain,
    call: ActorCall,
    target: Target,
  ): Promise<ActorReply> {
    const { activation, type, id } = slot;
    const depth = type.options.reentrancy?.maxStackDepth ?? STACK_DEPTH;
    if (chain.depth >= depth)
      return hostReply(
        500,
        `More than ${depth} calls of one chain are inside actor ${type.name}/${id} (reentrancy.maxStackDepth).`,
      );
    if (!activation?.isActive)
      return hostReply(
        500,
        `Actor ${type.name}/${id} is still being activated: onActivate() waits for a call that came back to it.`,
      );
    const turn = chain.enter(call, activation.state);
    try {
      const { isGood, reply } = await this.host.currentCall.run(turn, () =>
        runMethod(chain, turn, activation, call, target, this.host.log),
      );
      if (!isGood) chain.takeBack(turn, activation.state);
      return reply;
    } finally {
      chain.leave(turn);
    }
  }

  /** Resolves with the answer where the chain's changes can't be stored. */
  private async store(
    slot: ActorSlot,
    chain: Chain,
    { state }: Activation,
  ): Promise<ActorReply | undefined> {
    if (chain.doom) return this.host.log.doomed(slot, chain.doom);
    try {
      await state.commit(chain);
      return undefined;
    } catch (error) {
      return this.host.log.failed(slot, 'could not store its state', error);
    }
  }
}

function newSlot(type: HostedType, actorId: string): ActorSlot {
  const slot = new ActorSlot(type, actorId);
  type.slots.set(actorId, slot);
  return slot;
}
