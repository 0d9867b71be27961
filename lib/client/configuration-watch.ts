import { sleep, type Clock } from '../protocol/clock.js';
import {
  configurationItems,
  type ConfigurationItems,
} from '../protocol/configuration.js';
import type { CallOptions } from './call-options.js';
import { eitherOf } from './either-of.js';
import type {
  ConfigurationCallback,
  ConfigurationSubscription,
} from './configuration.js';

/** Who is told of changes, and of what becomes of the subscription. */
export interface ConfigurationListener {
  /** Rejects when the callback does. */
  deliver(items: ConfigurationItems): Promise<void>;
  /** The subscription stands again, but changes may have been missed. */
  missed(error: Error): void;
  /** The subscription is over. */
  broken(error: Error): void;
}

export interface ConfigurationWatchOptions {
  readonly clock: Clock;
  /** Subscribes; resolves when the subscription stands, with how to end it. */
  readonly open: (
    listener: ConfigurationListener,
    options: CallOptions & { readonly signal: AbortSignal },
  ) => Promise<() => Promise<void>>;
  /** Resolves with the values as they are now. */
  readonly read: (options: CallOptions) => Promise<ConfigurationItems>;
  readonly callback: ConfigurationCallback;
  readonly onError: (error: Error) => void;
  /** The subscription is over for good. */
  readonly onEnd: () => void;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** A subscription from its start to its end, with all that breaks in between. */
export class ConfigurationWatch
  implements ConfigurationListener, ConfigurationSubscription
{
  readonly #options: ConfigurationWatchOptions;
  readonly #end = new AbortController();
  #close: () => Promise<void> = () => Promise.resolve();
  #stopped: Promise<void> | undefined;
  #before: Promise<void> = Promise.resolve();
  #catchingUp = new AbortController();
  /** Keys that have a value, as far as the callback knows. */
  readonly #known = new Set<string>();
  /** Keys that were told since the last read began. */
  readonly #fresh = new Set<string>();

  constructor(options: ConfigurationWatchOptions) {
    this.#options = options;
  }

  /** Rejects where the sidecar does not promise to tell, and with the signal's reason. */
  async start(signal?: AbortSignal, timeout?: number): Promise<void> {
    const abort = (): void => void this.stop(signal?.reason as Error);
    this.#end.signal.addEventListener('abort', () =>
      signal?.removeEventListener('abort', abort),
    );
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    try {
      this.#end.signal.throwIfAborted();
      await this.#open(timeout);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  stop(reason = new Error('the subscription was stopped')): Promise<void> {
    this.#stopped ??= this.#finish(reason);
    return this.#stopped;
  }

  deliver(items: ConfigurationItems): Promise<void> {
    for (const { key, value } of Object.values(items)) {
      this.#fresh.add(key);
      if (value === '') this.#known.delete(key);
      else this.#known.add(key);
    }
    const delivered = this.#before.then(async () => {
      if (!this.#isOver) await this.#options.callback({ items });
    });
    this.#before = delivered.catch((error: unknown) => this.#report(error));
    return delivered;
  }

  missed(error: Error): void {
    if (this.#isOver) return;
    this.#report(error);
    void this.#catchUp();
  }

  broken(error: Error): void {
    if (this.#isOver) return;
    this.#catchingUp.abort();
    this.#report(error);
    void this.#reopen();
  }

  get #isOver(): boolean {
    return this.#end.signal.aborted;
  }

  async #open(timeout?: number): Promise<void> {
    const { signal } = this.#end;
    const close = await this.#options.open(this, {
      signal,
      ...(timeout !== undefined && { timeout }),
    });
    this.#close = close;
    // Stopped meanwhile, when there was nothing to close yet.
    if (this.#isOver) await close();
  }

  async #reopen(): Promise<void> {
    const { signal } = this.#end;
    await this.#persist(pauses(), signal, () => this.#open());
    if (!this.#isOver) await this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    this.#catchingUp.abort();
    this.#catchingUp = new AbortController();
    const { signal, release } = eitherOf(
      this.#end.signal,
      this.#catchingUp.signal,
    );
    const items = await this.#persist(pauses(0), signal, () => {
      this.#fresh.clear();
      return this.#options.read({ signal });
    });
    release();
    if (!items) return;
    const news = this.#newsIn(items);
    if (Object.keys(news).length > 0)
      // That it fails is reported there.
      await this.deliver(news).catch(() => undefined);
  }

  /** What was read, and which keys are gone; but of what has come by itself meanwhile, later news will come so, too. */
  #newsIn(items: ConfigurationItems): ConfigurationItems {
    const gone = [...this.#known]
      .filter((key) => !Object.hasOwn(items, key))
      .map((key) => [key, {}] as const);
    return configurationItems(
      Object.fromEntries(
        [...Object.entries(items), ...gone].filter(
          ([key]) => !this.#fresh.has(key),
        ),
      ),
    );
  }

  /** Tries until it goes well, and tells of each failure; undefined where the signal aborts first. */
  async #persist<T>(
    pausesBefore: Iterable<number>,
    signal: AbortSignal,
    attempt: () => Promise<T>,
  ): Promise<T | undefined> {
    for (const pause of pausesBefore)
      try {
        if (pause > 0) await sleep(this.#options.clock, pause, signal);
        return await attempt();
      } catch (error) {
        if (signal.aborted) break;
        this.#report(error);
      }
    return undefined;
  }

  async #finish(reason: Error): Promise<void> {
    this.#end.abort(reason);
    this.#options.onEnd();
    await this.#close();
  }

  #report(error: unknown): void {
    this.#options.onError(
      error instanceof Error ? error : new Error(String(error)),
    );
  }
}

/** Without an end, growing. */
function* pauses(...first: number[]): Generator<number> {
  yield* first;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE))
    yield pause;
}
