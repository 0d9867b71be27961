import type { ActorReminders, ActorTimers } from './actor-schedules.js';
import type { ActorState } from './actor-state.js';

/** What the runtime gives an instance once it is constructed. */
export interface ActorHome {
  readonly id: string;
  readonly state: ActorState;
  readonly timers: ActorTimers;
  readonly reminders: ActorReminders;
}

const HOME = Symbol('nestjs-dapr:actor-home');

/**
 * Base of the classes that host actors. Nest builds one instance per actor id, with its dependencies in the
 * constructor, and runs one call of it at a time.
 *
 * @typeParam TState names the keys of the stored state and the types of their values
 * @see https://docs.dapr.io/developing-applications/building-blocks/actors/actors-overview/
 */
export abstract class Actor<TState extends object = Record<string, unknown>> {
  declare private readonly [HOME]?: ActorHome;

  /** The actor's id, as the caller named it. */
  get id(): string {
    return homeOf(this.constructor.name, 'id', this[HOME]).id;
  }

  /** What is stored for this actor. */
  get state(): ActorState<TState> {
    return homeOf(this.constructor.name, 'state', this[HOME])
      .state as ActorState<TState>;
  }

  get timers(): ActorTimers {
    return homeOf(this.constructor.name, 'timers', this[HOME]).timers;
  }

  get reminders(): ActorReminders {
    return homeOf(this.constructor.name, 'reminders', this[HOME]).reminders;
  }
}

/** Makes a constructed instance the actor of an id. */
export function settle(actor: object, home: ActorHome): void {
  Object.defineProperty(actor, HOME, { value: home });
}

function homeOf(
  className: string,
  member: string,
  home: ActorHome | undefined,
): ActorHome {
  if (home) return home;
  throw new Error(
    `${className}: this.${member} is not there in a constructor or a field initialiser, since the ` +
      'instance belongs to no actor id yet. Use it from onActivate() on; an instance made by `new` never has it.',
  );
}
