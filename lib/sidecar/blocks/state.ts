import type { Clock } from '../../protocol/clock.js';
import type { Faults } from '../faults.js';
import {
  isTrue,
  metadataFor,
  metadataValue,
  type Component,
} from '../resources/component.js';
import {
  checkOptions,
  EtagMismatch,
  StateStore,
  type StateWrite,
  type StoredValue,
} from './state-store.js';
import { readQuery, runQuery, type QueryResult } from './state-query.js';

export interface StateDependencies {
  /** Those of type `state.*`. */
  readonly components: readonly Component[];
  readonly clock: Clock;
  readonly faults: Faults;
}

/** A key that Dapr refuses, since `||` is what it puts between the parts of a key. */
export class IllegalKey extends Error {
  constructor(readonly key: string) {
    super(`input key/keyPrefix '${key}' can't contain '||'`);
    this.name = 'IllegalKey';
  }
}

interface LoadedStore {
  readonly component: Component;
  readonly store: StateStore;
}

/** The state stores of the sidecar, by component name. All are held in memory, whatever their type. */
export class StateStores {
  private readonly loaded: readonly LoadedStore[];

  /** @throws Error when an app would have two actor state stores */
  constructor(private readonly deps: StateDependencies) {
    this.loaded = deps.components.map((component) => ({
      component,
      store: new StateStore(deps.clock),
    }));
    const holders = deps.components.filter(holdsActors);
    for (const [index, holder] of holders.entries())
      for (const other of holders.slice(index + 1))
        if (shareAnApp(holder, other))
          throw new Error(
            `detected duplicate actor state store: ${holder.name} and ${other.name}`,
          );
  }

  /** Whether the app may use any store. */
  hasAny(appId: string): boolean {
    return this.loaded.some(({ component }) => isInScope(component, appId));
  }

  /** The store as this app sees it; undefined when there is none of that name in its scope. */
  of(appId: string, name: string): AppState | undefined {
    const found = this.loaded.find(
      ({ component }) => component.name === name && isInScope(component, appId),
    );
    return found && new AppState(found, appId, this.deps.faults);
  }

  /** The store with `actorStateStore: "true"`; its keys are not prefixed. */
  forActors(appId: string): StateStore | undefined {
    return this.loaded.find(
      ({ component }) => holdsActors(component) && isInScope(component, appId),
    )?.store;
  }

  /** Forgets all that is stored. */
  clear(): void {
    for (const { store } of this.loaded) store.clear();
  }
}

/** One store with the keys of one app. */
export class AppState {
  private readonly store: StateStore;
  private readonly prefix: string;
  /** daprd's own in-memory store answers no queries. */
  readonly canQuery: boolean;

  constructor(
    { component, store }: LoadedStore,
    appId: string,
    private readonly faults: Faults,
  ) {
    this.store = store;
    this.prefix = prefixOf(component, appId);
    this.canQuery = component.type !== 'state.in-memory';
  }

  get(key: string): StoredValue | undefined {
    const name = this.keyOf(key);
    this.faults.check('state.read');
    return this.store.get(name);
  }

  getAll(keys: readonly string[]): readonly (StoredValue | undefined)[] {
    const names = keys.map((key) => this.keyOf(key));
    this.faults.check('state.read');
    return names.map((name) => this.store.get(name));
  }

  /** Each on its own: one that fails does not undo the others, as in daprd. */
  apply(requests: readonly StateWrite[]): void {
    const writes = requests.map((request) => this.prefixed(request));
    this.faults.check('state.write');
    const failures: Error[] = [];
    for (const write of writes)
      try {
        if (write.kind === 'delete') checkOptions(write.options);
        this.store.write([write]);
      } catch (error) {
        failures.push(error as Error);
      }
    const [first] = failures;
    if (!first) return;
    if (writes.length === 1) throw first;
    const message = failures.map((failure) => failure.message).join('\n');
    const mismatches = failures.filter(
      (failure) => failure instanceof EtagMismatch,
    );
    if (mismatches.length === failures.length) throw new EtagMismatch(message);
    throw mismatches[0] ?? new Error(message);
  }

  transact(requests: readonly StateWrite[]): void {
    const writes = requests.map((request) => this.prefixed(request));
    this.faults.check('state.write');
    this.store.write(writes);
  }

  /** @throws Error when the query is malformed */
  query(json: unknown): QueryResult {
    const query = readQuery(json);
    this.faults.check('state.read');
    return runQuery(this.own(), query);
  }

  private *own(): Iterable<[string, StoredValue]> {
    for (const [name, item] of this.store.entries()) {
      const key = name.slice(this.prefix.length);
      if (name.startsWith(this.prefix) && !key.includes('||'))
        yield [key, item];
    }
  }

  private prefixed<T extends StateWrite>(write: T): T {
    return { ...write, key: this.keyOf(write.key) };
  }

  private keyOf(key: string): string {
    if (key.includes('||')) throw new IllegalKey(key);
    return this.prefix + key;
  }
}

/** https://docs.dapr.io/developing-applications/building-blocks/state-management/howto-share-state/ */
function prefixOf(component: Component, appId: string): string {
  const metadata = metadataFor(component, appId);
  const strategy =
    metadataValue(metadata, 'keyPrefix')?.toLowerCase() ?? 'appid';
  if (strategy === 'none') return '';
  if (strategy === 'name') return `${component.name}||`;
  // daprd takes the namespace from a variable that is not set in self-hosted mode, and then the app id alone.
  if (strategy === 'appid' || strategy === 'namespace') return `${appId}||`;
  return `${strategy}||`;
}

function holdsActors(component: Component): boolean {
  return isTrue(metadataValue(component.metadata, 'actorStateStore'));
}

function isInScope({ scopes }: Component, appId: string): boolean {
  return scopes.length === 0 || scopes.includes(appId);
}

function shareAnApp(one: Component, other: Component): boolean {
  if (one.scopes.length === 0 || other.scopes.length === 0) return true;
  return one.scopes.some((appId) => other.scopes.includes(appId));
}
