import type { StateCache } from '../actors/runtime/state.js';

/**
 * The state of an actor, by the SDK's names. A value is taken over when it is set and handed out as a copy; changes are
 * stored at the end of the turn, or by `saveState`.
 * @typeParam T of the values
 */
export class ActorStateManager<T> {
  constructor(private readonly state: () => StateCache) {}

  /** @throws Error where something is stored under that name */
  async addState(stateName: string, value: T): Promise<void> {
    if (await this.tryAddState(stateName, value)) return;
    throw new Error(`The actor state ${stateName} exists already.`);
  }

  /** Sets the value where nothing is stored under that name; tells whether it did. */
  async tryAddState(stateName: string, value: T): Promise<boolean> {
    if (await this.containsState(stateName)) return false;
    await this.setState(stateName, value);
    return true;
  }

  /** @throws Error where nothing is stored under that name */
  async getState(stateName: string): Promise<T | null> {
    const [isThere, value] = await this.tryGetState(stateName);
    if (isThere) return value;
    throw new Error(`The actor state ${stateName} was not found.`);
  }

  /** Whether something is stored under that name, and what. */
  async tryGetState(stateName: string): Promise<[boolean, T | null]> {
    const value = await this.state().get(stateName);
    return value === undefined ? [false, null] : [true, value as T];
  }

  async setState(stateName: string, value: T): Promise<void> {
    this.state().set(stateName, value);
  }

  /** @throws Error where nothing is stored under that name */
  async removeState(stateName: string): Promise<void> {
    if (await this.tryRemoveState(stateName)) return;
    throw new Error(`The actor state ${stateName} was not found.`);
  }

  /** Tells whether there was something to remove. */
  async tryRemoveState(stateName: string): Promise<boolean> {
    if (!(await this.containsState(stateName))) return false;
    this.state().remove(stateName);
    return true;
  }

  async containsState(stateName: string): Promise<boolean> {
    return this.state().has(stateName);
  }

  /** The value under that name; sets it where there is none. */
  async getOrAddState(stateName: string, value: T): Promise<T | null> {
    const [isThere, stored] = await this.tryGetState(stateName);
    if (isThere) return stored;
    await this.setState(stateName, value);
    return value;
  }

  /** Sets the value where nothing is stored under that name, else what the factory makes of what is. */
  async addOrUpdateState(
    stateName: string,
    value: T,
    updateValueFactory: (stateName: string, value: T) => T,
  ): Promise<T> {
    const [isThere, stored] = await this.tryGetState(stateName);
    const next = isThere ? updateValueFactory(stateName, stored as T) : value;
    await this.setState(stateName, next);
    return next;
  }

  /** Whether this turn has removed what was stored under that name. */
  async isStateMarkedForRemove(stateName: string): Promise<boolean> {
    const changes = this.state().savepoint();
    return changes?.has(stateName) === true && !changes.get(stateName);
  }

  /**
   * The names under which something is stored.
   * @throws Error unless `@ActorType` says `state: { keys: true }`, since Dapr can't list them
   */
  async getStateNames(): Promise<string[]> {
    return this.state().keys();
  }

  /** Forgets what has been changed in this actor and is not stored yet. */
  async clearCache(): Promise<void> {
    this.state().discard();
  }

  /** Stores now what has been changed in this actor so far; what is thrown later does not undo it. */
  async saveState(): Promise<void> {
    await this.state().save();
  }
}
