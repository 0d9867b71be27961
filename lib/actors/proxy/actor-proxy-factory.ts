import type { ClientActor } from '../../client/actor.js';
import type { CallOptions } from '../../client/call-options.js';
import type { CurrentCall } from '../../contexts/current-call.js';
import {
  encodeArguments,
  type BareArray,
  type EncodedArguments,
} from '../../protocol/actor-arguments.js';
import {
  ENVELOPE_VERSION,
  type RemoteError,
} from '../../protocol/actor-envelope.js';
import { Headers } from '../../protocol/headers.js';
import { actorTypeOf, type ActorClass } from '../actor-type.decorator.js';
import type { ActorsOptions } from '../actors.options.js';
import type { ActorProxy } from './actor-proxy.js';
import { Turn } from '../runtime/turn.js';
import { actorTypeName } from './actor-type-ref.js';
import { remoteActor } from './remote-actor.js';
import { hostError, invocationError, outcomeOf } from './remote-answer.js';

/** Makes the error that a proxy throws for an actor's error of some name. */
export type RemoteErrorFactory = (error: RemoteError) => Error;

type ActorProxyOptions = CallOptions & Pick<ActorsOptions, 'arguments'>;

export interface ActorProxyFactoryDependencies {
  /** Asked at each call. */
  readonly client: () => ClientActor;
  /** Tells in which turn of an actor a call is made. */
  readonly currentCall?: CurrentCall;
  /** By the name of the error the actor threw; any other becomes an `ActorInvocationError`. */
  readonly errors?: Readonly<Record<string, RemoteErrorFactory>>;
}

/**
 * Gives the actors of any type, without `forFeature`.
 * @see https://docs.dapr.io/reference/api/actors_api/#invoke-actor-method
 */
export class ActorProxyFactory {
  constructor(private readonly dependencies: ActorProxyFactoryDependencies) {}

  /**
   * The actor of a type and id. Makes no call; the actor comes to life with the first method called.
   *
   * Its methods reject with an `ActorInvocationError` for what the actor threw or where its turn failed, and with
   * another `DaprError` where the sidecar could not be asked.
   *
   * @typeParam T the class of the actor, or an interface with its methods
   * @param type the class with `@ActorType`, or the type name
   * @param options `signal` and `timeout` (ms) of the calls made with this proxy; `arguments: 'spread'` for an actor of
   * `@dapr/dapr`, which takes a single argument in a list only. Default: what `@ActorType` says of the class
   */
  get<T>(
    type: string | ActorClass<T>,
    id: string,
    options: ActorProxyOptions = {},
  ): ActorProxy<T> {
    const actorType = actorTypeName(type);
    const { arguments: bare = bareArrayOf(type), ...callOptions } = options;
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
    const { client, currentCall, errors } = this.dependencies;
    const scope = currentCall?.get();
    const out =
      scope instanceof Turn
        ? scope.callOut(`${actorType}/${actorId}`)
        : undefined;
    const answer = await client()
      .request({
        ...options,
        actorType,
        actorId,
        method,
        headers: {
          ...headers,
          [Headers.envelope]: `${ENVELOPE_VERSION}`,
          ...(out?.trail !== undefined && { [Headers.actorTurns]: out.trail }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body }),
      })
      .catch((error: unknown) => {
        throw hostError(operation, error);
      })
      .finally(out?.end);
    const outcome = outcomeOf(answer);
    if (!('error' in outcome)) return outcome.result;
    const { error } = outcome;
    throw errors && Object.hasOwn(errors, error.name)
      ? errors[error.name]!(error)
      : invocationError(operation, error);
  }
}

function bareArrayOf(type: string | ActorClass): BareArray | undefined {
  return typeof type === 'string'
    ? undefined
    : actorTypeOf(type)?.options.arguments;
}
