import { HttpException, Logger } from '@nestjs/common';
import type { ActorCall, ActorReply } from './actor-call.js';
import { hostReply } from './reply.js';
import type { ActorSlot } from './slot.js';

/** What the log is told of actors. Never an argument, a result or a piece of state. */
export class ActorLog {
  private readonly logger = new Logger('ActorRuntime');

  /** A method threw. An HttpException is an answer: it is told where nobody reads the answer. */
  threw({ kind, name, actorType, actorId }: ActorCall, error: unknown): void {
    const what = `${kind} "${name}" of actor ${actorType}/${actorId} failed: ${messageOf(error)}`;
    if (!(error instanceof HttpException))
      this.logger.error(what, stackOf(error));
    else if (kind !== 'method') this.logger.warn(what);
  }

  /** The host failed the call; gives the answer. */
  failed({ type, id }: ActorSlot, what: string, error: unknown): ActorReply {
    const message = `Actor ${type.name}/${id} ${what}: ${messageOf(error)}`;
    this.logger.error(message, stackOf(error));
    return hostReply(500, message);
  }

  /** The call could not be stored for a reason that is not its own; gives the answer. */
  doomed({ type, id }: ActorSlot, reason: Error): ActorReply {
    const message = `Actor ${type.name}/${id} stored nothing: ${reason.message}`;
    this.logger.warn(message);
    return hostReply(500, message);
  }

  /** A timer or reminder that nothing takes. */
  unhandled(problem: string): void {
    this.logger.warn(problem);
  }

  /** Something went on all the same. */
  unexpected(what: string, error: unknown): void {
    this.logger.error(what, stackOf(error) ?? error);
  }
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  // Not every object can be made text of, and what one holds may be a payload.
  return typeof error === 'string' ? error : 'what was thrown is no Error';
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
