import { createHash } from 'node:crypto';
import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';
import type { SubscribeOptions } from '../handlers/subscribe.decorator.js';
import { compileRule } from '../protocol/routing-rule.js';
import type { RegisteredHandler } from './handler-registry.js';

/** A `@Subscribe` or `@BulkSubscribe` on a method, under the deployed names. */
export interface TopicHandler extends RegisteredHandler {
  readonly pubsubName: string;
  readonly topic: string;
  readonly options: SubscribeOptions;
  /** Runs once for a batch rather than once for each of its messages. */
  readonly takesBatches: boolean;
}

/** The handlers of one topic. */
export type TopicHandlers = readonly [TopicHandler, ...TopicHandler[]];

/** A path that Dapr delivers to; without a handler it takes what no rule matched. */
export interface TopicRoute {
  readonly path: string;
  readonly handler: TopicHandler | undefined;
}

/** A route for the events that `match` is true of. */
export interface TopicRule {
  readonly match: string;
  readonly route: TopicRoute;
}

export interface TopicRoutes {
  /** By priority: the first that matches takes the event. */
  readonly rules: readonly TopicRule[];
  /** Takes what no rule matches. */
  readonly fallback: TopicRoute;
}

/** Under it lies nothing but deliveries. */
export const SUBSCRIPTION_PREFIX = '/dapr/sub/';

/** @throws {@link DaprConfigurationError} for rules that contradict each other, or are no CEL */
export function topicRoutes(
  handlers: TopicHandlers,
  isBulk: boolean,
): TopicRoutes {
  const ordered = orderedRules(handlers);
  const pathOf = routePaths(
    handlers[0],
    ordered.map(({ options }) => options.match),
    isBulk,
  );
  return {
    rules: ordered.map((handler) => {
      const match = compiled(handler);
      return { match, route: { path: pathOf(match), handler } };
    }),
    fallback: { path: pathOf(undefined), handler: fallbackOf(handlers) },
  };
}

function fallbackOf(handlers: TopicHandlers): TopicHandler | undefined {
  const [handler, other] = handlers.filter(
    ({ options }) => options.match === undefined,
  );
  if (handler && other) throw duplicate(handler, other);
  return handler;
}

function orderedRules(handlers: TopicHandlers): TopicHandler[] {
  const byMatch = new Map<string, TopicHandler>();
  const byPriority = new Map<number, TopicHandler>();
  for (const handler of handlers) {
    const { match, priority = 0 } = handler.options;
    if (match === undefined) continue;
    const same = byMatch.get(match);
    if (same) throw duplicate(same, handler);
    byMatch.set(match, handler);
    const earlier = byPriority.get(priority);
    if (earlier)
      throw new DaprConfigurationError(
        `${earlier.owner} and ${handler.owner} both have priority ${priority} among the rules of ${describeTopic(handler)}. ` +
          'Dapr takes the first rule that matches: give each a priority of its own, lower first.',
      );
    byPriority.set(priority, handler);
  }
  return [...byPriority]
    .sort(([left], [right]) => left - right)
    .map(([, handler]) => handler);
}

/** For messages. */
export function describeTopic({
  pubsubName,
  topic,
}: Pick<TopicHandler, 'pubsubName' | 'topic'>): string {
  return `topic "${topic}" of "${pubsubName}"`;
}

function duplicate(
  earlier: TopicHandler,
  handler: TopicHandler,
): DaprConfigurationError {
  const { match } = handler.options;
  return new DaprConfigurationError(
    `${earlier.owner} and ${handler.owner} both subscribe to ${describeTopic(handler)}` +
      `${match === undefined ? '' : ` with the match ${JSON.stringify(match)}`}. ` +
      'Dapr delivers a message to one of them only: give each a "match" of its own, or call one from the other.',
  );
}

function compiled({ owner, options: { match = '' } }: TopicHandler): string {
  try {
    compileRule(match);
    return match;
  } catch (error) {
    throw new DaprConfigurationError(
      `The match ${JSON.stringify(match)} of ${owner} is no CEL expression: ${(error as Error).message}. ` +
        'With it, Dapr would drop all subscriptions of the app: ' +
        'see https://docs.dapr.io/developing-applications/building-blocks/pubsub/howto-route-messages/',
      { cause: error },
    );
  }
}

/**
 * Gives each rule of a topic its path. The hash depends on all rules: a sidecar that still decides by those of an
 * earlier run finds no route, rather than a handler that the message is not for; so does one that sends single messages
 * where batches are due, or batches where none are. Dapr uses the path as it stands, so it holds only characters that
 * need no escaping.
 */
function routePaths(
  { pubsubName, topic }: TopicHandler,
  matches: readonly unknown[],
  isBulk: boolean,
): (match: string | undefined) => string {
  const readable = [pubsubName, topic].map((name) =>
    name.replace(/[^A-Za-z0-9_-]+/g, '-'),
  );
  return (match) => {
    const hash = createHash('sha256')
      .update(
        JSON.stringify([
          pubsubName,
          topic,
          matches,
          match,
          ...(isBulk ? ['bulk'] : []),
        ]),
      )
      .digest('hex')
      .slice(0, 12);
    return `${SUBSCRIPTION_PREFIX}${readable.join('/')}/${hash}`;
  };
}
