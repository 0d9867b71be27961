import type { Activation } from './activation.js';
import type { HostedType } from './hosted-type.js';
import { Turns } from './turns.js';

/** The place of one actor id: its instance, if it has one, and who may be inside. */
export class ActorSlot {
  readonly turns = new Turns();
  activation: Activation | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    readonly type: HostedType,
    readonly id: string,
  ) {}

  /** Forgets the place where nothing is in it, unless it is forgotten already and the id has got another. */
  removeIfEmpty(): void {
    const isEmpty = this.turns.isFree && this.activation === undefined;
    const { slots } = this.type;
    if (isEmpty && slots.get(this.id) === this) slots.delete(this.id);
  }

  /**
   * Ends the instance when the running chain has ended, which can't begin to store anything any more. Calls that wait get
   * a new instance.
   */
  close(reason: Error, retire: () => Promise<void>): Promise<void> {
    const { chain } = this.turns;
    chain?.condemn(reason);
    this.type.rules.limit?.refuse(chain?.outermost, reason);
    this.closing ??= this.turns.between(async () => {
      await retire();
      // Before the next chain begins: what it makes is for another call of this method to end.
      this.closing = undefined;
    });
    return this.closing;
  }
}
