import { HttpException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { ActorInvocationError } from '../../errors/actor-invocation.error.js';
import type { RemoteError } from '../../protocol/actor-envelope.js';
import { toJson } from '../../protocol/payload.js';

/** What a caller is told of an error: never its stack, and of its members no more than `status` and `details`. */
export function remoteErrorOf(error: unknown): RemoteError {
  if (!(error instanceof Error))
    return {
      name: 'Error',
      message: typeof error === 'string' ? error : 'The actor threw no Error',
      ...(typeof error !== 'string' && detailsOf(error)),
    };
  return {
    name: nameOf(error),
    message: error.message,
    ...statusOf(error),
    ...detailsOf(dataOf(error)),
  };
}

/** Error classes rarely set their own name. */
function nameOf(error: Error): string {
  return error.name === 'Error' ? error.constructor.name : error.name;
}

function statusOf(error: Error): { status?: number } {
  const status: unknown =
    error instanceof HttpException
      ? error.getStatus()
      : (error as { status?: unknown }).status;
  return Number.isInteger(status) ? { status: status as number } : {};
}

function dataOf(error: Error): unknown {
  if (error instanceof HttpException) return error.getResponse();
  if (error instanceof ActorInvocationError) return error.data;
  if (error instanceof RpcException) return error.getError();
  return (error as { details?: unknown }).details;
}

/** Details that JSON can't carry are left out: the error itself matters more. */
function detailsOf(details: unknown): { details?: unknown } {
  if (details === undefined) return {};
  try {
    toJson(details);
    return { details };
  } catch {
    return {};
  }
}
