import { HttpException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { ActorInvocationError } from '../../errors/actor-invocation.error.js';
import type { RemoteError } from '../../protocol/actor-envelope.js';
import { toJson } from '../../protocol/payload.js';

/** What a caller is told of an error: of its members no more than `status` and `details`. */
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

/** What our proxies are told besides. */
export function remoteErrorForProxy(
  error: unknown,
  withStack: boolean,
): RemoteError {
  const remote = remoteErrorOf(error);
  if (!(error instanceof Error)) return remote;
  const { stack } = error;
  return {
    ...remote,
    ...classesOf(error),
    ...(withStack && stack !== undefined && { stack }),
  };
}

/** Error classes rarely set their own name. */
function nameOf(error: Error): string {
  return error.name !== 'Error' || Object.hasOwn(error, 'name')
    ? error.name
    : error.constructor.name;
}

/** So that a caller who knows a parent of the class, or a class whose errors have another name, knows the error. */
function classesOf(error: Error): { classes?: string[] } {
  const classes: string[] = [];
  for (
    let prototype: object | null = Object.getPrototypeOf(error);
    prototype && prototype !== Error.prototype;
    prototype = Object.getPrototypeOf(prototype)
  )
    classes.push(prototype.constructor.name);
  return classes.some((name) => name !== nameOf(error)) ? { classes } : {};
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
