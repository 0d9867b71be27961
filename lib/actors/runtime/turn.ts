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
  /** Calls of actors under way, by `Type/id`. */
  private out_: Map<string, number> | undefined;

  constructor(
    private readonly call: ActorCall,
    readonly parent: Turn | undefined,
  ) {
    Object.assign(this, traceScope(call.headers));
    const reentrancyId = headerOf(call.headers, Headers.reentrancyId);
    if (reentrancyId !== undefined) this.reentrancyId = reentrancyId;
  }

  private get out(): Map<string, number> {
    return (this.out_ ??= new Map());
  }

  /** A trail of the turns that a call is made in, outermost first: see {@link trailOf}. */
  get turns(): string | undefined {
    return this.trail('');
  }

  /**
   * A call of an actor is made in this turn, by a proxy. Tells the trail that goes with it, which also says whether the
   * same actor is being called already; `end` is due when the call has ended.
   */
  callOut(target: string): { trail: string | undefined; end: () => void } {
    const before = this.out.get(target) ?? 0;
    this.out.set(target, before + 1);
    return {
      trail: this.trail(before > 0 ? BESIDE : ''),
      end: () => this.out.set(target, (this.out.get(target) ?? 1) - 1),
    };
  }

  /** Whether this turn is one of several that its caller asked of the actor at once. */
  get isOneOfSeveral(): boolean {
    if (!this.parent) return false;
    const { actorType, actorId } = this.call;
    const out = this.parent.out.get(`${actorType}/${actorId}`) ?? 0;
    return out > 1 || trailOf(this.call).isBeside;
  }

  /** Whether a call with these marks was made in this turn, directly or through other actors. */
  isNamedBy(marks: readonly string[]): boolean {
    return this.mark !== undefined && marks.includes(this.mark);
  }

  isWithin(other: Turn): boolean {
    return this === other || (this.parent?.isWithin(other) ?? false);
  }

  private trail(suffix: string): string | undefined {
    if (this.reentrancyId === undefined) return undefined;
    this.mark ??= randomBytes(6).toString('base64url');
    return [...trailOf(this.call).marks, this.mark].join() + suffix;
  }
}

// No part of base64url.
const BESIDE = '+';

/**
 * In which turns a call was made. The reentrancy id names its chain alone: two calls made at once, and one made within
 * the other, would look the same.
 */
export function trailOf({ headers }: ActorCall): {
  marks: readonly string[];
  isBeside: boolean;
} {
  const trail = headerOf(headers, Headers.actorTurns) ?? '';
  const isBeside = trail.endsWith(BESIDE);
  const marks = isBeside ? trail.slice(0, -BESIDE.length) : trail;
  return { marks: marks === '' ? [] : marks.split(','), isBeside };
}
