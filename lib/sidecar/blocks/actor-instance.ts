import type { Clock, ScheduledCall } from '../../protocol/clock.js';
import { contextCanceled, type ActorError } from './actor-error.js';
import { TurnLock } from './actor-lock.js';
import type { ActorHost } from './actor-placement.js';
import type { ActorSettings } from './actor-settings.js';

export interface InstanceOptions {
  readonly host: ActorHost;
  readonly type: string;
  readonly id: string;
  readonly settings: ActorSettings;
  readonly clock: Clock;
  /** Called when no turn has begun for the idle timeout. */
  readonly onIdle: (instance: ActorInstance) => void;
}

/** An actor that is active on a host, as the sidecar sees it: its turns and its idle deadline. */
export class ActorInstance {
  readonly host: ActorHost;
  readonly type: string;
  readonly id: string;
  readonly reentrant: boolean;
  /** Resolves when the host has been told that the instance is no more. */
  readonly gone: Promise<void>;
  /** No new chain of calls may begin. */
  leaving = false;
  /** State can no longer be written. */
  ended = false;
  resolveGone!: () => void;

  private readonly lock: TurnLock;
  private readonly running = new Set<AbortController>();
  private idleAt = 0;
  private idleCall: ScheduledCall | undefined;

  constructor(private readonly options: InstanceOptions) {
    const { host, type, id, settings } = options;
    this.host = host;
    this.type = type;
    this.id = id;
    this.reentrant = settings.maxStackDepth !== undefined;
    this.lock = new TurnLock(settings.maxStackDepth);
    this.gone = new Promise((resolve) => (this.resolveGone = resolve));
    this.touch();
  }

  /** Whether a call of that chain may still come in. */
  admits(reentrancyId: string | undefined): boolean {
    return !this.leaving || this.lock.knows(reentrancyId);
  }

  /**
   * Runs `work` as a turn. Its signal aborts when the caller's does, and when the instance ends.
   * @throws InstanceClosed when the instance ended before the turn could begin
   */
  async turn<T>(
    reentrancyId: string | undefined,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const leave = await this.lock.enter(reentrancyId, signal);
    const cut = new AbortController();
    const abort = (): void => cut.abort(contextCanceled());
    signal?.addEventListener('abort', abort, { once: true });
    this.running.add(cut);
    this.touch();
    try {
      return await work(cut.signal);
    } catch (error) {
      throw cut.signal.aborted ? cut.signal.reason : error;
    } finally {
      this.running.delete(cut);
      signal?.removeEventListener('abort', abort);
      leave();
    }
  }

  /** Resolves when all turns have ended. */
  quiet(): Promise<void> {
    return this.lock.free();
  }

  /** Resolves when all turns have ended, or the time that they have is up. */
  async drain(): Promise<void> {
    const { clock, settings } = this.options;
    if (settings.drainTimeout === 0) return;
    let timer: ScheduledCall | undefined;
    const timeUp = new Promise<void>((resolve) => {
      timer = clock.schedule(settings.drainTimeout, resolve);
    });
    await Promise.race([this.quiet(), timeUp]);
    timer?.cancel();
  }

  /** Cuts the turns that run, which fail with `reason`, and sends away those that wait. */
  end(reason: ActorError = contextCanceled()): void {
    this.leaving = true;
    this.ended = true;
    this.idleCall?.cancel();
    this.lock.close();
    for (const cut of this.running) cut.abort(reason);
  }

  /** The idle deadline counts from the start of a turn, so it can pass while the turn runs. */
  private touch(): void {
    const { clock, settings } = this.options;
    this.idleAt = clock.now() + settings.idleTimeout;
    this.idleCall ??= clock.schedule(settings.idleTimeout, () =>
      this.checkIdle(),
    );
  }

  /** One timer an instance, moved on only when it fires: a busy actor does not set one per turn. */
  private checkIdle(): void {
    const { clock, onIdle } = this.options;
    const left = this.idleAt - clock.now();
    if (left > 0) this.idleCall = clock.schedule(left, () => this.checkIdle());
    else onIdle(this);
  }
}
