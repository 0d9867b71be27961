import type { Activation } from './activation.js';
import type { HostedType } from './hosted-type.js';
import { Turns } from './turns.js';

/** The place of one actor id: its instance, if it has one, and who may be inside. */
export class ActorSlot {
  readonly turns = new Turns();
  activation: Activation | undefined;
  /** There while the instance is being made; rejects where it can't be. */
  activating: Promise<Activation> | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    readonly type: HostedType,
    readonly id: string,
  ) {}

  get isEmpty(): boolean {
    return this.turns.isFree && this.activation === undefined;
  }

  /**
   * Ends the instance when the running chain has ended, which can't store anything any more. Calls that wait get a new
   * instance.
   */
  close(reason: Error, retire: () => Promise<void>): Promise<void> {
    this.turns.chain?.condemn(reason);
    this.closing ??= this.turns.between(retire).finally(() => {
      this.closing = undefined;
    });
    return this.closing;
  }
}
