import type { Clock, ScheduledCall } from '../../../lib/protocol/clock.js';

/** Time that stands still until it is told to go on. */
export class ManualClock implements Clock {
  private time = 0;
  private readonly due = new Map<ScheduledCall, [number, () => void]>();

  /** How many timers run. */
  get pending(): number {
    return this.due.size;
  }

  now(): number {
    return this.time;
  }

  schedule(delay: number, callback: () => void): ScheduledCall {
    const call = { cancel: () => void this.due.delete(call) };
    this.due.set(call, [this.time + delay, callback]);
    return call;
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
    for (const [call, [at, callback]] of this.due) {
      if (at > this.time) continue;
      this.due.delete(call);
      callback();
    }
  }
}
