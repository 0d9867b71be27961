import {
  BulkPubSubContext,
  type BulkPubSubCall,
} from '../contexts/bulk-pub-sub.context.js';
import type { BulkEntry, BulkStatus } from '../protocol/bulk.js';
import {
  isTopicEventStatus,
  type TopicEventStatus,
} from '../protocol/topic-status.js';
import type { Dispatcher } from './dispatcher.js';
import { describeTopic, type TopicHandler } from './topic-routes.js';

/** Takes a batch through its handler, which may tell the outcome of each entry. */
export async function handleBatch(
  dispatcher: Dispatcher,
  handler: TopicHandler,
  call: BulkPubSubCall,
  entries: readonly BulkEntry[],
): Promise<BulkStatus[]> {
  // All of them were broken.
  if (entries.length === 0) return [];
  const what = `a batch of ${entries.length} of ${describeTopic(call)}`;
  const statusOf = (
    status: (entry: BulkEntry) => TopicEventStatus,
  ): BulkStatus[] =>
    entries.map((entry) => ({ entryId: entry.entryId, status: status(entry) }));

  const outcome = await dispatcher.dispatchEvent(
    handler,
    entries,
    new BulkPubSubContext(call),
    () => what,
  );
  if (outcome.status !== 'SUCCESS') return statusOf(() => outcome.status);
  const { value } = outcome;
  if (!(value instanceof Map)) return statusOf(() => 'SUCCESS');
  const problem = problemOf(value, entries);
  if (problem !== undefined) {
    dispatcher.failed(handler, what, problem);
    return statusOf(() => 'RETRY');
  }
  const told = value as ReadonlyMap<string, TopicEventStatus>;
  for (const status of ['DROP', 'RETRY'] as const) {
    const count = [...told.values()].filter((each) => each === status).length;
    if (count > 0)
      dispatcher.warn(`${handler.owner} said ${status} to ${count} of ${what}`);
  }
  return statusOf(({ entryId }) => told.get(entryId) ?? 'SUCCESS');
}

/** What is wrong with an answer. Passed over, it would let messages that are meant to fail count as handled. */
function problemOf(
  told: ReadonlyMap<unknown, unknown>,
  entries: readonly BulkEntry[],
): string | undefined {
  const ids = new Set<unknown>(entries.map(({ entryId }) => entryId));
  for (const [key, status] of told) {
    if (!ids.has(key))
      return 'it returned a status for what is no entryId of the batch';
    if (!isTopicEventStatus(status))
      return 'it returned something else than "SUCCESS", "RETRY" or "DROP" for an entry';
  }
  return undefined;
}
