import type { ActorId } from '../actors/actor-id.js';
import {
  actorTypeOf,
  type ActorClass,
} from '../actors/actor-type.decorator.js';
import { ActorProxyFactory } from '../actors/proxy/actor-proxy-factory.js';
import type { CommunicationProtocolEnum } from '../client/communication-protocol.js';
import { DaprClient } from '../client/dapr-client.js';
import type { DaprClientOptions } from '../client/options.js';

/**
 * Gives the actors of one type, by the SDK's names. In a Nest app, `@InjectActors` does the same.
 * @typeParam T the class of the actors, or an interface with their methods
 */
export class ActorProxyBuilder<T> {
  readonly #get: (id: string) => unknown;

  /** @param actorTypeClass its `@ActorType`, or else its name, is the actor type */
  constructor(actorTypeClass: ActorClass<T>, daprClient: DaprClient);
  /** With a client of its own, which nobody can stop: better give it one. */
  constructor(
    actorTypeClass: ActorClass<T>,
    host: string,
    port: string,
    communicationProtocol?: CommunicationProtocolEnum,
    clientOptions?: DaprClientOptions,
  );
  constructor(
    actorTypeClass: ActorClass<T>,
    first: DaprClient | string,
    daprPort?: string,
    communicationProtocol?: CommunicationProtocolEnum,
    clientOptions?: DaprClientOptions,
  ) {
    const client =
      typeof first === 'string'
        ? new DaprClient({
            ...clientOptions,
            daprHost: first,
            daprPort,
            communicationProtocol,
          })
        : first;
    const factory = new ActorProxyFactory({ client: () => client.actor });
    this.#get = (id) =>
      actorTypeOf(actorTypeClass)
        ? factory.get(actorTypeClass, id)
        : factory.get(actorTypeClass.name, id, { arguments: 'spread' });
  }

  /** The actor of an id. Makes no call; the actor comes to life with the first method called. */
  build(actorId: ActorId): T {
    return this.#get(actorId.getId()) as T;
  }
}
