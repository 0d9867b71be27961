import type { Chain } from './chain.js';

interface Waiting {
  /** Undefined for what runs between the chains. */
  readonly chain: Chain | undefined;
  readonly begin: () => void;
  readonly refuse: (reason: Error) => void;
}

/** Who may be inside one actor: one chain of calls at a time, in the order they came. */
export class Turns {
  private isHeld = false;
  private chain_: Chain | undefined;
  private waiting: Waiting[] | undefined;
  private count_ = 0;

  /** The chain that runs. */
  get chain(): Chain | undefined {
    return this.chain_;
  }

  /** How many chains have begun; tells them apart for those who must not keep one in memory. */
  get count(): number {
    return this.count_;
  }

  get isFree(): boolean {
    return !this.isHeld;
  }

  /**
   * Undefined where it is the chain's turn at once; else resolves when it is.
   * `leave` ends the turn.
   */
  enter(chain: Chain): Promise<void> | undefined {
    if (!this.isHeld) {
      this.hold(chain);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const waiting = { chain, begin: resolve, refuse: reject };
      (this.waiting ??= []).push(waiting);
    });
  }

  leave(): void {
    const next = this.waiting?.shift();
    this.isHeld = false;
    this.chain_ = undefined;
    if (!next) return void (this.waiting = undefined);
    this.hold(next.chain);
    next.begin();
  }

  /** Runs `work` when the running chain has ended, before those that wait. */
  async between(work: () => Promise<void>): Promise<void> {
    if (this.isHeld)
      await new Promise<void>((resolve, reject) => {
        const waiting = { chain: undefined, begin: resolve, refuse: reject };
        (this.waiting ??= []).unshift(waiting);
      });
    else this.hold(undefined);
    try {
      await work();
    } finally {
      this.leave();
    }
  }

  /** The chains that have not begun never will. */
  refuseWaiting(reason: Error): void {
    const refused = this.waiting?.filter(({ chain }) => chain) ?? [];
    this.waiting = this.waiting?.filter(({ chain }) => !chain);
    for (const { refuse } of refused) refuse(reason);
  }

  private hold(chain: Chain | undefined): void {
    this.isHeld = true;
    this.chain_ = chain;
    this.count_ += 1;
  }
}
