import {
  forwardRef,
  Inject,
  type FactoryProvider,
  type ForwardReference,
} from '@nestjs/common';
import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import { actorTypeOf, type ActorClass } from '../actor-type.decorator.js';
import type { ActorProxy } from './actor-proxy.js';
import { ActorProxyFactory } from './actor-proxy-factory.js';

/**
 * What names an actor type: the class with `@ActorType`, its type name, or, where two files import each other, a
 * function that gives the class.
 */
export type ActorTypeRef<T = unknown> =
  string | ActorClass<T> | (() => ActorClass<T>);

/**
 * The actors of one type, as `@InjectActors` gives them.
 * @typeParam T the class of the actors, or an interface with their methods
 */
export abstract class Actors<T> {
  /** The actor of an id. Makes no call; the actor comes to life with the first method called. */
  abstract get(id: string): ActorProxy<T>;
}

/** `Actors` of a type that a module has asked for; keeps the class for the checks at start. */
export class FeatureActors<T> extends Actors<T> {
  constructor(
    private readonly factory: ActorProxyFactory,
    readonly actorType: string,
    readonly ref: ActorTypeRef<T>,
  ) {
    super();
  }

  get(id: string): ActorProxy<T> {
    return this.factory.get<T>(this.actorType, id);
  }
}

/** The injection token of a type's actors, for `overrideProvider` and custom providers. */
export function getActorsToken(ref: ActorTypeRef): string {
  return `Actors<${actorTypeName(ref)}>`;
}

/**
 * Injects the {@link Actors} of a type. The module needs `DaprModule.forFeature([...])` with the same type.
 * @param ref the actor class, its type name, or `() => CartActor` where the two files import each other
 */
export function InjectActors(
  ref: ActorTypeRef,
): ParameterDecorator & PropertyDecorator {
  return Inject(laterIfNeeded(ref));
}

/** What `forFeature` registers for a type. */
export function actorsProvider(
  ref: ActorTypeRef,
): FactoryProvider<Actors<unknown>> {
  const actorType = actorTypeName(ref);
  return {
    provide: getActorsToken(actorType),
    useFactory: (factory: ActorProxyFactory) =>
      new FeatureActors(factory, actorType, ref),
    inject: [ActorProxyFactory],
  };
}

/** The class that a reference stands for; undefined for a type name. */
export function actorClassOf(ref: ActorTypeRef): ActorClass | undefined {
  if (typeof ref === 'string') return undefined;
  return isThunk(ref) ? ref() : ref;
}

/** @throws DaprConfigurationError for what names no actor type */
export function actorTypeName(ref: ActorTypeRef): string {
  if (typeof ref === 'string') return ref;
  const target = typeof ref === 'function' ? actorClassOf(ref) : undefined;
  if (!target)
    throw new DaprConfigurationError(
      'An actor type was asked for by a class that is undefined, as happens where two files import each other. ' +
        'Write @InjectActors(() => CartActor), or give the type name.',
    );
  const definition = actorTypeOf(target);
  if (!definition)
    throw new DaprConfigurationError(
      `${target.name} names no actor type: it has no @ActorType. Decorate it, or give the type name as a string.`,
    );
  return definition.name;
}

/** A class that is not decorated yet is one that injects its own actors: decorators of parameters run first. */
function laterIfNeeded(ref: ActorTypeRef): string | ForwardReference {
  if (typeof ref === 'string') return getActorsToken(ref);
  if (typeof ref === 'function' && !isThunk(ref) && actorTypeOf(ref))
    return getActorsToken(ref);
  return forwardRef(() => getActorsToken(ref)) as ForwardReference;
}

/** Arrow functions have no prototype. */
function isThunk(
  ref: ActorClass | (() => ActorClass),
): ref is () => ActorClass {
  return (ref as { prototype?: unknown }).prototype === undefined;
}
