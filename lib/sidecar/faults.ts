/** Where the embedded sidecar can be told to fail. */
export type FaultPoint =
  | 'publish'
  | 'state.read'
  | 'state.write'
  | 'binding'
  | 'secret'
  | 'configuration'
  | 'lock'
  | 'crypto'
  | 'job'
  | 'conversation'
  | 'invoke'
  | 'actor.invoke'
  | 'actor.timer'
  | 'actor.reminder';

/** Thrown at a point that was told to fail; the API answers it with that block's own error code and status 500. */
export class InjectedFault extends Error {
  constructor(readonly point: FaultPoint) {
    super(`injected fault at ${point}`);
    this.name = 'InjectedFault';
  }
}

/** Failures on demand, for specs of what an application does when its sidecar or store fails. */
export class Faults {
  private readonly pending = new Map<FaultPoint, number>();
  private readonly conditions = new Set<{
    point: FaultPoint;
    when: () => boolean;
  }>();

  /** The next `times` operations at `point` fail and have no effect. Actor state commits count as `state.write`. */
  failNext(point: FaultPoint, times = 1): void {
    this.pending.set(point, (this.pending.get(point) ?? 0) + times);
  }

  /** Every operation at `point` for which `when` answers true fails, until the returned function is called. */
  failWhen(point: FaultPoint, when: () => boolean): () => void {
    const condition = { point, when };
    this.conditions.add(condition);
    return () => void this.conditions.delete(condition);
  }

  /** Forgets every fault that was asked for. */
  clear(): void {
    this.pending.clear();
    this.conditions.clear();
  }

  /** @throws {@link InjectedFault} when `point` was told to fail */
  check(point: FaultPoint): void {
    const left = this.pending.get(point) ?? 0;
    if (left > 0) this.pending.set(point, left - 1);
    else if (
      ![...this.conditions].some(
        (condition) => condition.point === point && condition.when(),
      )
    )
      return;
    throw new InjectedFault(point);
  }
}
