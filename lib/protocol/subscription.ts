/**
 * One entry of the answer to GET /dapr/subscribe.
 * @see https://docs.dapr.io/reference/api/pubsub_api/#provide-a-route-for-dapr-to-discover-topic-subscriptions
 */
export interface SubscriptionEntry {
  readonly pubsubname: string;
  readonly topic: string;
  readonly deadLetterTopic?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly route?: string;
  readonly routes?: SubscriptionRoutes;
  readonly bulkSubscribe?: BulkSubscribeOptions;
}

export interface SubscriptionRoutes {
  readonly rules?: readonly SubscriptionRule[];
  readonly default?: string;
}

export interface SubscriptionRule {
  /** A CEL expression over `event`, the CloudEvent. */
  readonly match: string;
  readonly path: string;
}

export interface BulkSubscribeOptions {
  readonly enabled: boolean;
  readonly maxMessagesCount?: number;
  readonly maxAwaitDurationMs?: number;
}
