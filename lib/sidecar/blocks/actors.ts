import type { AppConfig } from '../../protocol/app-config.js';
import type { Clock } from '../../protocol/clock.js';
import type { Activity } from '../activity.js';
import type { AppAnswer } from '../app/channel.js';
import type { Faults } from '../faults.js';
import type { Resiliency } from '../resiliency.js';
import type { Transcript } from '../transcript.js';
import { ActorCalls, type ActorAddress } from './actor-calls.js';
import { ActorError } from './actor-error.js';
import { ActorInstances } from './actor-instances.js';
import { ActorPlacement, type ActorHost } from './actor-placement.js';
import {
  ActorRouter,
  type ActorCaller,
  type ActorInvocation,
} from './actor-router.js';
import { ActorSchedules } from './actor-schedules.js';
import { readActorSettings } from './actor-settings.js';
import { ActorState, type ActorStateOperation } from './actor-state.js';
import { ExpectedApps } from './expected-apps.js';
import type { StoredValue } from './state-store.js';
import type { StateStores } from './state.js';

export type { ActorCaller, ActorHost };

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

/** Virtual actors of all applications: who hosts them, their methods and their state. */
export class Actors {
  readonly schedules: ActorSchedules;
  private readonly placement = new ActorPlacement();
  private readonly instances: ActorInstances;
  private readonly router: ActorRouter;
  private readonly state: ActorState;
  private readonly expected = new ExpectedApps();

  constructor(private readonly deps: ActorsDependencies) {
    const { clock, activity, faults, stores, features } = deps;
    const { placement, expected } = this;
    const calls = new ActorCalls(deps);
    const instances = new ActorInstances({
      clock,
      activity,
      placement,
      deactivate: (host, actor) => calls.deactivate(host, actor),
    });
    const router = new ActorRouter({
      ...deps,
      placement,
      expected,
      instances,
      calls,
    });
    this.instances = instances;
    this.router = router;
    this.state = new ActorState({
      stores,
      faults,
      ttl: features.has('ActorStateTTL'),
    });
    this.schedules = new ActorSchedules({
      clock,
      activity,
      placement,
      expected,
      router,
    });
  }

  /**
   * The application behind that sidecar is about to tell its actor types: the sidecar's state, timer and reminder calls
   * wait until it has, and its calls of actors for a while.
   */
  expect(instanceId: string): void {
    this.expected.expect(instanceId);
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
      this.placement.set(host, types);
    } catch (error) {
      warn(`${(error as Error).message}; it hosts no actors, as on daprd.`);
    }
    this.expected.settle(host.instanceId);
    const settled = this.instances.settle();
    this.schedules.wake();
    this.router.hostsChanged();
    await settled;
  }

  /**
   * The host is about to go: its timers end, and its actors go to other hosts of their type, each when its turn has
   * ended. Those that no other hosts stay. Resolves when the others have left.
   */
  async leave(host: ActorHost): Promise<void> {
    this.schedules.drop(host);
    this.router.hostsChanged();
    await this.instances.settle();
  }

  /** Resolves when the host's instances are gone. Safe to call for a host that never registered. */
  async unregister(host: ActorHost, how: Departure): Promise<void> {
    this.expected.settle(host.instanceId);
    this.schedules.drop(host);
    this.placement.remove(host);
    await this.instances.remove(host, how);
  }

  /** The types that the process behind that sidecar hosts, with the number of active instances. */
  activeActors(instanceId: string): readonly ActiveActors[] {
    const host = this.placement.hostOf(instanceId);
    return this.placement
      .typesOf(host)
      .map((type) => ({ type, count: this.instances.countOf(host, type) }));
  }

  /** Ends all timers and turns. Nothing is sent to the hosts. */
  close(): void {
    this.schedules.clear();
    this.placement.clear();
    this.instances.close();
    this.expected.clear();
  }

  /** @throws ActorError and InjectedFault */
  invoke(
    caller: ActorCaller,
    actor: ActorAddress,
    call: ActorInvocation,
  ): Promise<AppAnswer> {
    return this.router.invoke(caller, actor, call);
  }

  async getState(
    caller: ActorCaller,
    actor: ActorAddress,
    key: string,
  ): Promise<StoredValue | undefined> {
    await this.expected.known(caller);
    return this.state.get(caller.appId, actor, key);
  }

  /** @throws ActorError when the actor is not active on the host behind the sidecar that was called */
  async saveState(
    caller: ActorCaller,
    actor: ActorAddress,
    operations: readonly ActorStateOperation[],
  ): Promise<void> {
    await this.expected.known(caller);
    if (!this.instances.isActive(caller.instanceId, actor))
      throw new ActorError('instance-missing', 'actor instance is missing');
    this.state.transact(caller.appId, actor, operations);
  }
}
