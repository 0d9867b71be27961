import { readCloudEvent } from '../../protocol/cloud-event.js';
import type { TopicEventStatus } from '../../protocol/topic-status.js';
import type { Dispatcher } from '../dispatcher.js';
import type { Subscription } from '../subscriptions.js';
import { handleTopicEvent } from '../topic-event.js';
import type { TopicRoute } from '../topic-routes.js';
import { readJson } from './body.js';
import { callOf, type Answer, type HttpCallback } from './exchange.js';

/**
 * A message of a topic. What the handler returns is never part of the answer: daprd would read its `status`.
 * @see https://docs.dapr.io/reference/api/pubsub_api/#expected-http-response
 */
export function topicCallback(
  dispatcher: Dispatcher,
  { pubsubName, topic }: Subscription,
  { handler }: TopicRoute,
): HttpCallback {
  return {
    verbs: ['POST'],
    async handle(exchange) {
      const event = readCloudEvent(readJson(exchange.body));
      const call = callOf(exchange, { pubsubName, topic, event });
      return ANSWERS[await handleTopicEvent(dispatcher, handler, call)];
    },
  };
}

const ANSWERS: Readonly<Record<TopicEventStatus, Answer>> = {
  SUCCESS: answer('SUCCESS'),
  RETRY: answer('RETRY'),
  DROP: answer('DROP'),
};

function answer(status: TopicEventStatus): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: `{"status":"${status}"}`,
  };
}
