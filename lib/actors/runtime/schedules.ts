import { DaprNotFoundError } from '../../errors/dapr-not-found.error.js';
import type { ActorReminders, ActorTimers } from '../actor-schedules.js';
import type { ActorSlot } from './slot.js';
import type { ActorHost } from './state.js';

export function timersOf(
  { type, id }: ActorSlot,
  host: ActorHost,
): ActorTimers {
  return {
    set: (name, timer) => host.client().timerCreate(type.name, id, name, timer),
    remove: (name) => host.client().timerDelete(type.name, id, name),
  };
}

export function remindersOf(
  { type, id }: ActorSlot,
  host: ActorHost,
): ActorReminders {
  return {
    set: (name, reminder) =>
      host.client().reminderCreate(type.name, id, name, reminder),
    async get(name) {
      try {
        return await host.client().reminderGet(type.name, id, name);
      } catch (error) {
        if (error instanceof DaprNotFoundError) return undefined;
        throw error;
      }
    },
    remove: (name) => host.client().reminderDelete(type.name, id, name),
  };
}
