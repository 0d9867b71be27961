import { randomUUID } from 'node:crypto';
import { isExpired, type EventRecord } from '../../protocol/cloud-event.js';
import { goJson } from '../../protocol/go-json.js';
import { Headers } from '../../protocol/headers.js';
import {
  isTopicEventStatus,
  type TopicEventStatus,
} from '../../protocol/topic-status.js';
import type { AppAnswer, AppRequest } from '../app/channel.js';
import { decodeJson } from '../http/decode.js';
import { arrayOr, member, objectOr, stringOr } from '../http/members.js';
import { headerText } from './header-text.js';
import { isRawPayload, type Subscription } from './subscription.js';
import {
  eventTrace,
  parseEvent,
  route,
  type Message,
  type Undeliverable,
} from './topic-message.js';

/** One message of a batch. */
export interface BulkLetter {
  readonly entryId: string;
  readonly path: string;
  readonly trace: string | undefined;
  readonly eventId: string | undefined;
  /** JSON text. */
  readonly entry: string;
}

/** What daprd makes of a message before it puts it into a batch (pkg/runtime/subscription/bulksubscription.go). */
export function readBulkMessage(
  message: Message,
  subscription: Subscription,
  now: number,
): BulkLetter | Undeliverable {
  let event: EventRecord | undefined;
  try {
    if (!isRawPayload(subscription.metadata)) event = parseEvent(message.body);
  } catch (error) {
    return { problem: (error as Error).message, isFault: true };
  }
  if (event && isExpired(event, now))
    return { problem: 'has expired', isFault: false };
  const path = route(subscription, event ?? message.body.toString());
  if (typeof path !== 'string') return path;
  const entryId = randomUUID();
  const body = event ? goJson(event) : `"${message.body.toString('base64')}"`;
  const type = event ? 'cloudevents+json' : 'octet-stream';
  return {
    entryId,
    path,
    trace: event && eventTrace(event),
    eventId: typeof event?.['id'] === 'string' ? event['id'] : undefined,
    entry: `{"entryId":"${entryId}","event":${body},"metadata":${goJson(message.metadata ?? null)},"contentType":"application/${type}"}`,
  };
}

/** The call that brings the messages to the application. */
export function bulkRequest(
  path: string,
  letters: readonly BulkLetter[],
  { pubsubname, topic }: Subscription,
): AppRequest {
  const rest = goJson({
    id: randomUUID(),
    metadata: { pubsubName: pubsubname },
    pubsubname,
    topic,
    type: 'com.dapr.event.sent.bulk',
  });
  const entries = letters.map(({ entry }) => entry).join(',');
  const trace = letters.findLast((letter) => letter.trace)?.trace;
  return {
    verb: 'POST',
    path,
    headers: {
      'content-type': 'application/json',
      [Headers.pubsubName]: headerText(pubsubname),
      ...(trace !== undefined && { [Headers.traceparent]: headerText(trace) }),
    },
    body: `{"entries":[${entries}],${rest.slice(1)}`,
  };
}

/** `IGNORE`: done with, and not even for the dead letter topic. */
export type BulkOutcome = TopicEventStatus | 'IGNORE';

/**
 * What the application answers for each entry. What it does not name, or names with another status, has failed, unlike in
 * a single delivery.
 */
export function readBulkAnswer({
  status,
  body,
}: AppAnswer): (entryId: string) => BulkOutcome {
  if (status === 404) return () => 'IGNORE';
  if (status < 200 || status > 299) return () => 'RETRY';
  try {
    const statuses = readStatuses(body);
    return (entryId) => {
      const given = statuses.get(entryId);
      return isTopicEventStatus(given) ? given : 'RETRY';
    };
  } catch {
    return () => 'RETRY';
  }
}

function readStatuses(body: Buffer): ReadonlyMap<string, string> {
  const answer = objectOr(decodeJson(body), 'value of type AppBulkResponse');
  const statuses = arrayOr(
    member(answer, 'statuses'),
    'AppBulkResponse.statuses',
  );
  return new Map(
    statuses.map((value) => {
      const entry = objectOr(value, 'value of type AppBulkResponseEntry');
      const text = (name: string): string =>
        stringOr(member(entry, name), `AppBulkResponseEntry.${name}`) ?? '';
      return [text('entryId'), text('status')];
    }),
  );
}
