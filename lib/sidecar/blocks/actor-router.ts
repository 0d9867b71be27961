import { Headers, headerOf } from '../../protocol/headers.js';
import type { Clock } from '../../protocol/clock.js';
import { before, type Activity } from '../activity.js';
import type { AppAnswer } from '../app/channel.js';
import type { Faults } from '../faults.js';
import type { Resiliency } from '../resiliency.js';
import { attempt, type Failure } from '../retries.js';
import type { ActorAddress, ActorCalls, MethodCall } from './actor-calls.js';
import { ActorError } from './actor-error.js';
import type { ActorInstances } from './actor-instances.js';
import type { ActorPlacement } from './actor-placement.js';
import type { ExpectedApps } from './expected-apps.js';

/** Who calls, and until when they wait. */
export interface ActorCaller {
  readonly appId: string;
  /** Of the sidecar that was called. */
  readonly instanceId: string;
  readonly signal: AbortSignal;
}

export type ActorInvocation = Omit<MethodCall, 'callerAppId' | 'reentrancyId'>;

export interface ActorRouterDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly faults: Faults;
  readonly resiliency: Resiliency;
  readonly placement: ActorPlacement;
  readonly expected: ExpectedApps;
  readonly instances: ActorInstances;
  readonly calls: ActorCalls;
}

// DaprBuiltInActorNotFoundRetries of dapr/dapr pkg/resiliency: five more times, a second apart.
const PATIENCE = 5000;
const PAUSE = 1000;

/** Takes calls, timers and reminders to their actor, wherever it is (dapr/dapr pkg/actors/router). */
export class ActorRouter {
  private readonly waiting = new Set<() => void>();

  constructor(private readonly deps: ActorRouterDependencies) {}

  /**
   * Within an activity: that of the call of the API.
   * @throws ActorError and InjectedFault
   */
  async invoke(
    caller: ActorCaller,
    actor: ActorAddress,
    call: ActorInvocation,
  ): Promise<AppAnswer> {
    const { activity, calls, clock, faults, instances, resiliency } = this.deps;
    faults.check('actor.invoke');
    const reentrancyId = headerOf(call.headers, Headers.reentrancyId);
    const { appId, signal } = caller;
    const turn = (): Promise<AppAnswer> =>
      instances.run(
        actor,
        ({ host, reentrancyId: chain, signal: cut }) =>
          calls.method(
            host,
            actor,
            { ...call, callerAppId: appId, reentrancyId: chain },
            cut,
          ),
        { signal, ...(reentrancyId !== undefined && { reentrancyId }) },
      );
    // Each attempt is a turn of its own, which the timeout of the type cuts.
    const { retry } = resiliency.actor(appId, actor.type);
    // A policy for the type takes the place of the built-in one.
    const once = resiliency.namesActor(appId, actor.type)
      ? turn
      : () => this.find(caller, actor, turn);
    return attempt(
      { clock, activity, until: signal },
      retry ? { retry } : {},
      once,
      applicationError,
    );
  }

  /** @throws ActorError and InjectedFault */
  async tick(
    kind: 'timer' | 'reminder',
    actor: ActorAddress,
    name: string,
    body: string,
  ): Promise<void> {
    const { activity, calls, faults, instances } = this.deps;
    await activity.track(async () => {
      faults.check(`actor.${kind}`);
      await this.follow(() =>
        instances.run(actor, ({ host, signal }) =>
          calls.tick(kind, host, actor, name, body, signal),
        ),
      );
    });
  }

  /** A host has come, or begins to go: whoever waits for one looks again. */
  hostsChanged(): void {
    for (const lookAgain of this.waiting) lookAgain();
  }

  /** Waits for a host of a type that lost its last one. */
  private async find<T>(
    caller: ActorCaller,
    { type }: ActorAddress,
    turn: () => Promise<T>,
  ): Promise<T> {
    const { activity, clock, placement } = this.deps;
    if (!placement.wasHosted(type)) await this.hostsTold(caller);
    let end: number | undefined;
    for (;;)
      try {
        return await this.follow(turn);
      } catch (error) {
        end ??= clock.now() + PATIENCE;
        if (
          !isFor(error, 'no-address') ||
          // Of a type that nobody ever hosted the mistake is told at once.
          !placement.wasHosted(type) ||
          this.isLeaving(caller) ||
          clock.now() >= end
        )
          throw error;
        await activity.rest(() => this.pause(caller.signal));
      }
  }

  /** Waits for an app that is still starting, in real time, since the app is real. */
  private async hostsTold(caller: ActorCaller): Promise<void> {
    const { activity, expected } = this.deps;
    const told = expected.known(caller);
    if (told) await activity.rest(() => before(PATIENCE, told));
  }

  /** Runs a turn again that had not ended when its actor had to go to another host. */
  private async follow<T>(turn: () => Promise<T>): Promise<T> {
    for (;;)
      try {
        return await turn();
      } catch (error) {
        if (!isFor(error, 'moved')) throw error;
      }
  }

  private isLeaving({ instanceId, signal }: ActorCaller): boolean {
    const host = this.deps.placement.hostOf(instanceId);
    return signal.aborted || (host?.leaving.aborted ?? false);
  }

  private pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.waiting.delete(end);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.deps.clock.schedule(PAUSE, end);
      this.waiting.add(end);
      signal.addEventListener('abort', end, { once: true });
    });
  }
}

function isFor(error: unknown, reason: ActorError['reason']): boolean {
  return error instanceof ActorError && error.reason === reason;
}

/** daprd retries it too, whatever statuses a policy names. */
function applicationError({ headers }: AppAnswer): Failure | undefined {
  return Headers.actorError in headers ? { status: undefined } : undefined;
}
