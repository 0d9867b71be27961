import type { ScheduledCall } from '../protocol/clock.js';

export interface DueCall {
  readonly at: number;
  /** Calls due at one moment run in the order in which they were scheduled. */
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** Calls by the time at which they are due: a binary heap. */
export class DueCalls {
  private heap: DueCall[] = [];
  private cancelled = 0;
  private scheduled = 0;

  add(at: number, callback: () => void): ScheduledCall {
    const call = { at, order: this.scheduled++, callback, cancelled: false };
    this.heap.push(call);
    this.siftUp(this.heap.length - 1);
    return { cancel: () => this.cancel(call) };
  }

  first(): DueCall | undefined {
    while (this.heap[0]?.cancelled) this.removeFirst();
    return this.heap[0];
  }

  /** Takes out the first call that is due at `time` or before. */
  takeUntil(time: number): DueCall | undefined {
    const first = this.first();
    if (!first || first.at > time) return undefined;
    this.removeFirst();
    // Its timer is over: a late cancel() must not count it as one that still stands in the heap.
    first.cancelled = true;
    return first;
  }

  private cancel(call: DueCall): void {
    if (call.cancelled) return;
    call.cancelled = true;
    this.cancelled += 1;
    // Time may stand still for a whole spec while every call schedules its timeout and cancels it again.
    if (this.cancelled > 64 && this.cancelled > this.heap.length / 2)
      this.sweep();
  }

  private sweep(): void {
    // A sorted array is a heap.
    this.heap = this.heap.filter((call) => !call.cancelled).sort(byTime);
    this.cancelled = 0;
  }

  private removeFirst(): void {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first?.cancelled) this.cancelled -= 1;
    if (!last || this.heap.length === 0) return;
    this.heap[0] = last;
    this.siftDown();
  }

  private siftUp(index: number): void {
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.swapIfLater(parent, index)) return;
      index = parent;
    }
  }

  private siftDown(): void {
    for (let index = 0; ;) {
      const left = index * 2 + 1;
      const right = left + 1;
      const earlier = this.isLater(left, right) ? right : left;
      if (!this.swapIfLater(index, earlier)) return;
      index = earlier;
    }
  }

  private swapIfLater(index: number, other: number): boolean {
    if (!this.isLater(index, other)) return false;
    const [a, b] = [this.heap[index], this.heap[other]];
    if (!a || !b) return false;
    this.heap[index] = b;
    this.heap[other] = a;
    return true;
  }

  private isLater(index: number, other: number): boolean {
    const [a, b] = [this.heap[index], this.heap[other]];
    return a !== undefined && b !== undefined && byTime(a, b) > 0;
  }
}

function byTime(a: DueCall, b: DueCall): number {
  return a.at - b.at || a.order - b.order;
}
