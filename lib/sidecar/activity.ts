// Patience is counted in slices, so that a process that was busy with something else for a while has not used it up.
const SLICES = 10;

/**
 * Counts what is under way in the embedded sidecar, so that a spec can wait until nothing is.
 * Whatever begins here must end, however it ends.
 */
export class Activity {
  private running = 0;
  private changes = 0;
  private waiters: (() => void)[] = [];

  /** Runs `work` as one activity. */
  async track<T>(work: () => Promise<T>): Promise<T> {
    this.change(1);
    try {
      return await work();
    } finally {
      this.change(-1);
    }
  }

  /** Within an activity: `wait` is only a wait for time to pass, such as the back-off of a retry, and counts as rest. */
  async rest<T>(wait: () => Promise<T>): Promise<T> {
    this.change(-1);
    try {
      return await wait();
    } finally {
      this.change(1);
    }
  }

  /** Resolves when nothing is under way and nothing began in the macrotask that followed. */
  async idle(): Promise<void> {
    do {
      if (this.running > 0)
        await new Promise<void>((resolve) => this.waiters.push(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.running > 0);
  }

  /** Resolves like `idle`, but also when nothing has begun or ended for `patience` milliseconds of real time. */
  async settled(patience: number): Promise<void> {
    let done = false;
    const idle = this.idle().then(() => void (done = true));
    for (let quiet = 0; !done && quiet < SLICES;) {
      const seen = this.changes;
      await before(patience / SLICES, idle);
      quiet = seen === this.changes ? quiet + 1 : 0;
    }
  }

  private change(by: 1 | -1): void {
    this.running += by;
    this.changes += 1;
    if (this.running > 0) return;
    const waiters = this.waiters;
    this.waiters = [];
    for (const resolve of waiters) resolve();
  }
}

/** Resolves with `work` or after so many milliseconds of real time, whichever comes first. */
export async function before(
  milliseconds: number,
  work: Promise<unknown>,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
