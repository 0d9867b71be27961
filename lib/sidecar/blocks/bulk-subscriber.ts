import { sleep } from '../../protocol/clock.js';
import { inTime, retryDelay } from '../retries.js';
import {
  bulkRequest,
  readBulkAnswer,
  readBulkMessage,
  type BulkLetter,
  type BulkOutcome,
} from './bulk-message.js';
import { setAside } from './set-aside.js';
import type { SubscriberDependencies } from './subscriber.js';
import type { Pending } from './topic-message.js';

// dapr/dapr pkg/runtime/pubsub/default_bulksub.go
const MOST_MESSAGES = 100;
const LONGEST_WAIT = 1000;

interface Item extends BulkLetter {
  readonly pending: Pending;
}

interface Waiting {
  readonly pending: Pending;
  readonly resolve: (end: 'done' | 'undone') => void;
}

/** Brings the messages of one bulk subscription to one process of the application, in batches, one after the other. */
export class BulkSubscriber {
  /** Messages in a batch. */
  readonly capacity: number;
  private readonly longestWait: number;
  private readonly waiting: Waiting[] = [];
  private isRunning = false;
  private isFull = (): void => undefined;

  constructor(private readonly deps: SubscriberDependencies) {
    const { maxMessagesCount = 0, maxAwaitDurationMs = 0 } =
      deps.subscription.bulkSubscribe ?? {};
    this.capacity = maxMessagesCount > 0 ? maxMessagesCount : MOST_MESSAGES;
    this.longestWait =
      maxAwaitDurationMs > 0 ? maxAwaitDurationMs : LONGEST_WAIT;
  }

  /** Sees one message through all its attempts, together with others, as long as the process is there. */
  async handle(pending: Pending): Promise<'done' | 'undone'> {
    const { clock, replica } = this.deps;
    const wait = pending.notBefore - clock.now();
    if (wait > 0)
      await sleep(clock, wait, replica.leaving).catch(() => undefined);
    return new Promise((resolve) => {
      this.waiting.push({ pending, resolve });
      if (this.waiting.length >= this.capacity) this.isFull();
      if (!this.isRunning) void this.run();
    });
  }

  private async run(): Promise<void> {
    const { activity, replica } = this.deps;
    this.isRunning = true;
    while (this.waiting.length > 0) {
      await this.collect();
      const batch = this.waiting.splice(0, this.capacity);
      const pendings = batch.map(({ pending }) => pending);
      const undone = replica.leaving.aborted
        ? new Set(pendings)
        : await activity.track(() => this.deliver(pendings));
      // Backwards, so that what goes back to the head of the queue stands there in its order.
      for (const { pending, resolve } of batch.reverse())
        resolve(undone.has(pending) ? 'undone' : 'done');
    }
    this.isRunning = false;
  }

  /** Resolves when a batch is full, or its first message has waited long enough. */
  private async collect(): Promise<void> {
    const { clock, replica } = this.deps;
    if (this.waiting.length >= this.capacity) return;
    const full = new AbortController();
    this.isFull = () => full.abort();
    const early = AbortSignal.any([full.signal, replica.leaving]);
    await sleep(clock, this.longestWait, early).catch(() => undefined);
  }

  /** One call for each route. Returns what has to come again when the process is back. */
  private async deliver(batch: readonly Pending[]): Promise<Set<Pending>> {
    const { clock, subscription } = this.deps;
    const byPath = new Map<string, Item[]>();
    for (const pending of batch) {
      const { message } = pending;
      const letter = readBulkMessage(message, subscription, clock.now());
      if ('problem' in letter)
        setAside(this.deps, message, letter.problem, letter.isFault);
      else
        byPath.set(letter.path, [
          ...(byPath.get(letter.path) ?? []),
          { ...letter, pending },
        ]);
    }
    const failed = new Set<Pending>();
    const undone = new Set<Pending>();
    for (const [path, items] of byPath) {
      const left = await this.deliverTo(path, items);
      const isGone = this.deps.replica.leaving.aborted;
      for (const pending of left) (isGone ? undone : failed).add(pending);
    }
    for (const pending of batch)
      if (failed.has(pending))
        setAside(this.deps, pending.message, 'failed in its handler', true);
    return undone;
  }

  /** Tries as often as the policy says what has failed; returns what is left. */
  private async deliverTo(
    path: string,
    items: readonly Item[],
  ): Promise<Pending[]> {
    const { clock, activity, replica, policy } = this.deps;
    let left = items;
    for (;;) {
      if (replica.leaving.aborted) break;
      left = await this.tryOnce(path, left);
      if (left.length === 0 || replica.leaving.aborted) break;
      const pendings = left.map(({ pending }) => pending);
      for (const pending of pendings) pending.failures += 1;
      const begun = Math.min(...pendings.map((each) => each.begun ?? 0));
      const delay = retryDelay(policy.retry, {
        failures: Math.max(...pendings.map(({ failures }) => failures)),
        elapsed: clock.now() - begun,
        // Unlike in a single delivery, a policy's statuses mean nothing to daprd here.
        status: undefined,
      });
      if (delay === undefined) break;
      for (const pending of pendings) pending.notBefore = clock.now() + delay;
      await activity
        .rest(() => sleep(clock, delay, replica.leaving))
        .catch(() => undefined);
    }
    return left.map(({ pending }) => pending);
  }

  /** Returns what has failed. */
  private async tryOnce(
    path: string,
    items: readonly Item[],
  ): Promise<readonly Item[]> {
    const { clock, replica, subscription, policy, transcript } = this.deps;
    const at = clock.now();
    for (const { pending } of items) pending.begun ??= at;
    const request = bulkRequest(path, items, subscription);
    const outcomeOf = await inTime(clock, policy.timeout, (signal) =>
      replica.request(signal ? { ...request, signal } : request),
    ).then(readBulkAnswer, () => (): BulkOutcome => 'RETRY');
    return items.filter(({ entryId, eventId, pending: { message } }) => {
      const outcome = outcomeOf(entryId);
      transcript.add({
        kind: 'topic',
        at,
        appId: replica.appId,
        name: message.topic,
        outcome: outcome === 'IGNORE' ? 'DROP' : outcome,
        ...(eventId !== undefined && { eventId }),
      });
      if (outcome === 'DROP')
        setAside(this.deps, message, 'was dropped by its handler', false);
      return outcome === 'RETRY';
    });
  }
}
