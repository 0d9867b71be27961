import {
  isExpired,
  wrapRaw,
  type EventRecord,
} from '../../protocol/cloud-event.js';
import { goJson } from '../../protocol/go-json.js';
import { Headers } from '../../protocol/headers.js';
import { RoutingRuleError } from '../../protocol/routing-rule.js';
import { NO_TRACE } from '../trace.js';
import { headerText } from './header-text.js';
import { isRawPayload, type Subscription } from './subscription.js';

/** A message on a broker. */
export interface Message {
  readonly topic: string;
  readonly body: Buffer;
  /** Absent where it was published in bulk without any. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The body parsed, where that is known already. */
  readonly event?: EventRecord;
}

/** A message on its way to one application. It outlives restarts of the application. */
export interface Pending {
  readonly message: Message;
  failures: number;
  /** Time of the first attempt. */
  begun: number | undefined;
  /** Time of the next attempt. */
  notBefore: number;
}

/** A message as the application gets it. */
export interface Letter {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | string;
  readonly eventId: string | undefined;
}

/** Why a message reaches no handler. `isFault`: daprd hands an error to the component, else it acknowledges. */
export interface Undeliverable {
  readonly problem: string;
  readonly isFault: boolean;
}

/** What daprd makes of a message before it calls the application (pkg/runtime/subscription/subscription.go). */
export function readMessage(
  message: Message,
  subscription: Subscription,
  now: number,
  newId: string,
): Letter | Undeliverable {
  let event: EventRecord;
  let isRaw: boolean;
  try {
    isRaw = isRawPayload(subscription.metadata);
    event = isRaw
      ? wrapRaw({ ...message, pubsubname: subscription.pubsubname, newId })
      : (message.event ?? parseEvent(message.body));
  } catch (error) {
    return { problem: (error as Error).message, isFault: true };
  }
  if (isExpired(event, now)) return { problem: 'has expired', isFault: false };
  const path = route(subscription, event);
  if (typeof path !== 'string') return path;
  return {
    path,
    headers: headersFor(message, subscription, event),
    body: isRaw ? goJson(event) : message.body,
    eventId: typeof event['id'] === 'string' ? event['id'] : undefined,
  };
}

/** @throws TypeError in words that go on from "A message" */
export function parseEvent(body: Buffer): EventRecord {
  let event: unknown;
  try {
    event = JSON.parse(body.toString());
  } catch {
    throw new TypeError('is no JSON, and its subscription has no rawPayload');
  }
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    throw new TypeError(
      'is no JSON object, and its subscription has no rawPayload',
    );
  return event as EventRecord;
}

/** The path of the first route that applies; a raw message of a batch is matched as text. */
export function route(
  subscription: Subscription,
  event: EventRecord | string,
): string | Undeliverable {
  try {
    const found = subscription.routes.find(
      ({ applies }) => !applies || applies(event),
    );
    return found?.path ?? { problem: 'matches no rule', isFault: false };
  } catch (error) {
    if (!(error instanceof RoutingRuleError)) throw error;
    return {
      problem: `can't be routed, since a rule fails on it: ${error.message}`,
      isFault: true,
    };
  }
}

// Those of the connection; a metadata entry of such a name would break the request.
const UNSENDABLE = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

function headersFor(
  { metadata = {} }: Message,
  { pubsubname }: Subscription,
  event: EventRecord,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata)) {
    const header = name.toLowerCase();
    if (!UNSENDABLE.has(header)) headers[header] = headerText(value);
  }
  headers['content-type'] = 'application/cloudevents+json';
  headers[Headers.pubsubName] = headerText(pubsubname);
  const trace = eventTrace(event);
  if (trace !== undefined) headers[Headers.traceparent] = headerText(trace);
  return headers;
}

/** The header `traceparent` for an event; undefined for one that has no trace at all. */
export function eventTrace(event: EventRecord): string | undefined {
  const trace = event['traceparent'] ?? event['traceid'];
  return typeof trace === 'string' ? trace || NO_TRACE : undefined;
}
