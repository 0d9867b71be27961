import type { PubSubCall } from '../../contexts/pub-sub.context.js';
import {
  readBulk,
  type BrokenEntry,
  type BulkEntry,
  type BulkStatus,
} from '../../protocol/bulk.js';
import type { CloudEvent } from '../../protocol/cloud-event.js';
import { Headers, type HeaderBag } from '../../protocol/headers.js';
import { handleBatch } from '../batch.js';
import type { Dispatcher } from '../dispatcher.js';
import type { Subscription } from '../subscriptions.js';
import { handleTopicEvent } from '../topic-event.js';
import { describeTopic, type TopicRoute } from '../topic-routes.js';
import { readJson } from './body.js';
import {
  callOf,
  jsonAnswer,
  type Exchange,
  type HttpCallback,
} from './exchange.js';

/**
 * A batch of messages of a topic, each with a status in the answer: Dapr takes one without for failed.
 * @see https://docs.dapr.io/reference/api/pubsub_api/#expected-http-response-for-bulk-subscribe
 */
export function bulkTopicCallback(
  dispatcher: Dispatcher,
  subscription: Subscription,
  { handler }: TopicRoute,
): HttpCallback {
  const { pubsubName, topic } = subscription;
  const oneByOne = (
    exchange: Exchange,
    entries: readonly BulkEntry[],
  ): Promise<BulkStatus[]> =>
    Promise.all(
      entries.map(async (entry) => ({
        entryId: entry.entryId,
        status: await handleTopicEvent(
          dispatcher,
          handler,
          new EntryCall(exchange, subscription, entry),
          entry.event.id || entry.entryId,
        ),
      })),
    );
  const drop = ({ entryId, problem }: BrokenEntry): BulkStatus => {
    dispatcher.warn(
      `Entry ${entryId} of ${describeTopic(subscription)} can't be read: ${problem.message}; dropped.`,
    );
    return { entryId, status: 'DROP' };
  };
  return {
    verbs: ['POST'],
    async handle(exchange) {
      const { entries, broken } = readBulk(readJson(exchange.body));
      const handled = handler?.takesBatches
        ? handleBatch(
            dispatcher,
            handler,
            callOf(exchange, { pubsubName, topic }),
            entries,
          )
        : oneByOne(exchange, entries);
      return jsonAnswer(200, {
        statuses: [...broken.map(drop), ...(await handled)],
      });
    },
  };
}

/** An entry as a context sees it: as the message would have come by itself. */
class EntryCall implements PubSubCall {
  constructor(
    private readonly exchange: Exchange,
    private readonly subscription: Subscription,
    private readonly entry: BulkEntry,
  ) {}

  get pubsubName(): string {
    return this.subscription.pubsubName;
  }

  get topic(): string {
    return this.subscription.topic;
  }

  get event(): CloudEvent {
    return this.entry.event;
  }

  get signal(): AbortSignal {
    return this.exchange.signal;
  }

  // Of a single message, daprd makes headers of its metadata and its trace. The batch has but one trace.
  get headers(): HeaderBag {
    const { metadata, event } = this.entry;
    return {
      ...Object.fromEntries(
        Object.entries(metadata).map(([name, value]) => [
          name.toLowerCase(),
          value,
        ]),
      ),
      ...this.exchange.headers,
      ...(event.traceparent && { [Headers.traceparent]: event.traceparent }),
    };
  }
}
