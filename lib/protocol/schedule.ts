import type { DurationInput } from './duration.js';

/** When something fires, in the words of the caller. */
export interface ScheduleOptions {
  readonly dueTime?: DurationInput | Date | undefined;
  readonly period?: DurationInput | undefined;
  readonly ttl?: DurationInput | Date | undefined;
}

/** The same as text on the wire. */
export interface ScheduleText {
  readonly dueTime?: string;
  readonly period?: string;
  readonly ttl?: string;
}

export interface Schedule {
  /** Time of the n-th fire (from 0) in ms since the epoch; undefined when it is over. */
  at(n: number): number | undefined;
}

export function timerWire(options: ScheduleOptions): ScheduleText {
  return { dueTime: String(options.dueTime) };
}

export function reminderWire(options: ScheduleOptions): ScheduleText {
  return { dueTime: String(options.dueTime) };
}

export function resolveSchedule(
  kind: 'timer' | 'reminder',
  text: ScheduleText,
  now: number,
): Schedule {
  return { at: (n) => (kind && text && n === 0 ? now : undefined) };
}
