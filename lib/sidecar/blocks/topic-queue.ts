/** Says of an item whether it is done with; if not, it goes back to the head of the queue. */
export type Work<T> = (item: T) => Promise<'done' | 'undone'>;

interface Worker<T> {
  readonly work: Work<T>;
  /** Items that it may work at. */
  free: number;
}

/**
 * What one application has still to be told of one topic. Each of its processes works at one item at a time, or at as
 * many as make a batch; what arrives while none is there waits.
 */
export class TopicQueue<T> {
  private readonly waiting = new Fifo<T>();
  private readonly workers: Worker<T>[] = [];

  get length(): number {
    return this.waiting.length;
  }

  get isServed(): boolean {
    return this.workers.length > 0;
  }

  push(item: T): void {
    this.waiting.push(item);
    this.pump();
  }

  /** Adds a worker; returns how to take it away. Its current items are still finished, or come back. */
  join(work: Work<T>, capacity = 1): () => void {
    const worker: Worker<T> = { work, free: capacity };
    this.workers.push(worker);
    this.pump();
    return () => {
      const index = this.workers.indexOf(worker);
      if (index >= 0) this.workers.splice(index, 1);
    };
  }

  private pump(): void {
    while (this.waiting.length > 0) {
      const index = this.workers.findIndex(({ free }) => free > 0);
      const [worker] = index < 0 ? [] : this.workers.splice(index, 1);
      if (!worker) return;
      // Behind the others, so that they take turns.
      this.workers.push(worker);
      void this.give(worker, this.waiting.shift() as T);
    }
  }

  private async give(worker: Worker<T>, item: T): Promise<void> {
    worker.free -= 1;
    const end = await worker.work(item);
    worker.free += 1;
    if (end === 'undone') this.waiting.unshift(item);
    this.pump();
  }
}

/** First in, first out, at a constant price per item. */
class Fifo<T> {
  private items: T[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  unshift(item: T): void {
    if (this.head > 0) this.items[--this.head] = item;
    else this.items.unshift(item);
  }

  shift(): T | undefined {
    const item = this.items[this.head];
    this.head += 1;
    if (this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}
