import { inspect } from 'node:util';
import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';
import { refuseUnknownOptions } from '../errors/refuse-unknown-options.js';
import type { BulkOptions } from '../handlers/bulk-options.js';
import type { BulkSubscribeOptions } from '../handlers/bulk-subscribe.decorator.js';
import type { OwnedDefinition } from '../handlers/handler.js';
import type { InvocableOptions } from '../handlers/invocable.decorator.js';
import type { OnConfigurationOptions } from '../handlers/on-configuration.decorator.js';
import type { ScheduledJobOptions } from '../handlers/scheduled-job.decorator.js';
import type { SubscribeOptions } from '../handlers/subscribe.decorator.js';

const BULK = [
  'maxMessagesCount',
  'maxAwaitDuration',
] as const satisfies readonly (keyof BulkOptions)[];

const TOPIC = [
  'match',
  'priority',
  'deadLetterTopic',
  'metadata',
  'rawPayload',
] as const satisfies readonly (keyof SubscribeOptions &
  keyof BulkSubscribeOptions)[];

const JOB = [
  'schedule',
  'dueTime',
  'repeats',
  'ttl',
  'data',
  'failurePolicy',
] as const satisfies readonly (keyof ScheduledJobOptions)[];

interface Decorator {
  readonly name: string;
  readonly options: readonly string[];
}

const DECORATORS: Readonly<Record<OwnedDefinition['kind'], Decorator>> = {
  topic: { name: '@Subscribe', options: [...TOPIC, 'bulk'] },
  batches: { name: '@BulkSubscribe', options: [...TOPIC, ...BULK] },
  binding: { name: '@InputBinding', options: [] },
  job: { name: '@ScheduledJob', options: JOB },
  configuration: {
    name: '@OnConfiguration',
    options: ['metadata'] satisfies readonly (keyof OnConfigurationOptions)[],
  },
  invocation: {
    name: '@Invocable',
    options: ['verbs'] satisfies readonly (keyof InvocableOptions)[],
  },
};

/** @throws {@link DaprConfigurationError} for an option that the decorator does not know */
export function refuseUnknownHandlerOptions(definition: OwnedDefinition): void {
  const { name, options } = DECORATORS[definition.kind];
  const decorator = `${name} of ${definition.owner}`;
  refuseUnknownOptions(decorator, options, definition.options);
  if (
    definition.kind === 'topic' &&
    typeof definition.options.bulk === 'object'
  )
    refuseUnknownOptions(
      `The "bulk" of ${decorator}`,
      BULK,
      definition.options.bulk,
    );
}

const VERBS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * The verbs as they stand in a request, in capitals.
 * @throws {@link DaprConfigurationError} for one that is none of those that an invocation has
 */
export function invocableVerbs(
  owner: string,
  { verbs }: InvocableOptions,
): readonly string[] {
  if (verbs === undefined) return VERBS;
  if (!Array.isArray(verbs))
    throw new DaprConfigurationError(
      `The "verbs" of @Invocable of ${owner} are ${inspect(verbs)}; a list is due, of any of ${VERBS.join(', ')}.`,
    );
  return verbs.map((verb: unknown) => {
    const inCapitals = String(verb).toUpperCase();
    if (VERBS.includes(inCapitals)) return inCapitals;
    throw new DaprConfigurationError(
      `@Invocable of ${owner} has the verb ${JSON.stringify(verb)}, which no handler answers. ` +
        `It takes ${VERBS.join(', ')}, in either case.`,
    );
  });
}
