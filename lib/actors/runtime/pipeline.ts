import type { ExecutionContext, PipeTransform, Type } from '@nestjs/common';
import {
  ApplicationConfig,
  ExternalContextCreator,
  type ModuleRef,
  type NestContainer,
} from '@nestjs/core';
import { isObservable, lastValueFrom, type Observable } from 'rxjs';
import type { Actor } from '../actor.js';
import { PARAMETERS } from './enhancers.js';
import type { ActorMethod, Invocation } from './hosted-type.js';

/** A decorated parameter, as Nest hands it to the function that applies the pipes. */
type Parameter = Parameters<ExternalContextCreator['createPipesFn']>[1][number];

// RpcParamtype.CONTEXT of @nestjs/microservices: what @Ctx() leaves.
const CONTEXT = 6;

/**
 * Puts actor methods behind Nest's guards, interceptors, pipes and filters: one pipeline per class and method, which
 * all actors of the type share. (One per instance would take 8 KB each.)
 */
export class Pipeline {
  private readonly creator: ExternalContextCreator;

  constructor(moduleRef: ModuleRef, config: ApplicationConfig) {
    const container = moduleRef['container'];
    this.creator = ExternalContextCreator.fromContainer(
      withConfig(container, config),
    );
    this.creator.createPipesFn = (pipes, parameters) =>
      argumentsFiller(this.creator, pipes, parameters);
    this.creator.transformToResult = async (result: unknown) =>
      isObservable(result) ? lastOf(result) : result;
  }

  /** @param hostId of the provider that the class is, to find the enhancers of its module */
  build(target: Type<Actor>, method: string, hostId: string): ActorMethod {
    const original = target.prototype[method as keyof Actor] as object;
    const callback = callbackOf(method);
    // Guards and interceptors read what decorators left on the handler.
    for (const key of Reflect.getMetadataKeys(original) as string[])
      Reflect.defineMetadata(key, Reflect.getMetadata(key, original), callback);
    const run = this.creator.create(
      Object.create(target.prototype as object) as Record<string, unknown>,
      callback,
      method,
      PARAMETERS,
      { exchangeKeyForValue: () => undefined },
      undefined,
      hostId,
      undefined,
      'rpc',
    );
    return async (invocation) => {
      const { args, context } = invocation;
      const data: unknown = args.length > 1 ? args : args[0];
      const result: unknown = await run(data, context, invocation);
      // Filters written for microservices answer with an Observable.
      return isObservable(result) ? lastOf(result) : result;
    };
  }
}

/** The run of a method that a guard, interceptor, pipe or filter is in. */
export function invocationOf(context: ExecutionContext): Invocation {
  return context.getArgs<unknown[]>().at(-1) as Invocation;
}

/** The container, but for the global enhancers: those of the app are not meant for actors unless it says so. */
function withConfig(
  container: NestContainer,
  config: ApplicationConfig,
): NestContainer {
  return Object.create(container, {
    applicationConfig: { value: config },
  }) as NestContainer;
}

/**
 * What Nest takes for the handler. It comes last in the pipeline and passes the call on to the instance that is meant,
 * which the last thing it is given tells.
 */
function callbackOf(method: string): (...input: unknown[]) => unknown {
  const callback = async (...input: unknown[]): Promise<unknown> => {
    const { actor, args, takeBack } = input.at(-1) as Invocation;
    const methods = actor as unknown as Record<
      string,
      (...args: readonly unknown[]) => unknown
    >;
    try {
      const result = await methods[method]!(...args);
      return isObservable(result) ? await lastOf(result) : result;
    } catch (error) {
      takeBack();
      throw error;
    }
  };
  return Object.defineProperty(callback, 'name', { value: method });
}

/** Fills the parameters of a method that has decorators on some; `@Ctx()` and custom decorators take no argument. */
function argumentsFiller(
  creator: ExternalContextCreator,
  pipes: PipeTransform[],
  parameters: readonly Parameter[],
): ReturnType<ExternalContextCreator['createPipesFn']> {
  if (parameters.length === 0) return null;
  const last = Math.max(...parameters.map(({ index }) => index));
  const byIndex = Array.from({ length: last + 1 }, (_, index) =>
    parameters.find((parameter) => parameter.index === index),
  );
  return async (slots, ...input) => {
    const [, context, invocation] = input as [unknown, unknown, Invocation];
    const rest = [...invocation.args];
    const fill = (parameter: Parameter | undefined): unknown => {
      if (!parameter) return rest.shift();
      if (parameter.type === CONTEXT) return context;
      const value =
        typeof parameter.type === 'string'
          ? (parameter.extractValue as (...input: unknown[]) => unknown)(
              ...input,
            )
          : picked(rest.shift(), invocation.args[0], parameter.data);
      const { metatype, type, data, schema } = parameter;
      return creator.getParamValue(
        value,
        { metatype, type, data, schema } as never,
        pipes.concat(parameter.pipes),
      );
    };
    const filled = await Promise.all(byIndex.map(fill));
    const args = [...filled, ...rest];
    slots.splice(0, slots.length, { ...invocation, args });
  };
}

/** `@Payload('sku')` is a member of the first argument, as it is of the payload everywhere in Nest. */
function picked(argument: unknown, first: unknown, member: unknown): unknown {
  return typeof member === 'string'
    ? (first as Record<string, unknown> | null | undefined)?.[member]
    : argument;
}

/** Nest's own rejects for an Observable without a value. */
const lastOf = (result: Observable<unknown>): Promise<unknown> =>
  lastValueFrom(result, { defaultValue: undefined });
