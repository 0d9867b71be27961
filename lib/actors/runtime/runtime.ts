import type { AppConfig } from '../../protocol/app-config.js';
import type { ScheduledCall } from '../../protocol/clock.js';
import { toMilliseconds } from '../../protocol/duration.js';
import { headerOf, Headers } from '../../protocol/headers.js';
import type { ActorCall, ActorReply } from './actor-call.js';
import { Activator } from './activator.js';
import { ActorLog } from './actor-log.js';
import { Dispatcher } from './dispatcher.js';
import {
  buildRegistry,
  type Registry,
  type RegistrySources,
} from './registry.js';
import { hostReply } from './reply.js';
import type { ActorSlot } from './slot.js';
import type { ActorHost } from './state.js';
import { trailOf } from './trail.js';
import { TimesToLive } from './times-to-live.js';

export type { ActorCall, ActorReply };

const ENDING = new Error('the app is shutting down');

// daprd's own default.
const DRAIN_TIMEOUT = '2s';

// No actor of the type can be called before daprd has deactivated all that move, for which placement gives it 8 s.
const DEACTIVATION_TIMEOUT = 2000;

// While actors move, daprd holds back what turns ask of it until they are deactivated: waiting for that would lock both.
const CUT_TIMEOUT = 500;

/** What the runtime needs of the app around it. */
export interface ActorRuntimeDependencies
  extends RegistrySources, Omit<ActorHost, 'log' | 'timesToLive'> {
  /** Preview features that the sidecar has on. */
  readonly enabledFeatures: () => Promise<readonly string[]>;
}

/** Hosts the actors of one app: what Dapr calls ends here, whatever the wire. */
export class ActorRuntime {
  private readonly log = new ActorLog();
  private readonly timesToLive: TimesToLive;
  private readonly activator: Activator;
  private readonly dispatcher: Dispatcher;
  private registry: Registry = {
    types: new Map(),
    appConfig: { entities: [] },
  };
  private isDraining = false;
  private underWay = 0;
  private whenQuiet: (() => void)[] = [];
  private readonly timers: ScheduledCall[] = [];

  constructor(private readonly dependencies: ActorRuntimeDependencies) {
    const { client, currentCall, clock, enabledFeatures } = dependencies;
    this.timesToLive = new TimesToLive(enabledFeatures, clock);
    const { log, timesToLive } = this;
    const host: ActorHost = { client, currentCall, clock, log, timesToLive };
    this.activator = new Activator(host);
    this.dispatcher = new Dispatcher(host, this.activator, (call) =>
      this.takes(call),
    );
  }

  /**
   * Finds the actor types among the providers of all modules. Belongs before the port opens.
   * @throws DaprConfigurationError where they are put together wrongly
   */
  start(): void {
    this.registry = buildRegistry(this.dependencies);
  }

  get hasActors(): boolean {
    return this.registry.types.size > 0;
  }

  /** The actor types that this app hosts. */
  get types(): readonly string[] {
    return this.registry.appConfig.entities;
  }

  /** The answer to GET /dapr/config. */
  appConfig(): AppConfig {
    return this.registry.appConfig;
  }

  /**
   * A new sidecar is there, which knows of no instance: what is in memory is out of date. No call taken before may
   * store anything, and those that have not begun never will.
   */
  newWorld(): void {
    const reason = new Error(
      'a new sidecar has taken over, and the call came from the one before',
    );
    this.timesToLive.forget();
    for (const slot of this.slots()) {
      slot.turns.refuseWaiting(reason);
      slot.turns.chain?.abandon(reason);
      void this.close(slot, reason);
    }
  }

  /** Runs a call. Never rejects: a failure is an answer, too. */
  async dispatch(call: ActorCall): Promise<ActorReply> {
    const type = this.registry.types.get(call.actorType);
    if (!type)
      return hostReply(404, `This app hosts no actor type ${call.actorType}.`);
    this.underWay += 1;
    try {
      return await this.dispatcher.dispatch(type, call);
    } catch (error) {
      this.log.unexpected('The actor runtime failed', error);
      return hostReply(
        500,
        'The actor runtime failed; see the log of the app.',
      );
    } finally {
      this.underWay -= 1;
      if (this.underWay === 0)
        for (const resolve of this.whenQuiet.splice(0)) resolve();
    }
  }

  /**
   * Dapr has forgotten an instance. Resolves when its running turn and `onDeactivate` have ended; or before, where that
   * takes long: the turn can't store anything any more, and the next one here waits for it all the same.
   */
  async deactivate(actorType: string, actorId: string): Promise<void> {
    const slot = this.registry.types.get(actorType)?.slots.get(actorId);
    if (!slot) return;
    const reason = new Error('Dapr deactivated the actor while the call ran');
    const { clock } = this.dependencies;
    await new Promise<void>((resolve, reject) => {
      const patience = clock.schedule(DEACTIVATION_TIMEOUT, resolve);
      this.close(slot, reason)
        .then(resolve, reject)
        .finally(() => patience.cancel());
    });
  }

  /** The app ends: turns that run past the `drainOngoingCallTimeout` of their type, or begin later, are told to end, too. */
  hurry(): void {
    for (const { options, rules, slots } of this.registry.types.values()) {
      const limit = options.drainOngoingCallTimeout ?? DRAIN_TIMEOUT;
      const tell = (): void => {
        rules.ending = ENDING;
        for (const { turns } of slots.values()) turns.chain?.abort(ENDING);
      };
      this.timers.push(
        this.dependencies.clock.schedule(toMilliseconds(limit), tell),
      );
    }
  }

  /** From here on only calls that a running chain waits for are taken. Resolves when none runs or waits. */
  async drain(): Promise<void> {
    this.isDraining = true;
    if (this.underWay > 0)
      await new Promise<void>((resolve) => this.whenQuiet.push(resolve));
  }

  /** Drains, then deactivates every instance. */
  async stop(): Promise<void> {
    await this.drain();
    for (const timer of this.timers.splice(0)) timer.cancel();
    await Promise.all(this.slots().map((slot) => this.close(slot, ENDING)));
  }

  /** Whether a call may begin a chain. When the app ends, only one that it waits for may; at last only within turns. */
  private takes(call: ActorCall): boolean {
    if (!this.isDraining && !call.isLate) return true;
    const { app } = this.dependencies.currentCall;
    const isOwn = headerOf(call.headers, Headers.app) === app;
    return isOwn && (!this.isDraining || trailOf(call).marks.length > 0);
  }

  private async close(slot: ActorSlot, reason: Error): Promise<void> {
    const { chain } = slot.turns;
    const { clock } = this.dependencies;
    const cut =
      chain && clock.schedule(CUT_TIMEOUT, () => chain.abandon(reason));
    await slot.close(reason, () => this.activator.retire(slot));
    cut?.cancel();
    slot.removeIfEmpty();
  }

  private slots(): ActorSlot[] {
    return [...this.registry.types.values()].flatMap(({ slots }) => [
      ...slots.values(),
    ]);
  }
}
