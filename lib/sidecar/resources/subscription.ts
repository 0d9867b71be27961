import { compileRule, RoutingRuleError } from '../../protocol/routing-rule.js';
import type {
  BulkSubscribeOptions,
  SubscriptionEntry,
  SubscriptionRule,
} from '../../protocol/subscription.js';
import type { Fields } from './fields.js';
import type { Manifest } from './manifests.js';

/** A subscription that stands in a file and not in the application. */
export interface DeclarativeSubscription {
  readonly name: string;
  readonly entry: SubscriptionEntry;
  readonly scopes: readonly string[];
}

/** @see https://docs.dapr.io/reference/resource-specs/subscription-schema/ */
export function readSubscription(manifest: Manifest): DeclarativeSubscription {
  const spec = manifest.fields.fields('spec');
  const deadLetterTopic = spec.text('deadLetterTopic');
  const metadata = spec.textMap('metadata');
  const bulkSubscribe = readBulk(spec);
  const entry: SubscriptionEntry = {
    pubsubname: spec.requiredText('pubsubname'),
    topic: spec.requiredText('topic'),
    ...(manifest.version === 'v1alpha1'
      ? { route: spec.requiredText('route') }
      : { routes: readRoutes(spec) }),
    ...(deadLetterTopic && { deadLetterTopic }),
    ...(metadata && { metadata }),
    ...(bulkSubscribe && { bulkSubscribe }),
  };
  return { name: manifest.name, entry, scopes: manifest.scopes };
}

function readRoutes(spec: Fields): NonNullable<SubscriptionEntry['routes']> {
  const routes = spec.fields('routes');
  const rules = routes.list('rules').map(readRule);
  const fallback = routes.text('default');
  if (rules.length === 0 && !fallback)
    spec.fail('routes', 'needs a default, or rules with match and path');
  return { rules, ...(fallback && { default: fallback }) };
}

function readRule(rule: Fields): SubscriptionRule {
  const match = rule.text('match') ?? '';
  try {
    if (match.trim() !== '') compileRule(match);
  } catch (error) {
    if (!(error instanceof RoutingRuleError)) throw error;
    rule.fail('match', `is no valid rule: ${error.message}`);
  }
  return { match, path: rule.requiredText('path') };
}

function readBulk(spec: Fields): BulkSubscribeOptions | undefined {
  if (!spec.has('bulkSubscribe')) return undefined;
  const bulk = spec.fields('bulkSubscribe');
  const maxMessagesCount = bulk.integer('maxMessagesCount');
  const maxAwaitDurationMs = bulk.integer('maxAwaitDurationMs');
  return {
    enabled: bulk.flag('enabled') ?? false,
    ...(maxMessagesCount !== undefined && { maxMessagesCount }),
    ...(maxAwaitDurationMs !== undefined && { maxAwaitDurationMs }),
  };
}
