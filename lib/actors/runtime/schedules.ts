import { DaprNotFoundError } from '../../errors/dapr-not-found.error.js';
import type { ActorReminders, ActorTimers } from '../actor-schedules.js';
import { missingHandler, scheduleMethod } from './schedule-method.js';
import type { ActorSlot } from './slot.js';
import type { ActorHost } from './state.js';

export function timersOf(
  { type, id, turns }: ActorSlot,
  { client, log }: ActorHost,
): ActorTimers {
  const options = () => ({ signal: turns.chain?.cut });
  return {
    async set(name, timer) {
      const { callback } = timer;
      if (!scheduleMethod(type, 'timer', name, callback))
        log.unhandled(missingHandler(type, 'timer', name, callback));
      await client().timerCreate(type.name, id, name, timer, options());
    },
    remove: (name) => client().timerDelete(type.name, id, name, options()),
  };
}

export function remindersOf(
  { type, id, turns }: ActorSlot,
  { client, log }: ActorHost,
): ActorReminders {
  const options = () => ({ signal: turns.chain?.cut });
  return {
    async set(name, reminder) {
      if (!scheduleMethod(type, 'reminder', name))
        log.unhandled(missingHandler(type, 'reminder', name));
      await client().reminderCreate(type.name, id, name, reminder, options());
    },
    async get(name) {
      try {
        return await client().reminderGet(type.name, id, name, options());
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    list: () => client().reminderList(type.name, id, options()),
    remove: (name) => client().reminderDelete(type.name, id, name, options()),
  };
}

/** As opposed to a sidecar that does not know the call. */
function isMissing(error: unknown): boolean {
  return (
    error instanceof DaprNotFoundError &&
    error.errorCode === 'ERR_ACTOR_REMINDER_NOT_FOUND'
  );
}
