import { readDuration, type Duration as Length } from '../protocol/duration.js';

/** A length of time; its text is what timers and reminders take. */
export interface Duration {
  toString(): string;
}

/** As much of Temporal as timers and reminders need; Temporal's own durations do as well. */
export const Duration = {
  /** @throws DurationError for what is no duration */
  from(item: Length): Duration {
    const { text } = readDuration(item);
    return { toString: () => text };
  },
};
