import { randomUUID } from 'node:crypto';
import type { Clock } from '../../protocol/clock.js';

export interface StoredValue {
  /** As it was encoded when it was saved. */
  readonly value: Buffer;
  /** Whether it was saved as bytes, which may be JSON or not: no query looks into it. */
  readonly isOpaque: boolean;
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
}

export interface WriteOptions {
  readonly concurrency?: string;
  readonly consistency?: string;
}

export interface StateSet {
  readonly kind: 'set';
  readonly key: string;
  /** JSON text, or bytes that are kept as they are. */
  readonly value: string | Buffer;
  /** Empty counts as none. */
  readonly etag?: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly options: WriteOptions;
}

export interface StateDelete {
  readonly kind: 'delete';
  readonly key: string;
  readonly etag?: string;
  readonly options: WriteOptions;
}

export type StateWrite = StateSet | StateDelete;

/** The stored value is not the one that the writer expects. */
export class EtagMismatch extends Error {
  constructor(reason: string) {
    super(`possible etag mismatch. error from state store: ${reason}`);
    this.name = 'EtagMismatch';
  }
}

const SWEEP_INTERVAL = 60_000;

/** A state store in memory, with the etags, expiry and transactions of components-contrib's state/in-memory. */
export class StateStore {
  private readonly items = new Map<string, StoredValue>();
  private sweepAt = 0;

  constructor(private readonly clock: Clock) {}

  get(key: string): StoredValue | undefined {
    const item = this.items.get(key);
    if (item?.expiresAt === undefined || this.clock.now() <= item.expiresAt)
      return item;
    this.items.delete(key);
    return undefined;
  }

  /** Applies all writes, or throws and applies none. Etags are held against the state before the first of them. */
  write(writes: readonly StateWrite[]): void {
    this.sweep();
    const lifetimes = writes.map(lifetimeOf);
    for (const write of writes) this.checkEtag(write);
    writes.forEach((write, index) => this.apply(write, lifetimes[index]));
  }

  /** In the order of their first write. */
  *entries(): Iterable<[key: string, item: StoredValue]> {
    for (const key of this.items.keys()) {
      const item = this.get(key);
      if (item) yield [key, item];
    }
  }

  clear(): void {
    this.items.clear();
  }

  private apply(write: StateWrite, lifetime: number | undefined): void {
    if (write.kind === 'delete') return void this.items.delete(write.key);
    this.items.set(write.key, {
      // Of bytes a copy, too: they are a part of the whole request that brought them.
      value: Buffer.from(write.value as string),
      isOpaque: typeof write.value !== 'string',
      etag: randomUUID(),
      ...(lifetime && { expiresAt: this.clock.now() + lifetime }),
    });
  }

  private checkEtag({ key, etag, options }: StateWrite): void {
    const current = this.get(key)?.etag;
    if (etag) {
      if (current === undefined)
        throw new EtagMismatch(`state not exist or expired for key=${key}`);
      if (current !== etag)
        throw new EtagMismatch(
          `state etag not match for key=${key}: current=${current}, expect=${etag}`,
        );
    } else if (options.concurrency === 'first-write' && current !== undefined)
      throw new EtagMismatch('item already exists and no etag was passed');
  }

  /** Frees what expired and is never asked for again. */
  private sweep(): void {
    const now = this.clock.now();
    if (now < this.sweepAt) return;
    this.sweepAt = now + SWEEP_INTERVAL;
    for (const key of this.items.keys()) this.get(key);
  }
}

/** Throws for options that no store knows. */
export function checkOptions({ concurrency, consistency }: WriteOptions): void {
  if (consistency && consistency !== 'strong' && consistency !== 'eventual')
    throw new Error(`unrecognized consistency model '${consistency}'`);
  if (
    concurrency &&
    concurrency !== 'first-write' &&
    concurrency !== 'last-write'
  )
    throw new Error(`unrecognized concurrency model '${concurrency}'`);
}

/** Milliseconds; undefined for a value that stays, which 0 and less ask for too. */
function lifetimeOf(write: StateWrite): number | undefined {
  // components-contrib does not look at the options of a delete inside a transaction.
  if (write.kind === 'delete') return undefined;
  checkOptions(write.options);
  const text = write.metadata['ttlInSeconds'];
  if (!text) return undefined;
  if (!/^[+-]?\d+$/.test(text))
    throw new Error(
      `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  const seconds = Number(text);
  if (Math.abs(seconds) >= 2 ** 63)
    throw new Error(
      `strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`,
    );
  return seconds > 0 ? seconds * 1000 : undefined;
}
