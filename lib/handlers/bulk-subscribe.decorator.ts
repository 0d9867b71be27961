import type { BulkOptions } from './bulk-options.js';
import { daprHandler } from './handler.js';
import type { SubscribeOptions } from './subscribe.decorator.js';

/** Those of `@Subscribe`, and the size of a batch. */
export interface BulkSubscribeOptions
  extends Omit<SubscribeOptions, 'bulk'>, BulkOptions {}

/**
 * Handles the messages of a topic in batches: the payload is a list of `BulkEntry`. What the handler returns:
 * - a `Map` from entry ids to `TopicEventStatus`: the status of each entry; those that it does not name are SUCCESS. A
 *   key that is no entry of the batch, or a value that is no status, fails the whole batch
 * - `'RETRY'` or `'DROP'`: that for all
 * - nothing, or anything else: SUCCESS for all
 *
 * Throwing means the same for all entries as it does for one message of `@Subscribe`. An entry that can't be read is
 * dropped with a warning and is not part of the list; pipes see the list, so per-message validation needs `@Subscribe`
 * with its option `bulk`.
 *
 * @param pubsubName name of the pub/sub component
 * @param topic name of the topic; all its handlers take batches, or none
 * @see https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-bulk/
 */
export function BulkSubscribe(
  pubsubName: string,
  topic: string,
  options: BulkSubscribeOptions = {},
): MethodDecorator {
  return daprHandler({ kind: 'batches', pubsubName, topic, options });
}
