import type { ClientActor } from '../../client/actor.js';
import type { CurrentCall } from '../../contexts/current-call.js';
import type { Clock } from '../../protocol/clock.js';
import { ActorState, type ActorStateSetOptions } from '../actor-state.js';
import type { ActorLog } from './actor-log.js';
import type { Chain } from './chain.js';
import type { ActorSlot } from './slot.js';
import {
  operationsOf,
  storedOf,
  textOf,
  type Changes,
  type Passing,
  type StateChange,
  type Stored,
} from './state-changes.js';
import { KEYS, keysAfter, noteKeys } from './state-keys.js';
import { timeToLive } from './time-to-live.js';
import type { TimesToLive } from './times-to-live.js';
import { Turn } from './turn.js';

type Text = string | undefined;

/** The changes that were pending at some moment. */
export type Savepoint = ReadonlyMap<string, StateChange> | undefined;

/** What the parts of the runtime share. */
export interface ActorHost {
  readonly client: () => ClientActor;
  readonly currentCall: CurrentCall;
  readonly clock: Clock;
  readonly log: ActorLog;
  readonly timesToLive: TimesToLive;
}

/** How many keys are remembered before it is seen which of them need not be. */
const MANY = 128;

/**
 * The state of one instance. Values are kept as JSON text, so that changing an object that was handed out changes
 * neither what is remembered nor what is pending.
 */
export class StateCache extends ActorState {
  /** What `onActivate` changed is not stored yet: the instance is worth nothing if the turn fails. */
  isUnsaved = false;
  /** A transaction failed. What the sidecar made of it is unknown, so what is remembered can't be trusted. */
  isDoubtful = false;
  private known: Map<string, Stored> | undefined;
  private tidyAt = MANY;
  /** Reads under way. */
  private reads = 0;
  private pending: Changes | undefined;
  /** On its way to the store. */
  private leaving: Changes | undefined;
  private saving_: Promise<void> | undefined;

  constructor(
    private readonly slot: ActorSlot,
    private readonly host: ActorHost,
  ) {
    super();
  }

  async get(key: string, fallback?: unknown): Promise<unknown> {
    const read = this.read(key);
    const text = typeof read === 'object' ? await read : read;
    if (text === undefined) return fallback;
    const value = this.slot.type.format.valueOf(key, text);
    return value === undefined ? fallback : value;
  }

  async has(key: string): Promise<boolean> {
    return (await this.read(key)) !== undefined;
  }

  async keys(): Promise<string[]> {
    const { type } = this.slot;
    if (!type.format.keepsKeys)
      throw new Error(
        `The keys of an actor ${type.name} are not known: Dapr can't list them, and its type does not keep them. ` +
          `Write @ActorType('${type.name}', { state: { keys: true } }).`,
      );
    const stored = await this.read(KEYS);
    return Object.keys(
      keysAfter(stored, this.pending ?? [], this.host.clock.now()),
    );
  }

  set(key: string, value: unknown, options?: ActorStateSetOptions): void {
    if (value === undefined) return this.remove(key);
    const text = this.slot.type.format.textOf(key, value);
    const ttl = options?.ttl;
    this.change(key, ttl === undefined ? text : { text, ttl: timeToLive(ttl) });
  }

  remove(key: string): void {
    this.change(key, undefined);
  }

  async save(): Promise<void> {
    this.checkTurn();
    while (this.saving_) await this.saving_;
    this.checkTurn();
    const { chain } = this.slot.turns;
    if (!chain || !this.pending) return;
    if (chain.doom) throw chain.doom;
    const commit = this.commit(chain).catch((error: Error) => {
      chain.condemn(error);
      throw error;
    });
    // The turn may end without waiting for it.
    this.saving_ = commit
      .catch(() => undefined)
      .finally(() => (this.saving_ = undefined));
    await commit;
  }

  /** A `save()` under way. Never rejects. */
  get saving(): Promise<void> | undefined {
    return this.saving_;
  }

  get hasChanges(): boolean {
    return this.pending !== undefined;
  }

  savepoint(): Savepoint {
    return this.pending && new Map(this.pending);
  }

  restore(savepoint: Savepoint): void {
    this.pending = savepoint && new Map(savepoint);
  }

  /** Forgets what has been changed in this actor so far, by whichever call that is inside. */
  discard(): void {
    this.slot.turns.chain?.noteWriter(this.checkTurn());
    this.restore(undefined);
  }

  /** Stores what is pending, in one transaction. */
  async commit(chain: Chain): Promise<void> {
    const { type, id } = this.slot;
    try {
      const { timesToLive } = this.host;
      const asked = timesToLive.findOut();
      const keys = type.format.keepsKeys ? await this.lookUp(KEYS) : undefined;
      if (asked) await asked;
      if (chain.doom) throw chain.doom;
      const changes = (this.leaving = this.pending ?? new Map());
      this.pending = undefined;
      chain.noteSave();
      // Before the store begins to count.
      const now = this.host.clock.now();
      if (type.format.keepsKeys) noteKeys(changes, keys, now);
      const operations = operationsOf(changes, timesToLive.areThere);
      await this.host
        .client()
        .stateTransaction(type.name, id, operations, { signal: chain.cut });
      this.remember(changes, now);
      this.isUnsaved = false;
    } catch (error) {
      this.isDoubtful = true;
      throw error;
    } finally {
      this.leaving = undefined;
    }
  }

  private remember(changes: Changes, now: number): void {
    this.tidy();
    const known = (this.known ??= new Map());
    for (const [key, change] of changes)
      if (typeof change !== 'object') known.set(key, change);
      else {
        const { text, ttl } = change;
        known.set(key, { text, until: now + ttl * 1000 });
        this.host.timesToLive.noteTaken();
      }
  }

  /**
   * Forgets keys under which nothing is stored any more, else an actor whose keys come and go would grow without end. It
   * runs as seldom as they double.
   */
  private tidy(): void {
    const { known } = this;
    // What was stored while a read was under way tells that its answer is out of date.
    if (!known || known.size < this.tidyAt || this.reads > 0) return;
    for (const key of known.keys())
      if (known.get(key) === undefined || !this.isKnown(key)) known.delete(key);
    this.tidyAt = Math.max(MANY, known.size * 2);
  }

  private change(key: string, change: StateChange): void {
    const scope = this.checkTurn(key);
    this.slot.turns.chain?.noteWriter(scope);
    (this.pending ??= new Map()).set(key, change);
  }

  private read(key: string): Text | Promise<Text> {
    this.checkTurn(key);
    return this.lookUp(key);
  }

  private lookUp(key: string): Text | Promise<Text> {
    const map = this.mapWith(key);
    return map ? textOf(map.get(key)) : this.fetch(key);
  }

  private async fetch(key: string): Promise<Text> {
    const { type, id } = this.slot;
    const { timesToLive } = this.host;
    this.known?.delete(key);
    this.tidy();
    const asked = timesToLive.findOut();
    const { count, chain } = this.slot.turns;
    this.reads += 1;
    try {
      const answer = await this.host
        .client()
        .stateGetWithExpiry(type.name, id, key, { signal: chain?.cut });
      if (answer.expires) timesToLive.noteEnd();
      if (asked) await asked;
      // A commit may have overtaken the answer, and a change may have come while it was under way.
      const known = (this.known ??= new Map());
      if (!known.has(key)) known.set(key, storedOf(answer, count));
      return textOf((this.mapWith(key) ?? known).get(key));
    } finally {
      this.reads -= 1;
    }
  }

  /** What tells the newest of a key; undefined where the sidecar must be asked. */
  private mapWith(
    key: string,
  ): ReadonlyMap<string, StateChange | Stored> | undefined {
    if (this.pending?.has(key)) return this.pending;
    if (this.leaving?.has(key)) return this.leaving;
    return this.isKnown(key) ? this.known : undefined;
  }

  /** Whether what is remembered of a key is what the store has still. */
  private isKnown(key: string): boolean {
    const stored = this.known?.get(key);
    if (typeof stored === 'object') return this.isThere(key, stored);
    return stored !== undefined || (this.known?.has(key) ?? false);
  }

  private isThere(key: string, stored: Passing): boolean {
    if ('until' in stored) return stored.until > this.host.clock.now();
    const isOfThisChain = stored.readIn === this.slot.turns.count;
    // Nothing but this class stores the list of keys, and without an end.
    return isOfThisChain || key === KEYS || !this.host.timesToLive.areHidden;
  }

  /**
   * State belongs to a turn: what runs on after its own must not slip a change into the next one. That shows where the
   * call has a scope to hand on, a trace or a chain; code without one (a callback of some pool has lost it) is given the
   * benefit of the doubt.
   */
  private checkTurn(key?: string): Turn | undefined {
    const scope = this.host.currentCall.get();
    const turn = scope instanceof Turn ? scope : undefined;
    const { activation, turns } = this.slot;
    const isOpen = turns.chain?.isSealed === false && !turn?.hasEnded;
    if (activation?.state === this && isOpen) return turn;
    throw new Error(this.refusal(key));
  }

  private refusal(key: string | undefined): string {
    const { type, id, activation, turns } = this.slot;
    const why =
      activation?.state !== this
        ? 'Dapr has already forgotten this instance, as in onDeactivate(), so nothing could be stored'
        : turns.chain
          ? 'the turn that this code belongs to has ended; await everything that uses the state'
          : 'no turn is running; state can be used while a call is, so await everything that uses it';
    const what = key === undefined ? 'The state' : `The state "${key}"`;
    return `${what} of actor ${type.name}/${id} was used too late: ${why}.`;
  }
}
