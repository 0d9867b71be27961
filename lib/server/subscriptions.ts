import { createHash } from 'node:crypto';
import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';
import type { SubscribeOptions } from '../handlers/subscribe.decorator.js';
import { compileRule } from '../protocol/routing-rule.js';
import type { SubscriptionEntry } from '../protocol/subscription.js';
import type { RegisteredHandler } from './handler-registry.js';

/** A `@Subscribe` on a method, under the deployed names. */
export interface TopicHandler extends RegisteredHandler {
  readonly pubsubName: string;
  readonly topic: string;
  readonly options: SubscribeOptions;
}

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
  readonly entry: SubscriptionEntry;
  readonly routes: readonly TopicRoute[];
}

/** A path that Dapr delivers to; without a handler it takes what no rule matched. */
export interface TopicRoute {
  readonly path: string;
  readonly handler: TopicHandler | undefined;
}

/** Under it lies nothing but deliveries; a path is never used for two topics or rules, not even by a later run. */
export const SUBSCRIPTION_PREFIX = '/dapr/sub/';

export function buildSubscriptions(
  handlers: readonly TopicHandler[],
  defaults: SubscriptionDefaults,
): Subscription[] {
  const topics = new Map<string, TopicHandler[]>();
  for (const handler of handlers) {
    const key = JSON.stringify([handler.pubsubName, handler.topic]);
    topics.set(key, [...(topics.get(key) ?? []), handler]);
  }
  const defaultOf = (topic: string): string | undefined =>
    typeof defaults.deadLetterTopic === 'function'
      ? defaults.deadLetterTopic(topic)
      : defaults.deadLetterTopic;
  const deadLetterTopics = new Set(
    handlers.flatMap(({ topic, options }) => [
      options.deadLetterTopic,
      defaultOf(topic),
    ]),
  );
  return [...topics.values()].map((group) =>
    buildSubscription(group, (topic) =>
      deadLetterTopics.has(topic) ? undefined : defaultOf(topic),
    ),
  );
}

function buildSubscription(
  handlers: readonly TopicHandler[],
  deadLetterOf: (topic: string) => string | undefined,
): Subscription {
  const [first] = handlers as [TopicHandler, ...TopicHandler[]];
  const { pubsubName, topic } = first;
  refuseDuplicates(handlers);
  const rules = orderedRules(handlers);
  const fallback = handlers.find(({ options }) => options.match === undefined);
  const deadLetterTopic =
    agreed(handlers, 'deadLetterTopic') ?? deadLetterOf(topic);
  const metadata = {
    ...agreed(handlers, 'metadata'),
    ...(agreed(handlers, 'rawPayload') && { rawPayload: 'true' }),
  };
  const defaultRoute: TopicRoute = {
    path: routePath(pubsubName, topic, ''),
    handler: fallback,
  };
  return {
    pubsubName,
    topic,
    deadLetterTopic,
    routes: [...rules.map(({ route }) => route), defaultRoute],
    entry: {
      pubsubname: pubsubName,
      topic,
      ...(deadLetterTopic !== undefined && { deadLetterTopic }),
      ...(Object.keys(metadata).length > 0 && { metadata }),
      ...(rules.length === 0
        ? { route: defaultRoute.path }
        : {
            routes: {
              rules: rules.map(({ match, route: { path } }) => ({
                match,
                path,
              })),
              default: defaultRoute.path,
            },
          }),
    },
  };
}

function refuseDuplicates(handlers: readonly TopicHandler[]): void {
  const seen = new Map<string | undefined, TopicHandler>();
  for (const handler of handlers) {
    const { match } = handler.options;
    const earlier = seen.get(match);
    if (earlier)
      throw new DaprConfigurationError(
        `${earlier.owner} and ${handler.owner} both subscribe to ${describe(handler)}` +
          `${match === undefined ? '' : ` with the match ${JSON.stringify(match)}`}. ` +
          'Dapr delivers a message to one of them only: give each a "match" of its own, or call one from the other.',
      );
    seen.set(match, handler);
  }
}

interface Rule {
  readonly match: string;
  readonly route: TopicRoute;
}

function orderedRules(handlers: readonly TopicHandler[]): Rule[] {
  const rules = handlers.filter(({ options }) => options.match !== undefined);
  const byPriority = new Map<number, TopicHandler>();
  for (const handler of rules) {
    const priority = handler.options.priority ?? 0;
    const earlier = byPriority.get(priority);
    if (earlier)
      throw new DaprConfigurationError(
        `${earlier.owner} and ${handler.owner} both have priority ${priority} among the rules of ${describe(handler)}. ` +
          'Dapr takes the first rule that matches: give each a priority of its own, lower first.',
      );
    byPriority.set(priority, handler);
  }
  return [...byPriority]
    .sort(([left], [right]) => left - right)
    .map(([, handler]) => ruleOf(handler));
}

function ruleOf(handler: TopicHandler): Rule {
  const { pubsubName, topic, options, owner } = handler;
  const match = options.match ?? '';
  try {
    compileRule(match);
  } catch (error) {
    throw new DaprConfigurationError(
      `The match ${JSON.stringify(match)} of ${owner} is no CEL expression: ${(error as Error).message}. ` +
        'With it, Dapr would drop all subscriptions of the app: ' +
        'see https://docs.dapr.io/developing-applications/building-blocks/pubsub/howto-route-messages/',
      { cause: error },
    );
  }
  return {
    match,
    route: { path: routePath(pubsubName, topic, match), handler },
  };
}

/** What belongs to the topic may stand on any of its handlers, but must not differ. */
function agreed<TKey extends 'deadLetterTopic' | 'metadata' | 'rawPayload'>(
  handlers: readonly TopicHandler[],
  key: TKey,
): SubscribeOptions[TKey] | undefined {
  const [first, ...others] = handlers.filter(
    ({ options }) => options[key] !== undefined,
  );
  for (const other of others)
    if (
      JSON.stringify(other.options[key]) !== JSON.stringify(first?.options[key])
    )
      throw new DaprConfigurationError(
        `${first?.owner} and ${other.owner} give ${describe(other)} a different "${key}". ` +
          'It belongs to the topic: state it on one of them.',
      );
  return first?.options[key];
}

function describe({ pubsubName, topic }: TopicHandler): string {
  return `topic "${topic}" of "${pubsubName}"`;
}

// Dapr uses the path as it stands, so it holds only characters that need no escaping; the hash keeps it unique.
function routePath(pubsubName: string, topic: string, match: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([pubsubName, topic, match]))
    .digest('hex')
    .slice(0, 12);
  const readable = [pubsubName, topic].map((name) =>
    name.replace(/[^A-Za-z0-9_-]+/g, '-'),
  );
  return `${SUBSCRIPTION_PREFIX}${readable.join('/')}/${hash}`;
}
