import type { DurationInput } from '../protocol/duration.js';
import type { FailurePolicy } from '../protocol/failure-policy.js';
import type { HeaderBag } from '../protocol/headers.js';
import type { InvokeVerb } from './actor-invocation.js';
import type { CallOptions } from './call-options.js';

/** One change of an actor's state. */
export type ActorStateOperation =
  | {
      readonly operation: 'upsert';
      readonly request: {
        readonly key: string;
        readonly value: unknown;
        readonly metadata?: Record<string, string> | undefined;
      };
    }
  | {
      readonly operation: 'delete';
      readonly request: { readonly key: string };
    };

/** What a timer and a reminder have in common. */
export interface ActorScheduleOptions {
  /** When it first fires: a duration from now, or a point in time (Date or RFC 3339 text). */
  readonly dueTime?: DurationInput | Date | undefined;
  /** Time between fires; without it there is one. `R3/PT10S` limits their number. */
  readonly period?: DurationInput | undefined;
  /** When it ends: a duration from the due time, or a point in time. */
  readonly ttl?: DurationInput | Date | undefined;
  /** JSON that is handed to the actor with each fire. */
  readonly data?: unknown;
}

export interface ActorTimerOptions extends ActorScheduleOptions {
  /** Name of the method that takes the timer where no `@OnTimer` handler has the timer's name. */
  readonly callback?: string | undefined;
}

export interface ActorReminderOptions extends ActorScheduleOptions {
  /** false: fail with status 409 where a reminder of that name exists. Default true. */
  readonly overwrite?: boolean | undefined;
  /**
   * What Dapr does when the handler fails. Default: three more tries, a second apart, then the schedule goes on. A
   * reminder with a policy goes over gRPC, whatever the client's protocol: over HTTP Dapr ignores it.
   */
  readonly failurePolicy?: FailurePolicy | undefined;
}

export interface ActorReminder {
  readonly actorType: string;
  readonly actorId: string;
  readonly dueTime?: string;
  /** As the scheduler holds it: `@every 1s`, whatever was sent. */
  readonly period?: string;
  readonly ttl?: string;
  readonly data?: unknown;
}

/** A reminder of a list. */
export interface NamedActorReminder extends ActorReminder {
  readonly name: string;
}

/** A value of an actor's state. */
export interface ActorStateValue<T = unknown> {
  /** Undefined where nothing is stored under the key. */
  readonly value: T | undefined;
  /** When it expires; undefined for never, and where the store does not tell, as Redis does not. */
  readonly expires: Date | undefined;
}

/** A method call as it goes over the wire; for proxies. */
export interface ActorMethodRequest extends CallOptions {
  readonly actorType: string;
  readonly actorId: string;
  readonly method: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer of an actor method, status 200. */
export interface ActorMethodAnswer {
  readonly headers: HeaderBag;
  readonly body: Buffer;
}

/**
 * Actors, their state, timers and reminders, without a proxy.
 * @see https://docs.dapr.io/reference/api/actors_api/
 */
export interface ClientActor {
  /** Calls a method with at most one argument, sent as bare JSON, and resolves with what JSON makes of its result. */
  invoke<T = unknown>(
    actorType: string,
    actorId: string,
    method: string,
    body?: unknown,
    options?: CallOptions,
  ): Promise<T>;
  /**
   * The older form with a verb in front; the actor is called with PUT, whichever it is. So where a text is the argument,
   * a type that is named `post` or `POST` needs the verb, too.
   * @throws DaprBadRequestError for a verb that Dapr does not have for actors
   */
  invoke<T = unknown>(
    verb: InvokeVerb,
    actorType: string,
    actorId: string,
    method: string,
    body?: unknown,
  ): Promise<T>;
  /** A method call with its own headers (but for `dapr-api-token`, which is the client's alone) and raw bodies. */
  request(request: ActorMethodRequest): Promise<ActorMethodAnswer>;
  /** Undefined where nothing is stored under the key. */
  stateGet<T = unknown>(
    actorType: string,
    actorId: string,
    key: string,
    options?: CallOptions,
  ): Promise<T | undefined>;
  /** The same, with the end of its time to live. */
  stateGetWithExpiry<T = unknown>(
    actorType: string,
    actorId: string,
    key: string,
    options?: CallOptions,
  ): Promise<ActorStateValue<T>>;
  /** All operations or none. The actor must be active, else the sidecar answers 400. */
  stateTransaction(
    actorType: string,
    actorId: string,
    operations: readonly ActorStateOperation[],
    options?: CallOptions,
  ): Promise<void>;
  reminderCreate(
    actorType: string,
    actorId: string,
    name: string,
    reminder: ActorReminderOptions,
    options?: CallOptions,
  ): Promise<void>;
  /** @throws DaprNotFoundError where there is none of that name */
  reminderGet(
    actorType: string,
    actorId: string,
    name: string,
    options?: CallOptions,
  ): Promise<ActorReminder>;
  /**
   * The reminders of an actor, or of all actors of the type; Dapr does not tell the `ttl` here. Goes over gRPC, whatever
   * the client's protocol: Dapr has no such call over HTTP.
   */
  reminderList(
    actorType: string,
    actorId?: string,
    options?: CallOptions,
  ): Promise<NamedActorReminder[]>;
  reminderDelete(
    actorType: string,
    actorId: string,
    name: string,
    options?: CallOptions,
  ): Promise<void>;
  /**
   * Removes the reminders of an actor, or of all actors of the type, and with Dapr 1.18 those of types whose names begin
   * with it, too. Goes over gRPC, whatever the client's protocol: Dapr has no such call over HTTP.
   */
  reminderDeleteByType(
    actorType: string,
    actorId?: string,
    options?: CallOptions,
  ): Promise<void>;
  timerCreate(
    actorType: string,
    actorId: string,
    name: string,
    timer: ActorTimerOptions,
    options?: CallOptions,
  ): Promise<void>;
  timerDelete(
    actorType: string,
    actorId: string,
    name: string,
    options?: CallOptions,
  ): Promise<void>;
}
