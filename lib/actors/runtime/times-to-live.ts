import type { Clock } from '../../protocol/clock.js';

/** @see https://docs.dapr.io/operations/configuration/preview-features/ */
const FEATURE = 'ActorStateTTL';

/** Milliseconds until a sidecar that did not tell its features is asked again. */
const PATIENCE = 10_000;

/** What is known of times to live in the state of actors. It is the same for all actors of a sidecar. */
export class TimesToLive {
  /** Undefined where the sidecar has not told yet. */
  private isOn: boolean | undefined;
  private tellsEnds = false;
  private asking: Promise<void> | undefined;
  private askAgainAt = 0;

  constructor(
    private readonly enabledFeatures: () => Promise<readonly string[]>,
    private readonly clock: Clock,
  ) {}

  /** The sidecar takes them, so a stored value may have one, whoever stored it. */
  get areThere(): boolean {
    return this.isOn ?? false;
  }

  /** A value may have an end that the sidecar does not tell with it: Redis never does. */
  get areHidden(): boolean {
    return this.areThere && !this.tellsEnds;
  }

  /** Asks the sidecar, where it has not told: undefined where there is nothing to wait for. Never rejects. */
  findOut(): Promise<void> | undefined {
    if (this.isOn !== undefined) return undefined;
    if (!this.asking && this.clock.now() >= this.askAgainAt) {
      const asking = this.ask(() => this.asking === asking);
      this.asking = asking;
    }
    return this.asking;
  }

  /** The sidecar took one, whatever it says of its features; it may be forbidden to say anything. */
  noteTaken(): void {
    this.isOn = true;
  }

  /** The sidecar told when a value ends. */
  noteEnd(): void {
    this.isOn = this.tellsEnds = true;
  }

  /** Another sidecar is there. */
  forget(): void {
    this.isOn = this.asking = undefined;
    this.tellsEnds = false;
    this.askAgainAt = 0;
  }

  /** @param isAwaited whether the answer is that of the sidecar that is there */
  private async ask(isAwaited: () => boolean): Promise<void> {
    const features = await this.enabledFeatures().catch(() => undefined);
    if (!isAwaited()) return;
    this.asking = undefined;
    if (features) this.isOn ??= features.includes(FEATURE);
    else this.askAgainAt = this.clock.now() + PATIENCE;
  }
}
