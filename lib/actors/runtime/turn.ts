import { randomBytes } from 'node:crypto';
import type { CallScope } from '../../contexts/current-call.js';
import { traceScope } from '../../contexts/trace-scope.js';
import { headerOf, Headers } from '../../protocol/headers.js';
import type { ActorCall } from './actor-call.js';
import type { Savepoint } from './state.js';
import type { TurnLimit } from './turn-limit.js';
import { heldActor, trailOf, trailText, type Trail } from './trail.js';

/** What a turn has to know of its actor's type. */
export interface TurnRules {
  /** Calls of the turn's own chain may enter the actor while it runs. */
  readonly isReentrant: boolean;
  /** The actor's code can get at proxies or a client, so it may call actors. */
  readonly mayCall: boolean;
  /** Undefined where any number of turns of the type may run. */
  readonly limit: TurnLimit | undefined;
  /** Why turns had better end from now on. */
  ending?: Error;
}

/** One call inside an actor: the outermost of a chain, or one that came back in while its parent waits for it. */
export class Turn implements CallScope {
  declare readonly traceparent?: string;
  declare readonly tracestate?: string;
  declare readonly baggage?: string;
  declare readonly reentrancyId?: string;

  hasEnded = false;
  /** Others changed state while this one ran, so its own changes can't be taken back alone. */
  isShared = false;
  /** The pending changes at its begin. */
  savepoint: Savepoint;
  private mark: string | undefined;
  /** Calls of actors under way, by `Type/id`. */
  private out_: Map<string, number> | undefined;
  private origin_: Trail | undefined;
  private controller: AbortController | undefined;
  private abortion: Error | undefined;

  constructor(
    private readonly call: Pick<
      ActorCall,
      'actorType' | 'actorId' | 'headers' | 'signal'
    >,
    readonly parent: Turn | undefined,
    private readonly rules: TurnRules,
    private readonly chain?: { readonly cut: AbortSignal },
  ) {
    Object.assign(this, traceScope(call.headers));
    const reentrancyId = headerOf(call.headers, Headers.reentrancyId);
    if (reentrancyId !== undefined) this.reentrancyId = reentrancyId;
    if (rules.ending) this.abort(rules.ending);
  }

  get mayCall(): boolean {
    return this.rules.mayCall;
  }

  /** Aborts when nobody waits for the turn any more, or what it does can't be stored. Made only where somebody asks. */
  get signal(): AbortSignal {
    if (!this.controller) {
      const controller = (this.controller = new AbortController());
      const caller = this.call.signal;
      const forward = (): void => controller.abort(caller.reason);
      if (this.abortion) controller.abort(this.abortion);
      else if (caller.aborted) forward();
      else caller.addEventListener('abort', forward, { once: true });
    }
    return this.controller.signal;
  }

  /** Ends the calls that are made in this turn once they would be waited for in vain. */
  get cut(): AbortSignal | undefined {
    return this.chain?.cut;
  }

  /** Tells the turn's code that it had better end. */
  abort(reason: Error): void {
    this.abortion ??= reason;
    this.controller?.abort(reason);
  }

  private get out(): Map<string, number> {
    return (this.out_ ??= new Map());
  }

  /** In which turns this one was called. */
  private get origin(): Trail {
    return (this.origin_ ??= trailOf(this.call));
  }

  /** The trail of a call of an actor that is made in this turn by other means than a proxy. */
  get turns(): string | undefined {
    return this.trail(false);
  }

  /** Whether a call of an actor, made here and waited for, would wait for itself. */
  waitsFor(actorType: string, actorId: string): boolean {
    if (this.hasEnded) return false;
    const actor = heldActor(actorType, actorId);
    return actor === this.held || this.origin.held.includes(actor);
  }

  /**
   * A call of an actor is made in this turn. Tells the trail that goes with it, which also says whether the same actor
   * is being called already; `end` is due when the call has ended.
   */
  callOut(target: string): { trail: string | undefined; end: () => void } {
    const before = this.out.get(target) ?? 0;
    this.out.set(target, before + 1);
    this.rules.limit?.admit();
    return { trail: this.trail(before > 0), end: () => this.callEnded(target) };
  }

  /** Whether a call of an actor that was made in this turn is under way. */
  get isCalling(): boolean {
    return this.out_ !== undefined && this.out_.size > 0;
  }

  /** Whether this turn is one of several that its caller asked of the actor at once. */
  get isOneOfSeveral(): boolean {
    if (!this.parent) return false;
    const { actorType, actorId } = this.call;
    const out = this.parent.out.get(`${actorType}/${actorId}`) ?? 0;
    return out > 1 || this.origin.isBeside;
  }

  /** Whether a call with these marks was made in this turn, directly or through other actors. */
  isNamedBy(marks: readonly string[]): boolean {
    return this.mark !== undefined && marks.includes(this.mark);
  }

  /** Whether this turn was called in one of those with these marks. */
  comesFrom(marks: readonly string[]): boolean {
    return this.origin.marks.some((mark) => marks.includes(mark));
  }

  /** Whether this turn was called in the other, directly or through other actors. */
  isCalledIn(other: Turn): boolean {
    return other.isNamedBy(this.origin.marks);
  }

  isWithin(other: Turn): boolean {
    return this === other || (this.parent?.isWithin(other) ?? false);
  }

  /** The actor, where no call can enter it before this turn ends. */
  private get held(): string | undefined {
    // Dapr gives timers and reminders no reentrancy id, so nothing that they call can come back.
    const isOpen = this.rules.isReentrant && this.reentrancyId !== undefined;
    const { actorType, actorId } = this.call;
    return isOpen ? undefined : heldActor(actorType, actorId);
  }

  private callEnded(target: string): void {
    const left = (this.out.get(target) ?? 1) - 1;
    if (left > 0) this.out.set(target, left);
    else this.out.delete(target);
  }

  private trail(isBeside: boolean): string | undefined {
    const isLate = this.hasEnded;
    // A call that comes back by Dapr's own id is told apart by its trail, whether or not it is waited for.
    if (isLate && this.reentrancyId === undefined) return undefined;
    this.mark ??= randomBytes(6).toString('base64url');
    const { held, mark } = this;
    const { headers } = this.call;
    return trailText({ headers, mark, held, isBeside, isLate });
  }
}
