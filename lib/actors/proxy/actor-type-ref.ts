import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import { actorTypeOf, type ActorClass } from '../actor-type.decorator.js';

/**
 * What names an actor type: the class with `@ActorType`, its type name, or, where two files import each other, a
 * function that gives the class.
 */
export type ActorTypeRef<T = unknown> =
  string | ActorClass<T> | (() => ActorClass<T>);

/** The class that a reference stands for; undefined for a type name. */
export function actorClassOf<T>(
  ref: ActorTypeRef<T>,
): ActorClass<T> | undefined {
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

/** Whether a reference can be read only later: a class that injects its own actors is not decorated yet. */
export function isReadLater(ref: ActorTypeRef): boolean {
  if (typeof ref === 'string') return false;
  return typeof ref !== 'function' || isThunk(ref) || !actorTypeOf(ref);
}

/** Arrow functions have no prototype. */
function isThunk<T>(
  ref: ActorClass<T> | (() => ActorClass<T>),
): ref is () => ActorClass<T> {
  return (ref as { prototype?: unknown }).prototype === undefined;
}
