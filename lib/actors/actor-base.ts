import 'reflect-metadata';
import type { ActorTypeOptions } from './actors.options.js';

/** A class that actor classes extend. */
export interface ActorBase {
  /** What it has itself can't be called from outside. */
  readonly target: { readonly prototype: object };
  /** Makes a class without `@ActorType` an actor type of the class's own name, with these options. */
  readonly implied: ActorTypeOptions | undefined;
}

const BASE = Symbol('nestjs-dapr:actor-base');

/** Lets Dapr's actors extend a class. There is more than `Actor`, so that code of other SDKs can keep its own. */
export function ActorBase(implied?: ActorTypeOptions): ClassDecorator {
  return (target) => {
    const base: ActorBase = { target, implied };
    Reflect.defineMetadata(BASE, base, target);
  };
}

/** The base that an actor class extends; undefined for a class that is no actor, and for a base itself. */
export function actorBaseOf(target: object): ActorBase | undefined {
  const base = Reflect.getMetadata(BASE, target) as ActorBase | undefined;
  return base?.target === target ? undefined : base;
}
