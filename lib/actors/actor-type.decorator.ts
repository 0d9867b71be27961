import { Injectable, Scope } from '@nestjs/common';
import { given } from '../protocol/given.js';
import { actorBaseOf } from './actor-base.js';
import type { ActorTypeOptions } from './actors.options.js';

/** What `@ActorType` says of a class. */
export interface ActorTypeDefinition {
  readonly name: string;
  readonly options: ActorTypeOptions;
}

/** A class, abstract or not. */
export type ActorClass<T = unknown> = abstract new (...args: never[]) => T;

const DEFINITION = Symbol('nestjs-dapr:actor-type');

/**
 * Gives a class its actor type. A class that extends `Actor` and stands among a module's providers is hosted by this
 * app; any other only names actors that somebody hosts, for `forFeature` and `@InjectActors`.
 *
 * @param name the type as Dapr and the callers know it; it stays when the class is renamed or minified
 * @see https://docs.dapr.io/developing-applications/building-blocks/actors/actors-overview/
 */
export function ActorType(
  name: string,
  options: ActorTypeOptions = {},
): ClassDecorator {
  const definition: ActorTypeDefinition = { name, options: given(options) };
  const injectable = Injectable({ scope: Scope.TRANSIENT });
  return (target) => {
    Reflect.defineMetadata(DEFINITION, definition, target);
    injectable(target);
  };
}

/**
 * What the class's own `@ActorType` says, completed by what its base implies; a subclass does not inherit its parent's
 * type.
 */
export function actorTypeOf(target: {
  readonly name: string;
}): ActorTypeDefinition | undefined {
  const own = Reflect.getOwnMetadata(DEFINITION, target) as
    ActorTypeDefinition | undefined;
  const implied = actorBaseOf(target)?.implied;
  return implied
    ? {
        name: own?.name ?? target.name,
        options: { ...implied, ...own?.options },
      }
    : own;
}
