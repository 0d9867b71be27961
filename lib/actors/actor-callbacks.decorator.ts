import 'reflect-metadata';
import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';

/** A method that takes a timer or a reminder. */
export interface ScheduleHandler {
  readonly kind: 'timer' | 'reminder';
  /** Of the timer or reminder; `ANY` for those that no other handler takes. */
  readonly name: string;
  readonly method: string;
}

/** Dapr has no timer or reminder without a name. */
export const ANY = '';

const HANDLERS = Symbol('nestjs-dapr:schedule-handlers');

/**
 * Runs the method when the actor's timer of that name fires, with the timer's data as its argument. It can't be called
 * from outside. When it throws, Dapr logs it and goes on with the next tick.
 * @see https://docs.dapr.io/developing-applications/building-blocks/actors/actors-timers-reminders/#actor-timers
 */
export function OnTimer(name: string): MethodDecorator {
  return scheduleHandler('timer', name);
}

/**
 * Runs the method when the actor's reminder of that name is due, with the reminder's data as its argument. It can't be
 * called from outside. When it throws, Dapr tries again, up to three times a second apart, then waits for the next one.
 * @param name without it: of every reminder that no other handler takes, whose name `ActorContext.name` tells
 * @see https://docs.dapr.io/developing-applications/building-blocks/actors/actors-timers-reminders/#actor-reminders
 */
export function OnReminder(name = ANY): MethodDecorator {
  return scheduleHandler('reminder', name);
}

/** The handlers declared in a class itself, not in its parents. */
export function scheduleHandlersOf(target: object): readonly ScheduleHandler[] {
  return (Reflect.getOwnMetadata(HANDLERS, target) ??
    []) as readonly ScheduleHandler[];
}

function scheduleHandler(
  kind: ScheduleHandler['kind'],
  name: string,
): MethodDecorator {
  return (target, method, descriptor?: PropertyDescriptor) => {
    const owner = target.constructor;
    if (typeof target === 'function' || typeof descriptor?.value !== 'function')
      throw new DaprConfigurationError(
        `The ${kind} "${name}" was given to "${String(method)}", which is no method of an actor. Put the decorator on one.`,
      );
    const handler = { kind, name, method: String(method) };
    Reflect.defineMetadata(
      HANDLERS,
      [...scheduleHandlersOf(owner), handler],
      owner,
    );
  };
}
