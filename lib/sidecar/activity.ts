/**
 * Counts what is under way in the embedded sidecar, so that a spec can wait until nothing is.
 * Whatever begins here must end, however it ends.
 */
export class Activity {
  private running = 0;
  private waiting: (() => void)[] = [];

  /** Runs `work` as one activity. */
  async track<T>(work: () => Promise<T>): Promise<T> {
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      if (this.running === 0) this.settle();
    }
  }

  /** Resolves when nothing is under way and nothing began in the macrotask that followed. */
  async idle(): Promise<void> {
    do {
      if (this.running > 0)
        await new Promise<void>((resolve) => this.waiting.push(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.running > 0);
  }

  private settle(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}
