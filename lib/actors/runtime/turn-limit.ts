import type { Turn } from './turn.js';

interface Waiting {
  readonly turn: Turn;
  readonly begin: () => void;
  readonly refuse: (reason: Error) => void;
}

/** How many turns of an actor type run at a time, whatever their actors; the others wait in the order they came. */
export class TurnLimit {
  private readonly holders = new Set<Turn>();
  private readonly waiting: Waiting[] = [];

  constructor(private readonly most: number) {}

  /**
   * Undefined where the turn may begin at once; else resolves when it may. One that was called in a turn which counts
   * already does not count again: that turn waits for it. `leave` ends the turn.
   */
  enter(turn: Turn): Promise<void> | undefined {
    for (const holder of this.holders)
      if (turn.isCalledIn(holder)) return undefined;
    if (this.holders.size < this.most) {
      this.holders.add(turn);
      return undefined;
    }
    return new Promise((resolve, reject) =>
      this.waiting.push({ turn, begin: resolve, refuse: reject }),
    );
  }

  leave(turn: Turn): void {
    if (!this.holders.delete(turn)) return;
    const next = this.waiting.shift();
    if (!next) return;
    this.holders.add(next.turn);
    next.begin();
  }

  /** The turn never begins, if it has not yet. */
  refuse(turn: Turn | undefined, reason: Error): void {
    const index = this.waiting.findIndex((each) => each.turn === turn);
    if (index >= 0) this.waiting.splice(index, 1)[0]?.refuse(reason);
  }
}
