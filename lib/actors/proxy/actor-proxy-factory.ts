import type { ClientActor } from '../../client/actor.js';
import type { CallOptions } from '../../client/call-options.js';
import {
  encodeArguments,
  type BareArray,
  type EncodedArguments,
} from '../../protocol/actor-arguments.js';
import { ENVELOPE_VERSION } from '../../protocol/actor-envelope.js';
import { Headers } from '../../protocol/headers.js';
import { actorTypeOf, type ActorClass } from '../actor-type.decorator.js';
import type { ActorsOptions } from '../actors.options.js';
import type { ActorProxy } from './actor-proxy.js';
import { actorTypeName } from './actor-type-ref.js';
import {
  errorRestorer,
  type RemoteErrorClass,
  type RemoteErrorRule,
  type RestoreError,
} from './error-classes.js';
import { remoteActor } from './remote-actor.js';
import { hostError, invocationError, outcomeOf } from './remote-answer.js';

/** How the calls of a proxy are made. */
export interface ActorProxyOptions
  extends CallOptions, Pick<ActorsOptions, 'arguments'> {}

export interface ActorProxyFactoryDependencies {
  /** Asked at each call. */
  readonly client: () => ClientActor;
  /** What actors throw that proxies throw again as it was; any other becomes an `ActorInvocationError`. */
  readonly errors?: readonly (RemoteErrorClass | RemoteErrorRule)[] | undefined;
  /** What a bare array means to actors whose class does not say. Default `single`. */
  readonly arguments?: BareArray | undefined;
}

/**
 * Gives the actors of any type, without `forFeature`.
 * @see https://docs.dapr.io/reference/api/actors_api/#invoke-actor-method
 */
export class ActorProxyFactory {
  private readonly restore: RestoreError;

  constructor(private readonly dependencies: ActorProxyFactoryDependencies) {
    this.restore = errorRestorer(dependencies.errors ?? []);
  }

  /**
   * The actor of a type and id. Makes no call; the actor comes to life with the first method called.
   *
   * Its methods reject with an `ActorInvocationError` for what the actor threw or where its turn failed, and with
   * another `DaprError` where the sidecar could not be asked: a `DaprBadRequestError` for a call that, made within a
   * turn and waited for, would wait for itself, since the actor that it calls can't be entered before that turn ends.
   *
   * @typeParam T the class of the actor, or an interface with its methods
   * @param type the class with `@ActorType`, or the type name
   * @param options `signal` and `timeout` (ms) of the calls made with this proxy: a call that is given up also aborts
   * the signal of the turn that it began; `arguments: 'spread'` for an actor of `@dapr/dapr`, which takes a single
   * argument in a list only. Default: what `@ActorType` says of the class, else the `actors` options of the module
   */
  get<T>(
    type: string | ActorClass<T>,
    id: string,
    options: ActorProxyOptions = {},
  ): ActorProxy<T> {
    const actorType = actorTypeName(type);
    const { arguments: bare = this.bareArrayOf(type), ...callOptions } =
      options;
    return remoteActor(actorType, id, async (method, args) =>
      this.call(
        actorType,
        id,
        method,
        encodeArguments(args, bare),
        callOptions,
      ),
    ) as ActorProxy<T>;
  }

  private async call(
    actorType: string,
    actorId: string,
    method: string,
    { body, headers }: EncodedArguments,
    options: CallOptions,
  ): Promise<unknown> {
    const operation = `actor ${actorType}/${actorId}.${method}`;
    const answer = await this.dependencies
      .client()
      .request({
        ...options,
        actorType,
        actorId,
        method,
        headers: {
          ...headers,
          [Headers.envelope]: `${ENVELOPE_VERSION}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body }),
      })
      .catch((error: unknown) => {
        throw hostError(operation, error);
      });
    const outcome = outcomeOf(answer);
    if (!('error' in outcome)) return outcome.result;
    const error = invocationError(operation, outcome.error);
    throw this.restore(outcome.error, error) ?? error;
  }

  private bareArrayOf(type: string | ActorClass): BareArray | undefined {
    const own = typeof type === 'string' ? undefined : actorTypeOf(type);
    return own?.options.arguments ?? this.dependencies.arguments;
  }
}
