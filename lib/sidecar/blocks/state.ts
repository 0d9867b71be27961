import type { Clock } from '../../protocol/clock.js';
import type { Faults } from '../faults.js';

/** What the state block needs to know of a component of type `state.*`. */
export interface StateComponent {
  readonly name: string;
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The app ids that may use it; absent or empty: all. */
  readonly scopes?: readonly string[];
}

export interface StateDependencies {
  readonly components: readonly StateComponent[];
  readonly clock: Clock;
  readonly faults: Faults;
}

/** The state stores of the sidecar, by component name. */
export class StateStores {
  constructor(private readonly deps: StateDependencies) {}

  /** Forgets all that is stored. */
  clear(): void {
    void this.deps;
  }
}
