import {
  compileRule,
  type EventPredicate,
} from '../../protocol/routing-rule.js';
import type {
  BulkSubscribeOptions,
  SubscriptionEntry,
} from '../../protocol/subscription.js';

export interface Route {
  readonly path: string;
  /** The rule as written; '' for the default. */
  readonly match: string;
  /** Undefined: always. */
  readonly applies: EventPredicate | undefined;
}

/** One topic that an application listens to, ready for deliveries. */
export interface Subscription {
  readonly pubsubname: string;
  readonly topic: string;
  readonly deadLetterTopic: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** In order; the first that applies wins. */
  readonly routes: readonly Route[];
  readonly bulkSubscribe: BulkSubscribeOptions | undefined;
  readonly type: 'PROGRAMMATIC' | 'DECLARATIVE';
}

/** @throws RoutingRuleError when a `match` does not compile */
export function compileSubscription(
  entry: SubscriptionEntry,
  type: Subscription['type'],
): Subscription {
  const rules = entry.routes?.rules ?? [];
  const fallback = entry.routes?.default || entry.route;
  const routes: Route[] = rules.map(({ match, path }) => ({
    path: withSlash(path),
    match: match.trim(),
    applies: match.trim() === '' ? undefined : compileRule(match.trim()),
  }));
  if (fallback)
    routes.push({ path: withSlash(fallback), match: '', applies: undefined });
  const { pubsubname, topic, metadata = {}, bulkSubscribe } = entry;
  const deadLetterTopic = entry.deadLetterTopic || undefined;
  return {
    pubsubname,
    topic,
    deadLetterTopic,
    metadata,
    routes,
    bulkSubscribe,
    type,
  };
}

/** The topics of an application; what it says itself replaces what files say, of files the first counts. */
export function mergeSubscriptions(
  programmatic: readonly Subscription[],
  declarative: readonly Subscription[],
): Subscription[] {
  const merged = new Map<string, Subscription>();
  for (const each of [...programmatic, ...declarative]) {
    const key = `${each.pubsubname}||${each.topic}`;
    const known = merged.get(key);
    if (!known || (known.type === 'PROGRAMMATIC' && each.type === known.type))
      merged.set(key, each);
  }
  return [...merged.values()];
}

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['', '0', 'f', 'F', 'false', 'FALSE', 'False']);

/** `rawPayload` is no boolean. */
export class RawPayloadError extends Error {
  constructor(value: string) {
    super(`rawPayload value must be a valid boolean: actual is '${value}'`);
    this.name = 'RawPayloadError';
  }
}

/**
 * The `rawPayload` of publish or subscription metadata.
 * @throws RawPayloadError
 */
export function isRawPayload(
  metadata: Readonly<Record<string, string>>,
): boolean {
  const value = metadata['rawPayload'] ?? '';
  if (!TRUE.has(value) && !FALSE.has(value)) throw new RawPayloadError(value);
  return TRUE.has(value);
}

function withSlash(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}
