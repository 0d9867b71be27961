import { randomUUID } from 'node:crypto';
import type { Clock } from '../../protocol/clock.js';
import type { Activity } from '../activity.js';
import type { ActorAddress } from './actor-calls.js';
import { ActorError, contextCanceled, turnMoved } from './actor-error.js';
import { ActorInstance } from './actor-instance.js';
import { InstanceClosed } from './actor-lock.js';
import type { ActorHost, ActorPlacement } from './actor-placement.js';

export interface ActorInstancesDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly placement: ActorPlacement;
  /** Tells the host that the instance is no more. */
  readonly deactivate: (host: ActorHost, actor: ActorAddress) => Promise<void>;
}

/** What a turn works with. */
export interface Turn {
  readonly host: ActorHost;
  /** Of the chain of calls, where reentrancy is on for the type. */
  readonly reentrancyId: string | undefined;
  /** Aborts when the caller goes away, or the instance ends. */
  readonly signal: AbortSignal;
}

/**
 * Why an instance ends: nobody called it, it belongs to another host, which its own host may be about to leave to, or
 * its host goes with all that it has.
 */
type Reason = 'idle' | 'moving' | 'leaving' | 'closing' | 'lost';

/** All active actors: one instance of each, on the host that placement chooses. */
export class ActorInstances {
  private readonly instances = new Map<string, ActorInstance>();

  constructor(private readonly deps: ActorInstancesDependencies) {}

  /** Runs `work` as a turn of the actor, which becomes active by it. */
  async run<T>(
    actor: ActorAddress,
    work: (turn: Turn) => Promise<T>,
    caller: {
      readonly reentrancyId?: string;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<T> {
    const { signal } = caller;
    const chain = caller.reentrancyId ?? randomUUID();
    for (;;) {
      const instance = this.locate(actor);
      const reentrancyId = instance.reentrant ? chain : undefined;
      if (instance.admits(reentrancyId))
        try {
          return await instance.turn(reentrancyId, signal, (cut) =>
            work({ host: instance.host, reentrancyId, signal: cut }),
          );
        } catch (error) {
          if (!(error instanceof InstanceClosed)) throw error;
        }
      await unlessAborted(instance.gone, signal);
    }
  }

  /** Whether the actor is active on the host behind that sidecar. */
  isActive(instanceId: string, actor: ActorAddress): boolean {
    const instance = this.instances.get(keyOf(actor));
    return (
      instance !== undefined &&
      !instance.ended &&
      instance.host.instanceId === instanceId
    );
  }

  countOf(host: ActorHost | undefined, type: string): number {
    let count = 0;
    for (const instance of this.instances.values())
      if (instance.type === type && instance.host === host && !instance.ended)
        count += 1;
    return count;
  }

  /** Resolves when the actors that belong to another host by now have left theirs. */
  async settle(): Promise<void> {
    const moves = [];
    for (const instance of this.instances.values()) {
      const { type, id, host } = instance;
      if (this.deps.placement.ownerOf(type, id) !== host)
        moves.push(
          this.retire(instance, host.leaving.aborted ? 'leaving' : 'moving'),
        );
    }
    await Promise.all(moves);
  }

  /** Cuts the turns on a host that is no more, and tells it so if it is still there. */
  async remove(host: ActorHost, how: 'closing' | 'lost'): Promise<void> {
    const ends = [];
    for (const instance of this.instances.values())
      if (instance.host === host) ends.push(this.retire(instance, how));
    await Promise.all(ends);
  }

  close(): void {
    for (const instance of this.instances.values()) this.forget(instance);
  }

  private locate(actor: ActorAddress): ActorInstance {
    const key = keyOf(actor);
    const active = this.instances.get(key);
    if (active) return active;
    const { clock, placement } = this.deps;
    const { type, id } = actor;
    const host = placement.ownerOf(type, id);
    const settings = host && placement.settingsOf(host, type);
    if (!settings)
      throw new ActorError(
        'no-address',
        `failed to lookup actor: api error: code = FailedPrecondition desc = did not find address for actor '${type}/${id}'`,
      );
    const instance = new ActorInstance({
      host,
      type,
      id,
      settings,
      clock,
      onIdle: (idle) => void this.retire(idle, 'idle'),
    });
    this.instances.set(key, instance);
    return instance;
  }

  /**
   * Ends an instance. Only one that goes to another host may end its turns first: an idle timeout cuts the turn that
   * runs, and so does a daprd that stops. The next instance begins when the host has answered.
   */
  private retire(instance: ActorInstance, why: Reason): Promise<void> {
    // Nobody is left who could answer a DELETE that is under way.
    if (why === 'lost') return Promise.resolve(this.forget(instance));
    if (instance.leaving) {
      if (why === 'idle' || why === 'closing') instance.end();
      return instance.gone;
    }
    instance.leaving = true;
    const { activity, deactivate } = this.deps;
    void activity.track(async () => {
      // The turns that it waits for are activities of their own.
      if (why === 'moving') await activity.rest(() => instance.drain());
      if (why === 'leaving') await activity.rest(() => instance.quiet());
      instance.end(why === 'moving' ? turnMoved() : contextCanceled());
      await deactivate(instance.host, instance);
      this.forget(instance);
    });
    return instance.gone;
  }

  private forget(instance: ActorInstance): void {
    instance.end();
    const key = keyOf(instance);
    if (this.instances.get(key) === instance) this.instances.delete(key);
    instance.resolveGone();
  }
}

function keyOf({ type, id }: ActorAddress): string {
  return `${type}||${id}`;
}

function unlessAborted(
  promise: Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(contextCanceled());
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    void promise.then(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}
