import { HttpException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { DropMessageException } from '../handlers/drop-message.exception.js';
import type { TopicEventStatus } from '../protocol/topic-status.js';

/** How a handler ended. */
export type Outcome =
  | { readonly status: 'SUCCESS'; readonly value?: unknown }
  | { readonly status: 'RETRY' | 'DROP'; readonly error: unknown };

// What a pipe or schema answers to a payload it can't take. A 401, 403 or 404 may come from anything deeper down.
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 415, 422]);

// Nest's own words for a guard that returned false (core/guards/constants.js); they carry no type of their own.
const GUARD_SAID_NO = 'Forbidden resource';

/** Whether an error means that the message is refused for good, or may be tried again. */
export function outcomeOf(
  error: unknown,
): Exclude<TopicEventStatus, 'SUCCESS'> {
  return error instanceof DropMessageException || isRefusal(error)
    ? 'DROP'
    : 'RETRY';
}

/** A guard, pipe or schema does not let the payload through. */
export function isRefusal(error: unknown): boolean {
  return error instanceof HttpException
    ? REFUSALS.has(error.getStatus())
    : isGuardRefusal(error);
}

/** A guard returned false. */
function isGuardRefusal(error: unknown): boolean {
  return error instanceof RpcException && error.getError() === GUARD_SAID_NO;
}

/** The HTTP status that an error stands for, where the caller is told one. */
export function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  return isGuardRefusal(error) ? 403 : 500;
}
