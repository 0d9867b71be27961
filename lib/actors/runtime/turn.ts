import { randomBytes } from 'node:crypto';
import type { CallScope } from '../../contexts/current-call.js';
import { traceScope } from '../../contexts/trace-scope.js';
import { headerOf, Headers } from '../../protocol/headers.js';
import type { ActorCall } from './actor-call.js';
import type { Savepoint } from './state.js';

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

  constructor(
    private readonly call: ActorCall,
    readonly parent: Turn | undefined,
  ) {
    Object.assign(this, traceScope(call.headers));
    const reentrancyId = headerOf(call.headers, Headers.reentrancyId);
    if (reentrancyId !== undefined) this.reentrancyId = reentrancyId;
  }

  /**
   * The reentrancy id names the chain, but not the turn in which a call was made. Two calls made at once and one made
   * within the other look the same without this.
   */
  get turns(): string | undefined {
    if (this.reentrancyId === undefined) return undefined;
    this.mark ??= randomBytes(6).toString('base64url');
    const before = headerOf(this.call.headers, Headers.actorTurns);
    return before === undefined ? this.mark : `${before},${this.mark}`;
  }

  /** Whether this turn made `call`, itself or through other actors. */
  isNamedBy(marks: readonly string[]): boolean {
    return this.mark !== undefined && marks.includes(this.mark);
  }

  isWithin(other: Turn): boolean {
    return this === other || (this.parent?.isWithin(other) ?? false);
  }
}
