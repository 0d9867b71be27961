import {
  forwardRef,
  Inject,
  type FactoryProvider,
  type ForwardReference,
} from '@nestjs/common';
import type { ActorClass } from '../actor-type.decorator.js';
import type { ActorProxy } from './actor-proxy.js';
import {
  ActorProxyFactory,
  type ActorProxyOptions,
} from './actor-proxy-factory.js';
import {
  actorClassOf,
  actorTypeName,
  isReadLater,
  type ActorTypeRef,
} from './actor-type-ref.js';

export type { ActorTypeRef };

/**
 * The actors of one type, as `@InjectActors` gives them.
 * @typeParam T the class of the actors, or an interface with their methods
 */
export abstract class Actors<T> {
  /**
   * The actor of an id. Makes no call; the actor comes to life with the first method called.
   * @param options `signal` and `timeout` (ms) of the calls made with this proxy, as in `ActorProxyFactory.get`
   */
  abstract get(id: string, options?: ActorProxyOptions): ActorProxy<T>;
}

/** `Actors` of a type that a module has asked for; keeps the class for the checks at start. */
export class FeatureActors<T> extends Actors<T> {
  private readonly type: string | ActorClass<T>;

  constructor(
    private readonly factory: ActorProxyFactory,
    readonly actorType: string,
    readonly ref: ActorTypeRef<T>,
  ) {
    super();
    this.type = actorClassOf(ref) ?? actorType;
  }

  get(id: string, options?: ActorProxyOptions): ActorProxy<T> {
    return this.factory.get<T>(this.type, id, options);
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
  return Inject(
    isReadLater(ref)
      ? (forwardRef(() => getActorsToken(ref)) as ForwardReference<string>)
      : getActorsToken(ref),
  );
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
