import { Scope, type Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { Actor } from '../actor.js';
import { actorBaseOf } from '../actor-base.js';
import { scheduleHandlersOf } from '../actor-callbacks.decorator.js';
import {
  actorTypeOf,
  type ActorTypeDefinition,
} from '../actor-type.decorator.js';
import { isDaprName } from './dapr-name.js';
import type { NestModule, ProviderWrapper } from './nest-modules.js';

/** An actor class among the providers of a module. */
export interface FoundActor {
  readonly target: Type<Actor>;
  readonly definition: ActorTypeDefinition;
  readonly module: NestModule;
  readonly wrapper: ProviderWrapper;
}

/** The actor classes of an app, one per type; `complain` is told what is wrong with the others. */
export function findActorClasses(
  modules: ModulesContainer,
  complain: (problem: string) => void,
): FoundActor[] {
  const byType = new Map<string, FoundActor>();
  for (const module of modules.values()) {
    for (const wrapper of module.controllers.values())
      complainOf(controllerProblem(wrapper, module), complain);
    for (const wrapper of module.providers.values()) {
      const problem = providerProblem(wrapper, module);
      complainOf(problem, complain);
      const found = problem ? undefined : actorOf(wrapper, module);
      if (!found) continue;
      const other = byType.get(found.definition.name);
      if (other) complain(twice(found, other));
      else byType.set(found.definition.name, found);
    }
  }
  return [...byType.values()];
}

function complainOf(
  problem: string | undefined,
  complain: (problem: string) => void,
): void {
  if (problem) complain(problem);
}

function actorOf(
  wrapper: ProviderWrapper,
  module: NestModule,
): FoundActor | undefined {
  const target = classOf(wrapper);
  const definition = target && definitionOf(wrapper, target);
  return definition && isActor(target)
    ? { target, definition, module, wrapper }
    : undefined;
}

/** A class that takes another's place, as in a spec, takes its type as well. */
function definitionOf(
  { token }: ProviderWrapper,
  target: Type,
): ActorTypeDefinition | undefined {
  return (
    actorTypeOf(target) ??
    (typeof token === 'function' ? actorTypeOf(token) : undefined)
  );
}

function controllerProblem(
  { metatype }: { readonly metatype: unknown },
  module: NestModule,
): string | undefined {
  const target = metatype as Type;
  if (isActor(target) || actorTypeOf(target))
    return `${target.name} is an actor, but stands among the controllers of ${module.name}. Move it to the providers.`;
  return handlerProblem(target);
}

function providerProblem(
  wrapper: ProviderWrapper,
  module: NestModule,
): string | undefined {
  const target = classOf(wrapper);
  if (!target) return sourceProblem(wrapper, module);
  const definition = definitionOf(wrapper, target);
  if (!isActor(target))
    return definition
      ? `${target.name} has @ActorType, but does not extend Actor, so ${module.name} can't host it. Let it extend Actor, or take it out of the providers.`
      : handlerProblem(target);
  if (!definition)
    return `${target.name} extends Actor and stands among the providers of ${module.name}, but has no actor type. Add @ActorType('…') to it.`;
  if (definition.options.remote)
    return `@ActorType("${definition.name}") says that ${target.name} is remote, yet ${module.name} provides it. Remove one of the two.`;
  if (wrapper.scope !== Scope.TRANSIENT)
    return `${target.name} would be one instance for all ids: its @Injectable() takes the scope of actors away. Remove @Injectable(); @ActorType('${definition.name}') does what it is for.`;
  return (
    dependencyProblem(target, definition) ??
    nameProblem(definition.name, target)
  );
}

/** Nest knows a constructor by what TypeScript emits for a class with a decorator, or by `@Inject()`. */
function dependencyProblem(
  target: Type,
  { name }: ActorTypeDefinition,
): string | undefined {
  const isKnown = ['design:paramtypes', 'self:paramtypes'].some((key) =>
    Reflect.hasOwnMetadata(key, target),
  );
  const inherited = Reflect.getMetadata('design:paramtypes', target) as
    readonly unknown[] | undefined;
  const told = inherited?.length ?? 0;
  return isKnown || target.length <= told
    ? undefined
    : `The constructor of ${target.name} asks for ${target.length} things, but Nest knows of ${told}. Write @ActorType('${name}') on the class, and compile with emitDecoratorMetadata or put @Inject() before each.`;
}

/** An actor class that is provided as something else than a class. */
function sourceProblem(
  { token }: ProviderWrapper,
  module: NestModule,
): string | undefined {
  return isActor(token) && actorTypeOf(token)
    ? `${token.name} must be provided as a class, since each actor id gets an instance of its own; ${module.name} provides a value, a factory or an alias.`
    : undefined;
}

function nameProblem(
  name: string,
  { name: className }: Type,
): string | undefined {
  if (!isDaprName(name))
    return `@ActorType("${name}") of ${className}: Dapr takes no type that is empty, a dot or two, or has one of # ? \\ / in it.`;
  if (name.startsWith('dapr.internal.'))
    return `@ActorType("${name}") of ${className}: types that begin with "dapr.internal." are Dapr's own.`;
  return undefined;
}

function handlerProblem(target: unknown): string | undefined {
  if (typeof target !== 'function') return undefined;
  const [handler] = scheduleHandlersOf(target);
  return handler
    ? `${target.name}.${handler.method} takes the ${handler.kind} "${handler.name}", but ${target.name} is no actor. Let it extend Actor, or remove the decorator.`
    : undefined;
}

function twice(one: FoundActor, other: FoundActor): string {
  const { name } = one.definition;
  return one.target === other.target
    ? `${one.target.name} is provided by ${other.module.name} and by ${one.module.name}. Provide it in one module.`
    : `${other.target.name} and ${one.target.name} both are the actor type "${name}". One of them must get another name.`;
}

function classOf(wrapper: ProviderWrapper): Type | undefined {
  return wrapper.isNotMetatype || wrapper.isAlias
    ? undefined
    : ((wrapper.metatype ?? undefined) as Type | undefined);
}

function isActor(target: unknown): target is Type<Actor> {
  return typeof target === 'function' && actorBaseOf(target) !== undefined;
}
