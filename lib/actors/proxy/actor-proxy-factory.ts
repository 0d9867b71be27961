import type { ClientActor } from '../../client/actor.js';
import type { CallOptions } from '../../client/call-options.js';
import type { CurrentCall } from '../../contexts/current-call.js';
import type { RemoteError } from '../../protocol/actor-envelope.js';
import type { ActorClass } from '../actor-type.decorator.js';
import type { ActorProxy } from './actor-proxy.js';

/** Makes the error that a proxy throws for an actor's error of some name. */
export type RemoteErrorFactory = (error: RemoteError) => Error;

export interface ActorProxyFactoryDependencies {
  /** Asked at each call. */
  readonly client: () => ClientActor;
  /** Tells in which turn of an actor a call is made. */
  readonly currentCall?: CurrentCall;
  /** By the name of the error the actor threw; any other becomes an `ActorInvocationError`. */
  readonly errors?: Readonly<Record<string, RemoteErrorFactory>>;
}

/** Gives the actors of any type, without `forFeature`. */
export class ActorProxyFactory {
  constructor(private readonly dependencies: ActorProxyFactoryDependencies) {}

  /**
   * The actor of a type and id. Makes no call; the actor comes to life with the first method called.
   * @param type the class with `@ActorType`, or the type name
   * @param options `signal` and `timeout` (ms) of the calls made with this proxy
   */
  get<T>(
    type: string | ActorClass<T>,
    id: string,
    options?: CallOptions,
  ): ActorProxy<T> {
    void [type, id, options, this.dependencies];
    throw new Error('not built yet');
  }
}
