import { setMaxListeners } from 'node:events';
import type { CallScope } from '../../contexts/current-call.js';
import { headerOf, Headers } from '../../protocol/headers.js';
import type { ActorCall } from './actor-call.js';
import type { StateCache } from './state.js';
import { trailOf } from './trail.js';
import { Turn, type TurnRules } from './turn.js';

/**
 * An outermost call of an actor and the reentrant ones that came in while it ran. Their changes of state are stored
 * together, when the outermost has ended well, or not at all.
 */
export class Chain {
  readonly outermost: Turn;
  private readonly open: Turn[];
  private isSealed_ = false;
  private whenAlone: (() => void) | undefined;
  private doom_: Error | undefined;
  private cutter_: AbortController | undefined;

  constructor(
    call: ActorCall,
    private readonly rules: TurnRules,
  ) {
    this.outermost = new Turn(call, undefined, rules, this);
    this.open = [this.outermost];
  }

  /** Why nothing of this chain may be stored any more. */
  get doom(): Error | undefined {
    return this.doom_;
  }

  /** Every call has ended; what is pending is being stored or dropped. */
  get isSealed(): boolean {
    return this.isSealed_;
  }

  /** How many calls are inside the actor. */
  get depth(): number {
    return this.open.length;
  }

  /** Whether a call belongs to this chain and must not wait for its end. */
  takesIn(call: ActorCall): boolean {
    const id = this.outermost.reentrancyId;
    return (
      id !== undefined &&
      !this.isSealed_ &&
      id === headerOf(call.headers, Headers.reentrancyId) &&
      !this.isBeside(call)
    );
  }

  /**
   * Whether a turn before this chain called the actor once more, which Dapr's id does not tell from a call that came
   * back. Only the trail does: it shares turns with that of this chain, and has none that is in here.
   */
  private isBeside(call: ActorCall): boolean {
    const { marks } = trailOf(call);
    return (
      this.outermost.comesFrom(marks) &&
      !this.open.some((turn) => turn.isNamedBy(marks))
    );
  }

  enter(call: ActorCall, state: StateCache): Turn {
    const turn = new Turn(call, this.parentOf(call), this.rules, this);
    if (this.doom) turn.abort(this.doom);
    for (const other of this.open)
      if (!turn.isWithin(other)) turn.isShared = other.isShared = true;
    turn.savepoint = state.savepoint();
    this.open.push(turn);
    return turn;
  }

  leave(turn: Turn): void {
    turn.hasEnded = true;
    this.open.splice(this.open.indexOf(turn), 1);
    if (!this.hasOthers) this.whenAlone?.();
  }

  /** Others came in and are still there, whatever became of the outermost. */
  get hasOthers(): boolean {
    return this.open.length > 1;
  }

  async othersLeft(): Promise<void> {
    while (this.hasOthers)
      await new Promise<void>((resolve) => (this.whenAlone = resolve));
  }

  /** From here on no other call may come in. */
  seal(): void {
    this.isSealed_ = true;
  }

  /** The method of a turn threw: what it changed is taken back. */
  takeBack(turn: Turn, state: StateCache): void {
    // Of a method that its interceptor gave up: what is pending by now is another's.
    if (turn.hasEnded || this.isSealed_) return;
    const isAlone =
      !turn.isOneOfSeveral && this.open.every((other) => turn.isWithin(other));
    if (isAlone && !turn.isShared) state.restore(turn.savepoint);
    else
      this.condemn(
        new Error(
          'A call failed while others of its chain ran beside it in the same actor. What it changed can not be told ' +
            'from what they changed, so nothing is stored',
        ),
      );
  }

  /** A change of state was made in the scope of `writer`. */
  noteWriter(writer: CallScope | undefined): void {
    if (!this.hasOthers) return;
    for (const turn of this.open)
      if (!(writer instanceof Turn && writer.isWithin(turn)))
        turn.isShared = true;
  }

  /** What was pending is being stored now, so a turn that throws later goes back to here. */
  noteSave(): void {
    for (const turn of this.open) turn.savepoint = undefined;
  }

  /**
   * Nothing more of this chain may be stored. A transaction that is under way is not cut: the store may have it by now,
   * and the next turn must not begin before it is known what became of it.
   */
  condemn(reason: Error): void {
    this.doom_ ??= reason;
    this.abort(reason);
  }

  /** The same, of a transaction under way, too: the sidecar is no more, or has kept the turn waiting for too long. */
  abandon(reason: Error): void {
    this.condemn(reason);
    this.cutter.abort(reason);
  }

  /** Ends the calls of the sidecar that are made in this chain, once they would be waited for in vain. */
  get cut(): AbortSignal {
    return this.cutter.signal;
  }

  /** Tells the code inside that it had better end. */
  abort(reason: Error): void {
    for (const turn of this.open) turn.abort(reason);
  }

  private get cutter(): AbortController {
    if (!this.cutter_) {
      this.cutter_ = new AbortController();
      // However many calls are under way, none outlives the chain.
      setMaxListeners(0, this.cutter_.signal);
    }
    return this.cutter_;
  }

  /** Where the caller does not say in which turn it called, it is taken for one beside all others. */
  private parentOf(call: ActorCall): Turn {
    const { marks } = trailOf(call);
    return (
      this.open.findLast((turn) => turn.isNamedBy(marks)) ?? this.outermost
    );
  }
}
