import type { Clock, ScheduledCall } from '../protocol/clock.js';
import { toMilliseconds, type Duration } from '../protocol/duration.js';
import { DueCalls, type DueCall } from './due-calls.js';

/** Where a virtual clock starts unless told otherwise: midnight of a Thursday, in UTC. */
export const VIRTUAL_START = Date.UTC(2026, 0, 1);

/**
 * Time that moves only when it is told to, so that a spec of a reminder in 24 hours takes milliseconds.
 * What is scheduled for now, or earlier, runs by itself.
 */
export class VirtualClock implements Clock {
  private time: number;
  private readonly due = new DueCalls();
  private readonly settlers = new Set<() => Promise<void>>();
  private moving: Promise<void> = Promise.resolve();

  constructor(start: Date | number = VIRTUAL_START) {
    this.time = Number(start);
  }

  now(): number {
    return this.time;
  }

  schedule(delay: number, callback: () => void): ScheduledCall {
    if (delay > 0) return this.due.add(this.time + delay, callback);
    const soon = setImmediate(callback);
    return { cancel: () => clearImmediate(soon) };
  }

  /**
   * Moves time forward, stopping at each moment at which something is due, in order: what is due there runs, and all
   * that it sets off ends, before time goes on. Resolves when the whole duration has passed. Work that itself waits
   * for this clock does not hold it: time goes on when nothing has happened for half a second of real time.
   * @throws DurationError when the duration is none
   */
  advance(duration: Duration): Promise<void> {
    const distance = toMilliseconds(duration);
    const moved = this.moving.then(() => this.move(distance));
    this.moving = moved.catch(() => undefined);
    return moved;
  }

  /** `settle` is awaited wherever time stops; returns how to take it back. */
  settleWith(settle: () => Promise<void>): () => void {
    this.settlers.add(settle);
    return () => void this.settlers.delete(settle);
  }

  private async move(distance: number): Promise<void> {
    const target = this.time + distance;
    await this.settle();
    for (
      let next = this.due.first();
      next && next.at <= target;
      next = this.due.first()
    ) {
      this.time = Math.max(this.time, next.at);
      this.runDue();
      await this.settle();
    }
    this.time = target;
  }

  private runDue(): void {
    let call: DueCall | undefined;
    while ((call = this.due.takeUntil(this.time))) call.callback();
  }

  private async settle(): Promise<void> {
    for (const settle of this.settlers) await settle();
  }
}
