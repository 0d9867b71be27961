import { Scope, type FactoryProvider } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { randomUUID } from 'node:crypto';
import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';

/** Names one actor of a type; as a parameter of an actor's constructor, that actor. */
export class ActorId {
  /** @throws DaprBadRequestError for an empty id */
  constructor(private readonly id: string) {
    if (!id)
      throw new DaprBadRequestError('An actor id must not be empty.', {
        operation: 'new ActorId',
      });
  }

  static createRandomId(): ActorId {
    return new ActorId(randomUUID());
  }

  getId(): string {
    return this.id;
  }

  getURLSafeId(): string {
    return encodeURIComponent(this.id);
  }

  toString(): string {
    return this.id;
  }
}

/** Gives the constructor of an actor, and what it depends on, the id that the instance is made for. */
export const actorIdProvider: FactoryProvider<ActorId> = {
  provide: ActorId,
  scope: Scope.REQUEST,
  inject: [REQUEST],
  useFactory: ({ actorId }: { readonly actorId?: string }) => {
    if (actorId !== undefined) return new ActorId(actorId);
    throw new Error(
      'An ActorId was asked for where no actor is made: only actors, and what they depend on, can have it injected.',
    );
  },
};
