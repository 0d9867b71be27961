import type { ClientActor, ActorStateOperation } from '../../client/actor.js';
import type { CurrentCall } from '../../contexts/current-call.js';
import { toJson } from '../../protocol/payload.js';
import { ActorState } from '../actor-state.js';
import type { ActorSlot } from './slot.js';
import { Turn } from './turn.js';

/** JSON text by key; undefined stands for nothing stored. */
type Texts = Map<string, string | undefined>;

/** The changes that were pending at some moment. */
export type Savepoint = ReadonlyMap<string, string | undefined> | undefined;

/** What the parts of the runtime share. */
export interface ActorHost {
  readonly client: () => ClientActor;
  readonly currentCall: CurrentCall;
}

/**
 * The state of one instance. Values are kept as JSON text, so that changing an object that was handed out changes
 * neither what is remembered nor what is pending.
 */
export class StateCache extends ActorState {
  private known: Texts | undefined;
  private pending: Texts | undefined;

  constructor(
    private readonly slot: ActorSlot,
    private readonly host: ActorHost,
  ) {
    super();
  }

  async get(key: string, fallback?: unknown): Promise<unknown> {
    const text = await this.read(key);
    return text === undefined ? fallback : JSON.parse(text);
  }

  async has(key: string): Promise<boolean> {
    return (await this.read(key)) !== undefined;
  }

  set(key: string, value: unknown): void {
    this.change(key, value === undefined ? undefined : toJson(value));
  }

  remove(key: string): void {
    this.change(key, undefined);
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

  /** The pending changes, as a transaction takes them. */
  operations(): ActorStateOperation[] {
    return Array.from(this.pending ?? [], ([key, text]) =>
      text === undefined
        ? { operation: 'delete', request: { key } }
        : {
            operation: 'upsert',
            request: { key, value: JSON.parse(text) as unknown },
          },
    );
  }

  /** What was pending is stored. */
  committed(): void {
    for (const [key, text] of this.pending ?? [])
      (this.known ??= new Map()).set(key, text);
    this.pending = undefined;
  }

  private change(key: string, text: string | undefined): void {
    const scope = this.checkTurn(key);
    this.slot.turns.chain?.noteWriter(scope);
    (this.pending ??= new Map()).set(key, text);
  }

  private async read(key: string): Promise<string | undefined> {
    this.checkTurn(key);
    if (this.pending?.has(key)) return this.pending.get(key);
    if (this.known?.has(key)) return this.known.get(key);
    const { type, id } = this.slot;
    const value = await this.host.client().stateGet(type.name, id, key);
    // A commit may have overtaken the answer, and a change may have come while it was under way.
    this.known ??= new Map();
    if (!this.known.has(key))
      this.known.set(
        key,
        value === undefined ? undefined : JSON.stringify(value),
      );
    return this.pending?.has(key) ? this.pending.get(key) : this.known.get(key);
  }

  /**
   * State belongs to a turn: what runs on after its own must not slip a change into the next one. That shows where the
   * call has a scope to hand on, a trace or a chain; code without one (a callback of some pool has lost it) is given the
   * benefit of the doubt.
   */
  private checkTurn(key: string): Turn | undefined {
    const scope = this.host.currentCall.get();
    const turn = scope instanceof Turn ? scope : undefined;
    const { activation, turns } = this.slot;
    const isOpen = turns.chain?.isSealed === false && !turn?.hasEnded;
    if (activation?.state === this && isOpen) return turn;
    throw new Error(this.refusal(key));
  }

  private refusal(key: string): string {
    const { type, id, activation, turns } = this.slot;
    const why =
      activation?.state !== this
        ? 'Dapr has already forgotten this instance, as in onDeactivate(), so nothing could be stored'
        : turns.chain
          ? 'the turn that this code belongs to has ended; await everything that uses the state'
          : 'no turn is running; state can be used while a call is, so await everything that uses it';
    return `The state "${key}" of actor ${type.name}/${id} was used too late: ${why}.`;
  }
}
