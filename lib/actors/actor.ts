import { ActorBase } from './actor-base.js';
import type { ActorReminders, ActorTimers } from './actor-schedules.js';
import type { ActorState, StateAsJson } from './actor-state.js';
import type { StateCache } from './runtime/state.js';

/** What the runtime gives an instance once it is constructed. */
export interface ActorHome {
  readonly id: string;
  readonly state: StateCache;
  readonly timers: ActorTimers;
  readonly reminders: ActorReminders;
}

const HOME = Symbol('nestjs-dapr:actor-home');

/**
 * Base of the classes that host actors. Nest builds one instance per actor id, with its dependencies in the
 * constructor, and runs one call of it at a time.
 *
 * @typeParam TState names the keys of the stored state and the types of their values
 * @typeParam TRead the types in which they come back; only where `@ActorType` names a serializer that makes more of
 * JSON: `class CartActor extends Actor<CartState, CartState>` for one that gives everything back as it was
 * @see https://docs.dapr.io/developing-applications/building-blocks/actors/actors-overview/
 */
@ActorBase()
export abstract class Actor<
  TState extends object = Record<string, unknown>,
  TRead extends object = StateAsJson<TState>,
> {
  /** The actor's id, as the caller named it. */
  get id(): string {
    return homeOf(this, 'id').id;
  }

  /** What is stored for this actor. */
  get state(): ActorState<TState, TRead> {
    return homeOf(this, 'state').state as unknown as ActorState<TState, TRead>;
  }

  get timers(): ActorTimers {
    return homeOf(this, 'timers').timers;
  }

  get reminders(): ActorReminders {
    return homeOf(this, 'reminders').reminders;
  }
}

/** Makes a constructed instance the actor of an id. */
export function settle(actor: object, home: ActorHome): void {
  Object.defineProperty(actor, HOME, { value: home });
}

/** @throws Error in words where the instance is no actor yet; `member` is what was asked for */
export function homeOf(actor: object, member: string): ActorHome {
  const home = (actor as { readonly [HOME]?: ActorHome })[HOME];
  if (home) return home;
  throw new Error(
    `${actor.constructor.name}: this.${member} is not there in a constructor or a field initialiser, since the ` +
      'instance belongs to no actor id yet. Use it from onActivate() on; an instance made by `new` never has it.',
  );
}
