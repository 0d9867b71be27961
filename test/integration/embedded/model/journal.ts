/** What callers were told: `cut` where the connection ended before an answer. */
export type Outcome = 'ok' | 'failed' | 'cut';

/** What a run's calls came to, as their callers saw it. */
export class Journal {
  readonly outcomes = new Map<string, Outcome>();
  /** Reminders whose registration was acknowledged, by name, and the actor they are for. */
  readonly reminders = new Map<string, string>();
  /** Set while connections may be cut: then a failure tells nothing. */
  isCutting = false;

  clear(): void {
    this.outcomes.clear();
    this.reminders.clear();
    this.isCutting = false;
  }

  /** Notes how the call of that name ends, and hands it on. */
  async outcomeOf<T>(name: string, call: Promise<T>): Promise<T> {
    try {
      const result = await call;
      this.outcomes.set(name, 'ok');
      return result;
    } catch (error) {
      this.outcomes.set(name, this.isCutting ? 'cut' : 'failed');
      throw error;
    }
  }

  registered(name: string, actorId: string): void {
    this.reminders.set(name, actorId);
  }
}
