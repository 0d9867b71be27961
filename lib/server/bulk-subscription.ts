import { isDeepStrictEqual } from 'node:util';
import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';
import type { BulkOptions } from '../handlers/bulk-options.js';
import { DurationError, toMilliseconds } from '../protocol/duration.js';
import type { BulkSubscribeOptions } from '../protocol/subscription.js';
import {
  describeTopic,
  type TopicHandler,
  type TopicHandlers,
} from './topic-routes.js';

// Go's int32, of which daprd makes both numbers; one that does not fit costs the app all its subscriptions.
const LARGEST = 2 ** 31 - 1;

/**
 * What Dapr is told of the batches of a topic; undefined for one message at a time.
 * @throws {@link DaprConfigurationError} where the handlers of the topic contradict each other
 */
export function bulkSubscribeOf(
  handlers: TopicHandlers,
): BulkSubscribeOptions | undefined {
  refuseMixture(handlers);
  const count = agreed(handlers, 'maxMessagesCount');
  const wait = agreed(handlers, 'maxAwaitDuration');
  if (!handlers.some(({ options }) => options.bulk)) return undefined;
  return {
    enabled: true,
    ...(count && { maxMessagesCount: within(count, count.value) }),
    ...(wait && {
      maxAwaitDurationMs: within(wait, milliseconds(wait)),
    }),
  };
}

function refuseMixture(handlers: TopicHandlers): void {
  const batches = handlers.find(({ takesBatches }) => takesBatches);
  const single = handlers.find(({ takesBatches }) => !takesBatches);
  if (batches && single)
    throw new DaprConfigurationError(
      `${batches.owner} takes ${describeTopic(batches)} in batches (@BulkSubscribe) and ${single.owner} one message at a time (@Subscribe). ` +
        'Decorate both alike: @Subscribe with the option "bulk" takes batches message by message.',
    );
}

/** An option as a handler states it. */
interface Stated<TKey extends keyof BulkOptions> {
  readonly key: TKey;
  readonly handler: TopicHandler;
  readonly value: NonNullable<BulkOptions[TKey]>;
}

function agreed<TKey extends keyof BulkOptions>(
  handlers: TopicHandlers,
  key: TKey,
): Stated<TKey> | undefined {
  const [first, ...others] = handlers.flatMap((handler): Stated<TKey>[] => {
    const { bulk } = handler.options;
    const value = typeof bulk === 'object' ? bulk[key] : undefined;
    return value === undefined ? [] : [{ key, handler, value }];
  });
  for (const { handler, value } of others)
    if (!isDeepStrictEqual(value, first?.value))
      throw new DaprConfigurationError(
        `${first?.handler.owner} and ${handler.owner} give ${describeTopic(handler)} a different "${key}". ` +
          'It belongs to the topic: state it on one of them.',
      );
  return first;
}

// Rounded up: Dapr takes 0 for its default.
function milliseconds(stated: Stated<'maxAwaitDuration'>): number {
  try {
    return Math.ceil(toMilliseconds(stated.value));
  } catch (error) {
    if (error instanceof DurationError) throw refusal(stated, error.message);
    throw error;
  }
}

function within(stated: Stated<keyof BulkOptions>, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= LARGEST) return value;
  throw refusal(
    stated,
    `Dapr takes whole numbers (of milliseconds) from 1 to ${LARGEST}, not ${value}`,
  );
}

function refusal(
  { key, handler }: Stated<keyof BulkOptions>,
  reason: string,
): DaprConfigurationError {
  return new DaprConfigurationError(
    `The "${key}" of ${handler.owner} is not valid: ${reason}.`,
  );
}
