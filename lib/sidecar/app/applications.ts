import type { Replica } from './replica.js';

/** The connected processes by app id; those of one application take turns. */
export class Applications {
  private readonly replicas = new Map<string, Replica[]>();

  add(replica: Replica): void {
    const others = this.replicas.get(replica.appId) ?? [];
    this.replicas.set(replica.appId, [...others, replica]);
  }

  remove(replica: Replica): void {
    const others = this.replicas.get(replica.appId) ?? [];
    this.replicas.set(
      replica.appId,
      others.filter((other) => other !== replica),
    );
  }

  /** Whether there ever was a process of that application. */
  knows(appId: string): boolean {
    return this.replicas.has(appId);
  }

  /** The process whose turn it is. */
  next(appId: string): Replica | undefined {
    const replicas = this.replicas.get(appId);
    const next = replicas?.shift();
    if (next) replicas?.push(next);
    return next;
  }
}
