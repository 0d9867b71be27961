import { ContextIdFactory } from '@nestjs/core';
import { settle, type Actor } from '../actor.js';
import type { OnActivate, OnDeactivate } from '../actor-lifecycle.js';
import { Activation } from './activation.js';
import type { HostedType } from './hosted-type.js';
import type { ActorSlot } from './slot.js';
import type { ActorHost } from './state.js';
import { Turn } from './turn.js';

/** Brings instances into memory and takes them out again. */
export class Activator {
  constructor(private readonly host: ActorHost) {}

  /** Rejects with what the constructor, a dependency or `onActivate` threw; then nothing of the instance is left. */
  async activate(slot: ActorSlot): Promise<Activation> {
    const actor: Actor & Partial<OnActivate> = await construct(
      slot.type,
      slot.id,
    );
    const activation = new Activation(actor, slot, this.host);
    const { state } = activation;
    settle(actor, activation);
    slot.activation = activation;
    try {
      await actor.onActivate?.();
    } catch (error) {
      // Else the next instance could read what is stored before a save() that nobody waited for, and write after it.
      if (state.saving) await state.saving;
      slot.activation = undefined;
      throw error;
    }
    state.isUnsaved = state.hasChanges;
    activation.isActive = true;
    return activation;
  }

  /** Never rejects: whatever `onDeactivate` does, the instance is gone. */
  async retire(slot: ActorSlot): Promise<void> {
    const actor: (Actor & Partial<OnDeactivate>) | undefined =
      slot.activation?.actor;
    // From here on the state refuses: Dapr has forgotten the instance.
    slot.activation = undefined;
    try {
      await this.host.currentCall.run(farewell(slot), () =>
        actor?.onDeactivate?.(),
      );
    } catch (error) {
      this.host.log.unexpected(
        `onDeactivate of actor ${slot.type.name}/${slot.id} failed; the instance is gone all the same`,
        error,
      );
    }
  }
}

/** What onDeactivate runs in: nothing can enter the actor before it has ended. */
function farewell({ type, id }: ActorSlot): Turn {
  const { mayCall } = type.rules;
  return new Turn(
    {
      actorType: type.name,
      actorId: id,
      headers: {},
      signal: new AbortController().signal,
    },
    undefined,
    { isReentrant: false, mayCall, limit: undefined },
  );
}

/** Asks Nest for an instance, with providers of its own where its dependencies are request-scoped. */
async function construct(type: HostedType, actorId: string): Promise<Actor> {
  if (!type.isScoped)
    try {
      return await type.moduleRef.create(type.target);
    } catch (error) {
      // Nest 11 does not know before it tries.
      if (!needsContext(error)) throw error;
      type.isScoped = true;
    }
  const contextId = ContextIdFactory.create();
  type.moduleRef.registerRequestByContextId(
    { actorType: type.name, actorId },
    contextId,
  );
  return type.moduleRef.create(type.target, contextId);
}

// Nest exports the class from no entry point.
const needsContext = (error: unknown): boolean =>
  error instanceof Error &&
  error.constructor.name === 'RequestScopedCreateException';
