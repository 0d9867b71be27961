import { Injectable, Logger, Scope, UseInterceptors } from '@nestjs/common';
import { homeOf } from '../actors/actor.js';
import { ActorBase } from '../actors/actor-base.js';
import { OnReminder } from '../actors/actor-callbacks.decorator.js';
import { ActorId } from '../actors/actor-id.js';
import { actorTypeOf } from '../actors/actor-type.decorator.js';
import type { OWN_NAMES } from '../actors/proxy/actor-proxy.js';
import type { ActorScheduleOptions } from '../client/actor.js';
import { DaprClient } from '../client/dapr-client.js';
import type { Duration } from '../protocol/duration.js';
import { ActorStateManager } from './actor-state-manager.js';
import { methodHooks, type MethodHooks } from './method-hooks.js';

/**
 * Base of actor classes that were written for `@dapr/dapr`: they run as they are among a module's providers. The actor
 * type is the name of the class, unless `@ActorType` gives another. A constructor takes a `DaprClient`, an `ActorId`
 * and, where the class has a decorator, any other provider.
 *
 * Turns, state and errors are those of `Actor`: what a turn changes is stored at its end, and not at all if it fails.
 */
@ActorBase({ arguments: 'spread' })
@Injectable({ scope: Scope.TRANSIENT })
@UseInterceptors(methodHooks)
export abstract class AbstractActor implements MethodHooks {
  /** For the compiler alone: proxies have no methods of these names, since they can't be called from outside. */
  declare readonly [OWN_NAMES]: Extract<keyof AbstractActor, string>;

  // No names that a subclass may want for its own.
  readonly #daprClient: DaprClient;
  readonly #id: ActorId;
  readonly #state = new ActorStateManager<unknown>(
    () => this.#home('getStateManager()').state,
  );

  constructor(daprClient: DaprClient, id: ActorId) {
    this.#daprClient = daprClient;
    this.#id = id;
  }

  /** Registers a reminder, or replaces the one of that name; it comes to `receiveReminder`. Takes effect at once. */
  async registerActorReminder<_Type>(
    reminderName: string,
    dueTime: Duration,
    period?: Duration,
    ttl?: Duration,
    state?: unknown,
  ): Promise<void> {
    await this.#home('registerActorReminder()').reminders.set(
      reminderName,
      schedule(dueTime, period, ttl, state),
    );
  }

  async unregisterActorReminder(reminderName: string): Promise<void> {
    await this.#home('unregisterActorReminder()').reminders.remove(
      reminderName,
    );
  }

  /** Starts a timer, or replaces the one of that name; it calls the method that `callback` names. Takes effect at once. */
  async registerActorTimer(
    timerName: string,
    callback: string,
    dueTime: Duration,
    period?: Duration,
    ttl?: Duration,
    state?: unknown,
  ): Promise<void> {
    await this.#home('registerActorTimer()').timers.set(timerName, {
      ...schedule(dueTime, period, ttl, state),
      callback,
    });
  }

  async unregisterActorTimer(timerName: string): Promise<void> {
    await this.#home('unregisterActorTimer()').timers.remove(timerName);
  }

  /** Runs before the first call of a fresh instance, as part of its turn. */
  async onActivate(): Promise<void> {}

  /** Runs when the actor leaves memory. Dapr has forgotten it already, so its state can't be used any more. */
  async onDeactivate(): Promise<void> {}

  /** Runs before each method, timer and reminder. */
  async onActorMethodPre(): Promise<void> {}

  /** Runs after each method, timer and reminder that did not throw. */
  async onActorMethodPost(): Promise<void> {}

  /** Takes the reminders, with the data they were registered with. */
  @OnReminder()
  async receiveReminder(_data: string): Promise<void> {
    new Logger(AbstractActor.name).warn(
      `A reminder of actor ${this.getActorType()}/${this.#id.getId()} came to nothing: ${this.constructor.name} has no receiveReminder().`,
    );
  }

  getDaprClient(): DaprClient {
    return this.#daprClient;
  }

  getStateManager<T>(): ActorStateManager<T> {
    return this.#state as ActorStateManager<T>;
  }

  getActorId(): ActorId {
    return this.#id;
  }

  getActorType(): string {
    const { constructor } = this;
    return actorTypeOf(constructor)?.name ?? constructor.name;
  }

  #home(member: string): ReturnType<typeof homeOf> {
    return homeOf(this, member);
  }
}

function schedule(
  dueTime: Duration,
  period: Duration | undefined,
  ttl: Duration | undefined,
  data: unknown,
): ActorScheduleOptions {
  return {
    dueTime,
    ...(period !== undefined && { period }),
    ...(ttl !== undefined && { ttl }),
    ...(data !== undefined && { data }),
  };
}
