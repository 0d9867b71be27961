import { LONGEST_GO_DURATION, parseGoDuration } from './go-duration.js';
import { parseExactJson } from './go-json.js';
import { mediaType } from './media-type.js';
import { localTimestamp, parseTimestamp, utcTimestamp } from './timestamp.js';

/** A CloudEvent as it travels. */
export type EventRecord = Record<string, unknown>;

/** A message as it was published. */
export interface WrapInput {
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly topic: string;
  readonly pubsubname: string;
  /** The publisher's app id. */
  readonly source: string;
  /** Metadata of the publish, without the prefix `metadata.`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** '' where the publisher sent none. */
  readonly traceparent: string;
  readonly tracestate?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly newId: string;
}

export type WrapRawInput = Pick<
  WrapInput,
  'body' | 'topic' | 'pubsubname' | 'newId'
>;

/** The body can't become an event; daprd answers 500 ERR_PUBSUB_CLOUD_EVENTS_SER. */
export class CloudEventError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CloudEventError';
  }
}

const SPEC_VERSION = '1.0';
const DEFAULT_SOURCE = 'Dapr';
const DEFAULT_TYPE = 'com.dapr.event.sent';

/**
 * The event that daprd makes of a publish (pkg/runtime/pubsub/cloudevents.go, components-contrib pubsub/envelope.go).
 * Integers beyond 2^53 in JSON data are BigInts.
 * @throws CloudEventError for an `application/cloudevents+json` body that is no JSON object
 */
export function wrapEvent(input: WrapInput): { event: EventRecord } {
  const type = mediaType(input.contentType ?? '');
  const event =
    type === 'application/cloudevents+json' ? given(input) : wrapped(input);
  const ttl = timeToLive(input.metadata);
  if (ttl !== undefined) event['expiration'] = utcTimestamp(input.now + ttl);
  return { event };
}

/** What a subscription with `rawPayload: "true"` gets of any message. */
export function wrapRaw(input: WrapRawInput): EventRecord {
  return {
    id: input.newId,
    specversion: SPEC_VERSION,
    datacontenttype: 'application/octet-stream',
    source: DEFAULT_SOURCE,
    type: DEFAULT_TYPE,
    topic: input.topic,
    pubsubname: input.pubsubname,
    data_base64: input.body.toString('base64'),
  };
}

/** Whether the event's `expiration` is in the past; false without one, or with one that can't be read. */
export function isExpired(event: Readonly<EventRecord>, now: number): boolean {
  const { expiration } = event;
  const time =
    typeof expiration === 'string' ? parseTimestamp(expiration) : undefined;
  // On daprd's clock the two are never the same; on one that stands still they are.
  return time !== undefined && time <= now;
}

function given(input: WrapInput): EventRecord {
  const event = readObject(input.body);
  if (!('time' in event)) event['time'] = localTimestamp(input.now);
  if (!('traceid' in event)) {
    event['traceid'] = input.traceparent;
    event['traceparent'] = input.traceparent;
  }
  if (!('tracestate' in event)) event['tracestate'] = input.tracestate ?? '';
  event['topic'] = input.topic;
  event['pubsubname'] = input.pubsubname;
  event['source'] ??= DEFAULT_SOURCE;
  event['type'] ??= DEFAULT_TYPE;
  event['specversion'] ??= SPEC_VERSION;
  return event;
}

function readObject(body: Buffer): EventRecord {
  let json: unknown;
  try {
    json = parseExactJson(body.toString());
  } catch {
    throw new CloudEventError('cannot create cloudevent');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new CloudEventError('cannot create cloudevent');
  return json as EventRecord;
}

function wrapped(input: WrapInput): EventRecord {
  const override = overrides(input.metadata);
  const contentType = input.contentType || 'text/plain';
  const trace =
    override('traceparent') || override('traceid', input.traceparent);
  const subject = override('subject');
  return {
    id: override('id') || input.newId,
    specversion: SPEC_VERSION,
    datacontenttype: contentType,
    source: override('source', input.source) || DEFAULT_SOURCE,
    type: override('type') || DEFAULT_TYPE,
    topic: input.topic,
    pubsubname: input.pubsubname,
    traceid: trace,
    traceparent: trace,
    tracestate: override('tracestate', input.tracestate),
    time: localTimestamp(input.now),
    ...dataOf(input.body, mediaType(contentType)),
    ...(subject && { subject }),
  };
}

/** Publish metadata such as `cloudevent.type`; its names are read without case. */
function overrides(
  metadata: Readonly<Record<string, string>>,
): (name: string, otherwise?: string) => string {
  const given = new Map(
    Object.entries(metadata).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]),
  );
  return (name, otherwise = '') => given.get(`cloudevent.${name}`) ?? otherwise;
}

function dataOf(body: Buffer, type: string): EventRecord {
  if (
    type === 'application/octet-stream' ||
    type === 'application/cloudevents+protobuf'
  )
    return { data_base64: body.toString('base64') };
  if (type !== 'application/json') return { data: body.toString() };
  try {
    return { data: parseExactJson(body.toString()) };
  } catch {
    return { data: body.toString() };
  }
}

/** Milliseconds of `ttlInSeconds` (or `ttl`): a Go duration or whole seconds. daprd passes over what it can't read. */
function timeToLive(
  metadata: Readonly<Record<string, string>>,
): number | undefined {
  const named = (wanted: string): string | undefined =>
    Object.entries(metadata).find(
      ([name]) => name.toLowerCase() === wanted,
    )?.[1];
  const text = named('ttl') ?? named('ttlinseconds');
  if (!text) return undefined;
  // A bare 0 is a duration in Go, so it expires at once, while -1 is passed over.
  const duration = parseGoDuration(text);
  if (duration !== undefined) return Math.max(0, duration);
  if (!/^[+-]?\d+$/.test(text) || Number(text) <= 0) return undefined;
  return Math.min(Number(text) * 1000, LONGEST_GO_DURATION);
}
