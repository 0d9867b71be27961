import { isJsonType, mediaType } from './media-type.js';
import { PayloadError } from './payload-error.js';
import { decodePayload } from './payload.js';

export {
  CloudEventError,
  isExpired,
  wrapEvent,
  wrapRaw,
  type EventRecord,
  type WrapInput,
  type WrapRawInput,
} from './cloud-event-wrap.js';

/** The attributes of a {@link CloudEvent}, for making one by hand. */
export type CloudEventAttributes<T = unknown> = Pick<
  CloudEvent<T>,
  'id' | 'source' | 'type' | 'data'
> &
  Partial<CloudEvent<T>>;

/**
 * A delivered message with its envelope.
 * @see https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-cloudevents/
 */
export class CloudEvent<T = unknown> {
  /** '' where the publisher gave none: Dapr adds ids only to what it wraps. */
  readonly id: string;
  /** App id of the publisher, where Dapr wrapped the message. */
  readonly source: string;
  readonly type: string;
  /** '' for a message that was published raw and is no event. */
  readonly specversion: string;
  readonly datacontenttype: string | undefined;
  readonly subject: string | undefined;
  /** RFC 3339 text. */
  readonly time: string | undefined;
  /** The topic it was published to; a dead letter keeps the original one. */
  readonly topic: string | undefined;
  readonly pubsubname: string | undefined;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  /** The payload, decoded by `datacontenttype`; bytes as a Buffer. Undefined where the event has none. */
  readonly data: T;
  /** All other attributes, as they came. */
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(attributes: CloudEventAttributes<T>) {
    this.id = attributes.id;
    this.source = attributes.source;
    this.type = attributes.type;
    this.specversion = attributes.specversion ?? '1.0';
    this.datacontenttype = attributes.datacontenttype;
    this.subject = attributes.subject;
    this.time = attributes.time;
    this.topic = attributes.topic;
    this.pubsubname = attributes.pubsubname;
    this.traceparent = attributes.traceparent;
    this.tracestate = attributes.tracestate;
    this.data = attributes.data;
    this.extensions = attributes.extensions ?? {};
  }
}

const ATTRIBUTES = new Set([
  'id',
  'source',
  'type',
  'specversion',
  'datacontenttype',
  'subject',
  'time',
  'topic',
  'pubsubname',
  'traceparent',
  'tracestate',
  'data',
  'data_base64',
]);

/**
 * Reads the parsed body of a topic delivery. An object without `specversion` is a message published raw: the data is the
 * whole object.
 * @throws PayloadError for what is no object, or whose data is not what it says
 */
export function readCloudEvent(json: unknown): CloudEvent {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new PayloadError('a CloudEvent must be a JSON object');
  const event = json as Record<string, unknown>;
  if (typeof event['specversion'] !== 'string')
    return new CloudEvent({
      id: '',
      source: '',
      type: '',
      specversion: '',
      data: event,
    });
  return new CloudEvent({
    id: text(event['id']) ?? '',
    source: text(event['source']) ?? '',
    type: text(event['type']) ?? '',
    specversion: event['specversion'],
    datacontenttype: text(event['datacontenttype']),
    subject: text(event['subject']),
    time: text(event['time']),
    topic: text(event['topic']),
    pubsubname: text(event['pubsubname']),
    traceparent: text(event['traceparent']),
    tracestate: text(event['tracestate']),
    data: readData(event),
    extensions: Object.fromEntries(
      Object.entries(event).filter(([name]) => !ATTRIBUTES.has(name)),
    ),
  });
}

function text(attribute: unknown): string | undefined {
  return attribute === undefined || attribute === null
    ? undefined
    : String(attribute as string);
}

function readData(event: Readonly<Record<string, unknown>>): unknown {
  const { data, data_base64: base64 } = event;
  const contentType = text(event['datacontenttype']);
  if (typeof base64 === 'string') {
    const bytes = Buffer.from(base64, 'base64');
    return contentType && bytes.length > 0
      ? decodePayload(bytes, contentType)
      : bytes;
  }
  if (typeof data !== 'string' || !contentType || !isVendorJson(contentType))
    return data;
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return data;
  }
}

/** Only `application/json` itself is JSON to daprd; it delivers vendor types as the text of the JSON. */
function isVendorJson(contentType: string): boolean {
  return (
    isJsonType(contentType) && mediaType(contentType) !== 'application/json'
  );
}
