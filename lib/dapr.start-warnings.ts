import type { ApplicationConfig } from '@nestjs/core';
import type { ResolvedOptions } from './dapr.options.js';
import { hasGlobalEnhancers } from './server/dapr-application-config.js';
import type { Handlers } from './server/handler-registry.js';
import type { Subscription } from './server/subscriptions.js';

/** What an app should be told once, when it starts. */
export function startWarnings(
  handlers: Handlers,
  config: ApplicationConfig,
  options: ResolvedOptions,
): string[] {
  return [
    topicsThatLoseMessages(handlers),
    unprotectedRoutes(options),
    undecidedEnhancers(config, options),
  ].filter((line) => line !== undefined);
}

function topicsThatLoseMessages({
  subscriptions,
}: Handlers): string | undefined {
  const isDeadLetterTopic = (one: Subscription): boolean =>
    subscriptions.some(
      ({ pubsubName, deadLetterTopic }) =>
        pubsubName === one.pubsubName && deadLetterTopic === one.topic,
    );
  const topics = subscriptions
    .filter(
      (one) => one.deadLetterTopic === undefined && !isDeadLetterTopic(one),
    )
    .map(({ pubsubName, topic }) => `"${topic}" of "${pubsubName}"`);
  if (topics.length === 0) return undefined;
  return (
    `No dead letter topic: ${topics.join(', ')}. Without one, Dapr loses a message that is refused, ` +
    'and one that fails more often than a resiliency policy retries. ' +
    'Set deadLetterTopic on @Subscribe, or subscriptions.deadLetterTopic of DaprModule.forRoot() for all.'
  );
}

function unprotectedRoutes({ server }: ResolvedOptions): string | undefined {
  if (server.appToken || process.env['NODE_ENV'] !== 'production')
    return undefined;
  return (
    "Dapr's routes are open to every process on loopback, a proxy in the same pod included: " +
    'set APP_API_TOKEN for both the app and daprd.'
  );
}

function undecidedEnhancers(
  config: ApplicationConfig,
  { server }: ResolvedOptions,
): string | undefined {
  if (server.inheritAppConfig !== undefined || !hasGlobalEnhancers(config))
    return undefined;
  return (
    "The app's global guards, pipes, interceptors and filters do not reach Dapr's handlers and actors. " +
    'Say server.inheritAppConfig: true to DaprModule.forRoot() if they should, false to silence this line.'
  );
}
