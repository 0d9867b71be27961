import { sleep, type Clock } from '../protocol/clock.js';

/**
 * The way out: first the health probe fails while calls go on, then new calls are refused, then those under way end.
 */
export class Drain {
  private running = 0;
  private refusing = false;
  private ended: Promise<void> | undefined;
  private whenQuiet: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly delay: number,
    /** Runs when new calls are refused from then on. */
    private readonly onRefusing: () => void = () => undefined,
  ) {}

  /** The app is on its way out. */
  get isShuttingDown(): boolean {
    return this.ended !== undefined;
  }

  /** Counts a call in; the answer counts it out. Undefined where it must be refused. */
  enter(): (() => void) | undefined {
    if (this.refusing) return undefined;
    this.running += 1;
    return () => {
      this.running -= 1;
      if (this.running === 0) this.whenQuiet?.();
    };
  }

  /** Resolves when the last call has ended; a second call of it waits for the same. */
  end(): Promise<void> {
    this.ended ??= this.run();
    return this.ended;
  }

  private async run(): Promise<void> {
    if (this.delay > 0) await sleep(this.clock, this.delay);
    this.refusing = true;
    this.onRefusing();
    if (this.running > 0)
      await new Promise<void>((resolve) => (this.whenQuiet = resolve));
  }
}
