import type { HeaderBag } from '../../protocol/headers.js';

/** A call of an actor as it came over the wire, whatever the wire. */
export interface ActorCall {
  readonly kind: 'method' | 'timer' | 'reminder';
  readonly actorType: string;
  readonly actorId: string;
  /** Of the method, timer or reminder. */
  readonly name: string;
  readonly body: Buffer;
  /** Header names in lower case. */
  readonly headers: HeaderBag;
  /** Without the question mark; '' where there is none. */
  readonly query: string;
  /** Aborts when the caller closes its connection. */
  readonly signal: AbortSignal;
  /** It came when the app took no new calls any more: only what the app itself still waits for is run. */
  readonly isLate?: boolean;
}

/** What the caller is answered. daprd takes 200 alone for success, and 404 for an unknown method. */
export interface ActorReply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
}
