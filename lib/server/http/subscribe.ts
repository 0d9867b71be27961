import type { Subscription } from '../subscriptions.js';
import { jsonAnswer, type HttpCallback } from './exchange.js';

/**
 * GET /dapr/subscribe: the topics, asked for once in a daprd's life.
 * @see https://docs.dapr.io/reference/api/pubsub_api/#provide-a-route-for-dapr-to-discover-topic-subscriptions
 */
export function subscribeCallback(
  subscriptions: readonly Subscription[],
): HttpCallback {
  const entries = subscriptions.map(({ entry }) => entry);
  return { verbs: ['GET'], handle: () => jsonAnswer(200, entries) };
}
