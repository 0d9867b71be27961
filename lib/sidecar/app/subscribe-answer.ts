import type {
  BulkSubscribeOptions,
  SubscriptionEntry,
  SubscriptionRule,
} from '../../protocol/subscription.js';
import { decodeJson } from '../http/decode.js';
import {
  arrayOr,
  booleanOr,
  member,
  mismatch,
  objectOr,
  stringMapOr,
  stringOr,
} from '../http/members.js';

/**
 * Reads the answer to GET /dapr/subscribe as daprd does; one member of a wrong type spoils the whole list.
 * @throws DecodeError
 */
export function readSubscribeAnswer(body: Buffer): SubscriptionEntry[] {
  if (body.toString().trim() === '') return [];
  return arrayOr(
    decodeJson(body),
    'value of type []pubsub.SubscriptionJSON',
  ).map(readEntry);
}

function readEntry(value: unknown): SubscriptionEntry {
  const entry = objectOr(value, 'value of type pubsub.SubscriptionJSON');
  const text = (name: string): string =>
    stringOr(member(entry, name), `SubscriptionJSON.${name}`) ?? '';
  const routes = objectOr(
    member(entry, 'routes'),
    'struct field SubscriptionJSON.routes of type pubsub.RoutesJSON',
  );
  const rules = arrayOr(
    member(routes, 'rules'),
    'struct field RoutesJSON.routes.rules of type []*pubsub.RuleJSON',
  );
  return {
    pubsubname: text('pubsubname'),
    topic: text('topic'),
    deadLetterTopic: text('deadLetterTopic'),
    route: text('route'),
    metadata: stringMapOr(
      member(entry, 'metadata'),
      'SubscriptionJSON.metadata',
    ),
    routes: {
      rules: rules.map(readRule),
      default:
        stringOr(member(routes, 'default'), 'RoutesJSON.routes.default') ?? '',
    },
    bulkSubscribe: readBulk(member(entry, 'bulkSubscribe')),
  };
}

function readRule(value: unknown): SubscriptionRule {
  const rule = objectOr(value, 'value of type pubsub.RuleJSON');
  return {
    match: stringOr(member(rule, 'match'), 'RuleJSON.match') ?? '',
    path: stringOr(member(rule, 'path'), 'RuleJSON.path') ?? '',
  };
}

function readBulk(value: unknown): BulkSubscribeOptions {
  const bulk = objectOr(
    value,
    'struct field SubscriptionJSON.bulkSubscribe of type pubsub.BulkSubscribeJSON',
  );
  const number = (name: string): number => {
    const count = member(bulk, name) ?? 0;
    if (typeof count === 'number') return count;
    throw mismatch(
      count,
      `struct field BulkSubscribeJSON.${name} of type int32`,
    );
  };
  return {
    enabled:
      booleanOr(member(bulk, 'enabled'), 'BulkSubscribeJSON.enabled') ?? false,
    maxMessagesCount: number('maxMessagesCount'),
    maxAwaitDurationMs: number('maxAwaitDurationMs'),
  };
}
