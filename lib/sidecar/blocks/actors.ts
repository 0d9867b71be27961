import type { AppConfig } from '../../protocol/app-config.js';
import type { Clock } from '../../protocol/clock.js';
import { Headers, headerOf } from '../../protocol/headers.js';
import type { Activity } from '../activity.js';
import type { AppAnswer } from '../app/channel.js';
import type { Faults } from '../faults.js';
import type { Resiliency } from '../resiliency.js';
import { attempt, type Failure } from '../retries.js';
import type { Transcript } from '../transcript.js';
import {
  ActorCalls,
  type ActorAddress,
  type MethodCall,
} from './actor-calls.js';
import { ActorError } from './actor-error.js';
import { ActorInstances } from './actor-instances.js';
import type { ActorHost } from './actor-placement.js';
import {
  ActorReminders,
  type NamedReminder,
  type RegisteredReminder,
  type ReminderOwner,
  type ReminderRequest,
} from './actor-reminders.js';
import { readActorSettings } from './actor-settings.js';
import { ActorState, type ActorStateOperation } from './actor-state.js';
import { ActorTimers, type TimerRequest } from './actor-timers.js';
import { ExpectedApps } from './expected-apps.js';
import type { StoredValue } from './state-store.js';
import type { StateStores } from './state.js';

export type { ActorHost };

export interface ActorsDependencies {
  readonly clock: Clock;
  readonly stores: StateStores;
  readonly activity: Activity;
  readonly faults: Faults;
  readonly transcript: Transcript;
  readonly resiliency: Resiliency;
  /** One line for the user; never holds a payload. */
  readonly warn: (message: string) => void;
  /** Names of the preview features that the Configuration resource turns on. */
  readonly features: ReadonlySet<string>;
  /** Callers have to show a token, which is not for the actor. */
  readonly hasApiToken: boolean;
}

/** `closing`: instances are deactivated with a DELETE each; `lost`: the host is gone, nothing is sent. */
export type Departure = 'closing' | 'lost';

/** A hosted type as the metadata API shows it. */
export interface ActiveActors {
  readonly type: string;
  readonly count: number;
}

/** Who calls, and until when they wait. */
export interface ActorCaller {
  readonly appId: string;
  readonly signal: AbortSignal;
}

export type ActorInvocation = Omit<MethodCall, 'callerAppId' | 'reentrancyId'>;

/** Virtual actors: placement, turns, state, timers and reminders of all applications. */
export class Actors {
  private readonly calls: ActorCalls;
  private readonly instances: ActorInstances;
  private readonly state: ActorState;
  private readonly timers: ActorTimers;
  private readonly reminders: ActorReminders;
  private readonly expected = new ExpectedApps();

  constructor(private readonly deps: ActorsDependencies) {
    const { clock, activity, faults, stores, features } = deps;
    this.calls = new ActorCalls(deps);
    this.instances = new ActorInstances({
      clock,
      activity,
      deactivate: (host, actor) => this.calls.deactivate(host, actor),
      onMove: (moving) => this.timers.drop(moving.host, moving),
    });
    this.state = new ActorState({
      stores,
      faults,
      ttl: features.has('ActorStateTTL'),
    });
    this.timers = new ActorTimers({
      clock,
      activity,
      tick: (actor, name, body) =>
        this.tick('timer', actor, name, body).catch(() => undefined),
    });
    this.reminders = new ActorReminders({
      clock,
      activity,
      isHosted: (owner) => this.isHosted(owner.appId, owner.type),
      tick: (owner, name, body) => this.tick('reminder', owner, name, body),
    });
  }

  /** An application of this id is about to tell its actor types: its state, timer and reminder calls wait until it has. */
  expect(appId: string): void {
    this.expected.expect(appId);
  }

  /**
   * Takes the answer of GET /dapr/config into force; its members may all be missing. Resolves when the actors that move
   * to this host have moved.
   */
  async register(host: ActorHost, config: Partial<AppConfig>): Promise<void> {
    const { appId } = host;
    const warn = (message: string): void =>
      this.deps.warn(`App "${appId}": ${message}`);
    try {
      const types = readActorSettings(config, warn);
      if (types.size > 0 && !this.deps.stores.forActors(appId))
        warn(
          'there is no actor state store, so state calls of its actors fail. Give one state component the metadata actorStateStore: "true".',
        );
      const placed = this.instances.place(host, types);
      this.expected.settle(appId);
      this.reminders.wake();
      await placed;
    } catch (error) {
      warn(`${(error as Error).message}; it hosts no actors, as on daprd.`);
      this.expected.settle(appId);
    }
  }

  /** Resolves when the host's instances are gone. Safe to call for a host that never registered. */
  async unregister(host: ActorHost, how: Departure): Promise<void> {
    this.expected.settle(host.appId);
    this.timers.drop(host);
    await this.instances.remove(host, how);
  }

  /** The types that any process of the app hosts, with the number of active instances. */
  activeActors(appId: string): readonly ActiveActors[] {
    return this.instances.placement
      .typesOf(appId)
      .map((type) => ({ type, count: this.instances.countOf(appId, type) }));
  }

  /** Ends all timers and turns. Nothing is sent to the hosts. */
  close(): void {
    this.timers.clear();
    this.reminders.clear();
    this.instances.close();
    this.expected.clear();
  }

  /** @throws ActorError and InjectedFault */
  async invoke(
    caller: ActorCaller,
    actor: ActorAddress,
    call: ActorInvocation,
  ): Promise<AppAnswer> {
    const { activity, clock, faults, resiliency } = this.deps;
    faults.check('actor.invoke');
    const reentrancyId = headerOf(call.headers, Headers.reentrancyId);
    const { appId, signal } = caller;
    const turn = (): Promise<AppAnswer> =>
      this.instances.run(
        actor,
        ({ host, reentrancyId: chain, signal: cut }) =>
          this.calls.method(
            host,
            actor,
            { ...call, callerAppId: appId, reentrancyId: chain },
            cut,
          ),
        { signal, ...(reentrancyId !== undefined && { reentrancyId }) },
      );
    // Each attempt is a turn of its own, which the timeout of the type cuts.
    const { retry } = resiliency.actor(appId, actor.type);
    return activity.track(() =>
      attempt(
        { clock, activity, until: signal },
        retry ? { retry } : {},
        turn,
        applicationError,
      ),
    );
  }

  async getState(
    caller: ActorCaller,
    actor: ActorAddress,
    key: string,
  ): Promise<StoredValue | undefined> {
    await this.expected.known(caller.appId, caller.signal);
    return this.state.get(caller.appId, actor, key);
  }

  /** @throws ActorError when the actor is not active on a host of this app */
  async saveState(
    caller: ActorCaller,
    actor: ActorAddress,
    operations: readonly ActorStateOperation[],
  ): Promise<void> {
    await this.expected.known(caller.appId, caller.signal);
    if (!this.instances.isActive(caller.appId, actor))
      throw new ActorError('instance-missing', 'actor instance is missing');
    this.state.transact(caller.appId, actor, operations);
  }

  async createTimer(
    caller: ActorCaller,
    actor: ActorAddress,
    name: string,
    request: TimerRequest,
  ): Promise<void> {
    await this.expected.known(caller.appId, caller.signal);
    const host = this.instances.placement.ownerOf(actor.type, actor.id);
    if (!host || !this.isHosted(caller.appId, actor.type))
      throw new ActorError(
        'failed',
        `can't create timer for actor ${actor.type}||${actor.id}: actor type not registered`,
      );
    this.timers.create(host, actor, name, request);
  }

  async deleteTimer(
    caller: ActorCaller,
    actor: ActorAddress,
    name: string,
  ): Promise<void> {
    await this.expected.known(caller.appId, caller.signal);
    this.timers.delete(actor, name);
  }

  async createReminder(
    caller: ActorCaller,
    actor: ActorAddress,
    name: string,
    request: ReminderRequest,
  ): Promise<void> {
    this.reminders.create(await this.ownerOf(caller, actor), name, request);
  }

  async getReminder(
    caller: ActorCaller,
    actor: ActorAddress,
    name: string,
  ): Promise<RegisteredReminder | undefined> {
    return this.reminders.get(await this.ownerOf(caller, actor), name);
  }

  async deleteReminder(
    caller: ActorCaller,
    actor: ActorAddress,
    name: string,
  ): Promise<void> {
    this.reminders.delete(await this.ownerOf(caller, actor), name);
  }

  async listReminders(
    caller: ActorCaller,
    type: string,
    id?: string,
  ): Promise<NamedReminder[]> {
    const { appId } = await this.ownerOf(caller, { type, id: '' });
    return this.reminders.list(appId, type, id);
  }

  async deleteReminders(
    caller: ActorCaller,
    type: string,
    id?: string,
  ): Promise<void> {
    const { appId } = await this.ownerOf(caller, { type, id: '' });
    this.reminders.deleteAll(appId, type, id);
  }

  private tick(
    kind: 'timer' | 'reminder',
    actor: ActorAddress,
    name: string,
    body: string,
  ): Promise<void> {
    return this.deps.activity.track(async () => {
      this.deps.faults.check(`actor.${kind}`);
      await this.instances.run(actor, ({ host, signal }) =>
        this.calls.tick(kind, host, actor, name, body, signal),
      );
    });
  }

  private isHosted(appId: string, type: string): boolean {
    return this.instances.placement.isHostedBy(appId, type);
  }

  private async ownerOf(
    caller: ActorCaller,
    { type, id }: ActorAddress,
  ): Promise<ReminderOwner> {
    await this.expected.known(caller.appId, caller.signal);
    if (!this.isHosted(caller.appId, type))
      throw new ActorError(
        'not-hosted',
        'operations on actor reminders are only possible on hosted actor types',
      );
    return { appId: caller.appId, type, id };
  }
}

/** daprd retries it too, whatever statuses a policy names. */
function applicationError({ headers }: AppAnswer): Failure | undefined {
  return Headers.actorError in headers ? { status: undefined } : undefined;
}
