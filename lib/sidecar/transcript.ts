/** Kinds of calls that the sidecar makes to an application. */
export type TranscriptKind =
  | 'config'
  | 'subscribe'
  | 'topic'
  | 'probe'
  | 'binding'
  | 'job'
  | 'configuration'
  | 'invocation'
  | 'actor-method'
  | 'actor-timer'
  | 'actor-reminder'
  | 'actor-deactivate';

/** One call of the sidecar to an application, and how it ended. */
export interface TranscriptEntry {
  readonly kind: TranscriptKind;
  /** Virtual or real time of the call, in milliseconds since the epoch. */
  readonly at: number;
  readonly appId: string;
  /** The topic, binding, method path, or `Type/id/name` of an actor call. */
  readonly name: string;
  /** SUCCESS, RETRY or DROP for a topic; for all others the HTTP status; `error` when there was no answer. */
  readonly outcome: string;
  /** The id of the delivered CloudEvent. */
  readonly eventId?: string;
}

/** What the sidecar asked of its applications, in order. Holds no payloads. */
export class Transcript {
  private entries: TranscriptEntry[] = [];

  /** `limit` bounds the memory of a long-lived sidecar; the oldest entries go first. */
  constructor(private readonly limit = 100_000) {}

  add(entry: TranscriptEntry): void {
    this.entries.push(entry);
    if (this.entries.length > this.limit * 2)
      this.entries = this.entries.slice(-this.limit);
  }

  all(): readonly TranscriptEntry[] {
    return this.entries;
  }

  of(kind: TranscriptKind): readonly TranscriptEntry[] {
    return this.entries.filter((entry) => entry.kind === kind);
  }

  clear(): void {
    this.entries = [];
  }
}
