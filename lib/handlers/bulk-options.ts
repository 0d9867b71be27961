import type { Duration } from '../protocol/duration.js';

/**
 * How large the batches of a topic become. Belongs to the topic.
 * @see https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-bulk/
 */
export interface BulkOptions {
  /** Messages of a batch at most. Default: Dapr's, 100. `server.bodyLimit` holds for the batch as a whole. */
  readonly maxMessagesCount?: number | undefined;
  /** How long Dapr waits for a batch to fill, to the millisecond. Default: Dapr's, 1 s. */
  readonly maxAwaitDuration?: Duration | undefined;
}
