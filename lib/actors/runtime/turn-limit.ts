import type { Turn } from './turn.js';

interface Waiting {
  readonly turn: Turn;
  readonly begin: () => void;
  readonly refuse: (reason: Error) => void;
}

/**
 * How many turns of an actor type run at a time, whatever their actors; the others wait in the order they came. A turn
 * that waits for a call of an actor does not count: that actor may be held by a turn that waits here.
 */
export class TurnLimit {
  private readonly holders = new Set<Turn>();
  private readonly waiting: Waiting[] = [];

  constructor(private readonly most: number) {}

  /**
   * Undefined where the turn may begin at once; else resolves when it may: next, where a turn that is here waits for it.
   * `leave` ends the turn.
   */
  enter(turn: Turn): Promise<void> | undefined {
    const callers = [...this.holders].filter((each) => turn.isCalledIn(each));
    // Called by other means than those that tell that it calls: it runs in its caller's place.
    if (callers.some((each) => !each.isCalling)) return undefined;
    if (this.hasRoom) {
      this.holders.add(turn);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const waiting = { turn, begin: resolve, refuse: reject };
      if (callers.length > 0) this.waiting.unshift(waiting);
      else this.waiting.push(waiting);
    });
  }

  leave(turn: Turn): void {
    if (this.holders.delete(turn)) this.admit();
  }

  /** Lets those begin for whom there is room; due when a turn that is here begins to wait for a call, too. */
  admit(): void {
    while (this.hasRoom) {
      const next = this.waiting.shift();
      if (!next) return;
      this.holders.add(next.turn);
      next.begin();
    }
  }

  private get hasRoom(): boolean {
    let running = 0;
    for (const holder of this.holders) if (!holder.isCalling) running += 1;
    return running < this.most;
  }

  /** The turn never begins, if it has not yet. */
  refuse(turn: Turn | undefined, reason: Error): void {
    const index = this.waiting.findIndex((each) => each.turn === turn);
    if (index >= 0) this.waiting.splice(index, 1)[0]?.refuse(reason);
  }
}
