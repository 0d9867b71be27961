import { headerOf, Headers } from '../protocol/headers.js';
import { DaprContext, type DaprCall } from './dapr.context.js';

export interface ActorCallDetails extends DaprCall {
  readonly kind: 'method' | 'timer' | 'reminder';
  readonly actorType: string;
  readonly actorId: string;
  readonly name: string;
}

/** A call of an actor: a method, a timer or a reminder. */
export class ActorContext extends DaprContext<ActorCallDetails> {
  constructor(
    call: ActorCallDetails,
    private readonly turn: { readonly signal: AbortSignal } = call,
  ) {
    super(call);
  }

  /**
   * Aborts when the turn is of no use any more: its caller gave up or closed its connection, Dapr deactivated the actor
   * meanwhile, a new sidecar took over; and when the app shuts down and the turn has had its `drainOngoingCallTimeout`.
   * A turn that does not look at it goes on to its end, and stores what it changed unless the actor was deactivated.
   */
  override get signal(): AbortSignal {
    return this.turn.signal;
  }

  get kind(): 'method' | 'timer' | 'reminder' {
    return this.call.kind;
  }

  get actorType(): string {
    return this.call.actorType;
  }

  get actorId(): string {
    return this.call.actorId;
  }

  /** Name of the method, timer or reminder. */
  get name(): string {
    return this.call.name;
  }

  /** Dapr's id of the call chain, where reentrancy is on. */
  get reentrancyId(): string | undefined {
    return headerOf(this.headers, Headers.reentrancyId);
  }

  /** App id of the caller as it states it. Can be forged; never decide access by it. */
  get callerAppId(): string | undefined {
    return headerOf(this.headers, Headers.callerAppId);
  }
}
