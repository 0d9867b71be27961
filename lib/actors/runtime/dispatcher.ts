import { Logger } from '@nestjs/common';
import { ActorContext } from '../../contexts/actor.context.js';
import { PayloadError } from '../../protocol/payload.js';
import type { ActorCall, ActorReply } from './actor-call.js';
import type { Activation } from './activation.js';
import type { Activator } from './activator.js';
import { Chain } from './chain.js';
import type { HostedType } from './hosted-type.js';
import { errorReply, hostReply, resultReply } from './reply.js';
import { ActorSlot } from './slot.js';
import type { ActorHost } from './state.js';
import { targetOf, type Target } from './target.js';
import type { Turn } from './turn.js';

// daprd's own default.
const STACK_DEPTH = 32;

/** How a method ended, and what the caller is to be told. */
interface Ending {
  readonly isGood: boolean;
  readonly reply: ActorReply;
}

/** Runs the calls of actors: each finds its instance, its turn and its answer here. */
export class Dispatcher {
  private readonly logger = new Logger('ActorRuntime');

  constructor(
    private readonly host: ActorHost,
    private readonly activator: Activator,
    /** Whether calls that begin a chain are refused. */
    private readonly isDraining: () => boolean,
  ) {}

  async dispatch(type: HostedType, call: ActorCall): Promise<ActorReply> {
    let target: Target | ActorReply;
    try {
      target = targetOf(type, call);
    } catch (error) {
      if (error instanceof PayloadError) return hostReply(400, error.message);
      throw error;
    }
    if ('status' in target) return target;
    const slot = slotOf(type, call.actorId);
    const running = type.options.reentrancy?.enabled
      ? slot.turns.chain
      : undefined;
    return running?.takesIn(call)
      ? this.runInner(slot, running, call, target)
      : this.runOutermost(slot, call, target);
  }

  private async runOutermost(
    slot: ActorSlot,
    call: ActorCall,
    target: Target,
  ): Promise<ActorReply> {
    if (this.isDraining())
      return hostReply(503, 'The app is shutting down and takes no new calls.');
    const chain = new Chain(call);
    try {
      await slot.turns.enter(chain);
    } catch (error) {
      return hostReply(503, (error as Error).message);
    }
    try {
      return await this.host.currentCall.run(chain.outermost, () =>
        this.runChain(slot, chain, call, target),
      );
    } finally {
      chain.outermost.hasEnded = true;
      slot.turns.leave();
      if (slot.isEmpty) slot.type.slots.delete(slot.id);
    }
  }

  /** Whatever happens, the state has no pending changes afterwards. */
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
      return this.failed(slot, 'could not be activated', error);
    }
    const { state } = activation;
    chain.outermost.savepoint = state.savepoint();
    const ending = await this.runMethod(
      chain,
      chain.outermost,
      activation,
      call,
      target,
    );
    await chain.seal();
    const refusal = ending.isGood
      ? await this.store(slot, chain, activation)
      : undefined;
    if (ending.isGood && !refusal) return ending.reply;
    state.restore(undefined);
    if (activation.isUnsaved) await this.activator.retire(slot);
    return refusal ?? ending.reply;
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
      const ending = await this.host.currentCall.run(turn, () =>
        this.runMethod(chain, turn, activation, call, target),
      );
      if (!ending.isGood) chain.takeBack(turn, activation.state);
      return ending.reply;
    } finally {
      chain.leave(turn);
    }
  }

  private async runMethod(
    chain: Chain,
    turn: Turn,
    { actor, state }: Activation,
    call: ActorCall,
    { method, args }: Target,
  ): Promise<Ending> {
    try {
      const result = await method({
        actor,
        args,
        context: new ActorContext(call),
        takeBack: () => chain.takeBack(turn, state),
      });
      // Made before anything is stored: a result that can't be sent is a failure, too.
      return { isGood: true, reply: resultReply(call, result) };
    } catch (error) {
      this.report(call, error);
      return { isGood: false, reply: errorReply(call, error) };
    }
  }

  /** Stores what the chain changed; resolves with the answer where that fails. */
  private async store(
    slot: ActorSlot,
    chain: Chain,
    activation: Activation,
  ): Promise<ActorReply | undefined> {
    const { type, id } = slot;
    if (chain.doom) return this.failed(slot, 'stored nothing', chain.doom);
    const { state } = activation;
    if (!state.hasChanges) return undefined;
    try {
      const operations = state.operations();
      await chain.commit((signal) =>
        this.host
          .client()
          .stateTransaction(type.name, id, operations, { signal }),
      );
      state.committed();
      activation.isUnsaved = false;
      return undefined;
    } catch (error) {
      // What the sidecar made of it is unknown, so what is remembered can't be trusted.
      await this.activator.retire(slot);
      return this.failed(slot, 'could not store its state', error);
    }
  }

  private failed(slot: ActorSlot, what: string, error: unknown): ActorReply {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Actor ${slot.type.name}/${slot.id} ${what}: ${reason}`;
    this.logger.error(
      message,
      error instanceof Error ? error.stack : undefined,
    );
    return hostReply(500, message);
  }

  /** Nest logs errors as they pass its filters, but no HttpException: nobody else sees one of a timer or reminder. */
  private report(
    { kind, name, actorType, actorId }: ActorCall,
    error: unknown,
  ): void {
    if (kind !== 'method')
      this.logger.warn(
        `Actor ${actorType}/${actorId} failed on its ${kind} "${name}": ${error instanceof Error ? error.message : String(error)}`,
      );
  }
}

function slotOf(type: HostedType, actorId: string): ActorSlot {
  let slot = type.slots.get(actorId);
  if (!slot) {
    slot = new ActorSlot(type, actorId);
    type.slots.set(actorId, slot);
  }
  return slot;
}
