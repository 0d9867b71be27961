import { isDeepStrictEqual } from 'node:util';
import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';
import type { SubscribeOptions } from '../handlers/subscribe.decorator.js';
import type { SubscriptionEntry } from '../protocol/subscription.js';
import { bulkSubscribeOf } from './bulk-subscription.js';
import {
  describeTopic,
  topicRoutes,
  type TopicHandler,
  type TopicHandlers,
  type TopicRoute,
} from './topic-routes.js';

export interface SubscriptionDefaults {
  /** The dead letter topic of a topic that names none. */
  readonly deadLetterTopic?:
    string | ((topic: string) => string | undefined) | undefined;
}

/** A topic with the routes of its handlers. */
export interface Subscription {
  readonly pubsubName: string;
  readonly topic: string;
  readonly deadLetterTopic: string | undefined;
  /** Its deliveries are batches. */
  readonly isBulk: boolean;
  readonly entry: SubscriptionEntry;
  readonly routes: readonly TopicRoute[];
}

/** @throws {@link DaprConfigurationError} where handlers contradict each other */
export function buildSubscriptions(
  handlers: readonly TopicHandler[],
  defaults: SubscriptionDefaults,
): Subscription[] {
  const topics = byTopic(handlers);
  const deadLetterTopics = new Set(
    topics.map((group) => {
      const topic = own(group) ?? defaultOf(group, defaults);
      return topic && topicKey({ ...group[0], topic });
    }),
  );
  return topics.map((group) => {
    const isDeadLetterTopic = deadLetterTopics.has(topicKey(group[0]));
    return buildSubscription(
      group,
      own(group) ??
        (isDeadLetterTopic ? undefined : defaultOf(group, defaults)),
    );
  });
}

function byTopic(handlers: readonly TopicHandler[]): TopicHandlers[] {
  const topics = new Map<string, TopicHandlers>();
  for (const handler of handlers) {
    const key = topicKey(handler);
    const others = topics.get(key);
    topics.set(key, others ? [...others, handler] : [handler]);
  }
  return [...topics.values()];
}

function topicKey({
  pubsubName,
  topic,
}: Pick<TopicHandler, 'pubsubName' | 'topic'>): string {
  return JSON.stringify([pubsubName, topic]);
}

function own(handlers: TopicHandlers): string | undefined {
  return agreed(handlers, 'deadLetterTopic');
}

function defaultOf(
  [{ topic }]: TopicHandlers,
  { deadLetterTopic }: SubscriptionDefaults,
): string | undefined {
  return typeof deadLetterTopic === 'function'
    ? deadLetterTopic(topic)
    : deadLetterTopic;
}

function buildSubscription(
  handlers: TopicHandlers,
  deadLetterTopic: string | undefined,
): Subscription {
  const [first] = handlers;
  const { pubsubName, topic } = first;
  if (deadLetterTopic === topic)
    throw new DaprConfigurationError(
      `${first.owner} subscribes to ${describeTopic(first)}, which is its own dead letter topic. ` +
        'Dapr would deliver a refused message to it for ever: name another topic.',
    );
  const bulkSubscribe = bulkSubscribeOf(handlers);
  const { rules, fallback } = topicRoutes(
    handlers,
    bulkSubscribe !== undefined,
  );
  const metadata = {
    ...agreed(handlers, 'metadata'),
    ...(agreed(handlers, 'rawPayload') && { rawPayload: 'true' }),
  };
  return {
    pubsubName,
    topic,
    deadLetterTopic,
    isBulk: bulkSubscribe !== undefined,
    routes: [...rules.map(({ route }) => route), fallback],
    entry: {
      pubsubname: pubsubName,
      topic,
      ...(deadLetterTopic !== undefined && { deadLetterTopic }),
      ...(Object.keys(metadata).length > 0 && { metadata }),
      ...(bulkSubscribe && { bulkSubscribe }),
      ...(rules.length === 0
        ? { route: fallback.path }
        : {
            routes: {
              rules: rules.map(({ match, route: { path } }) => ({
                match,
                path,
              })),
              default: fallback.path,
            },
          }),
    },
  };
}

/** What belongs to the topic may stand on any of its handlers, but must not differ. */
function agreed<TKey extends 'deadLetterTopic' | 'metadata' | 'rawPayload'>(
  handlers: TopicHandlers,
  key: TKey,
): SubscribeOptions[TKey] | undefined {
  const [first, ...others] = handlers.filter(
    ({ options }) => options[key] !== undefined,
  );
  for (const other of others)
    if (!isDeepStrictEqual(other.options[key], first?.options[key]))
      throw new DaprConfigurationError(
        `${first?.owner} and ${other.owner} give ${describeTopic(other)} a different "${key}". ` +
          'It belongs to the topic: state it on one of them.',
      );
  return first?.options[key];
}
