import type { Message, Pending } from './topic-message.js';
import { TopicQueue } from './topic-queue.js';

interface Entry {
  readonly appId: string;
  readonly topic: string;
  readonly queue: TopicQueue<Pending>;
}

/** The queues of one pub/sub component: one per application and subscribed topic. */
export class Broker {
  private readonly exact = new Map<string, Entry[]>();
  private readonly wildcards: Entry[] = [];

  /** `hasWildcards`: a subscribed topic that ends in `*` stands for all that begin with what is before it. */
  constructor(private readonly hasWildcards: boolean) {}

  /** Every queue gets a copy of its own; with an app id, only those of that application. */
  deliver(message: Message, appId?: string): void {
    for (const entry of this.entriesOf(message.topic))
      if (appId === undefined || entry.appId === appId)
        entry.queue.push({
          message,
          failures: 0,
          begun: undefined,
          notBefore: 0,
        });
  }

  /** The queue of the application for that topic; it is there from then on. */
  queue(appId: string, topic: string): TopicQueue<Pending> {
    const entries = this.entriesFor(topic);
    const known = entries.find(
      (entry) => entry.appId === appId && entry.topic === topic,
    );
    if (known) return known.queue;
    const queue = new TopicQueue<Pending>();
    entries.push({ appId, topic, queue });
    return queue;
  }

  /** Ends the queues of the application that no process of it serves any longer; returns how many messages go. */
  forgetUnserved(appId: string): number {
    let lost = 0;
    const isOver = ({ appId: owner, queue }: Entry): boolean =>
      owner === appId && !queue.isServed;
    for (const entries of [this.wildcards, ...this.exact.values()])
      for (const entry of entries.filter(isOver)) {
        lost += entry.queue.length;
        entries.splice(entries.indexOf(entry), 1);
      }
    return lost;
  }

  /** Those whose topic matches. */
  private entriesOf(topic: string): Entry[] {
    const byWildcard = this.wildcards.filter((entry) => {
      const prefix = entry.topic.slice(0, -1);
      return topic.length > prefix.length && topic.startsWith(prefix);
    });
    return [...(this.exact.get(topic) ?? []), ...byWildcard];
  }

  /** Those where a subscription to the topic stands. */
  private entriesFor(topic: string): Entry[] {
    if (this.hasWildcards && topic.endsWith('*')) return this.wildcards;
    const entries = this.exact.get(topic) ?? [];
    this.exact.set(topic, entries);
    return entries;
  }
}
