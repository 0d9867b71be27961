import { CloudEvent, readCloudEvent } from './cloud-event.js';
import { isJsonType, isTextType, mediaType } from './media-type.js';
import { PayloadError } from './payload-error.js';
import type { TopicEventStatus } from './topic-status.js';

/** One message of a batch that `@BulkSubscribe` handles. */
export class BulkEntry<T = unknown> {
  constructor(
    /** Dapr's name for the message within its batch, and the key of its status in the answer. */
    readonly entryId: string,
    /** The message with its envelope. One that was published raw is no event: it has an empty id, and its bytes as data. */
    readonly event: CloudEvent<T>,
    /** `application/cloudevents+json`, or `application/octet-stream` for a raw message. */
    readonly contentType: string,
    /** What the publisher and the component say beside the message. */
    readonly metadata: Readonly<Record<string, string>> = {},
  ) {}

  /** The payload, as `@Subscribe` would give it. */
  get data(): T {
    return this.event.data;
  }
}

/** An entry that can't be read; the others of its batch are not to suffer from it. */
export interface BrokenEntry {
  readonly entryId: string;
  readonly problem: PayloadError;
}

/** A bulk delivery, as far as it can be read. */
export interface Bulk {
  readonly entries: readonly BulkEntry[];
  readonly broken: readonly BrokenEntry[];
}

/** What an application answers for one entry. */
export interface BulkStatus {
  readonly entryId: string;
  readonly status: TopicEventStatus;
}

/**
 * Reads the parsed body of a bulk delivery. An entry without an id is left out: no answer can name it, and Dapr delivers
 * again what the answer does not name.
 * @throws PayloadError for what is no batch
 * @see https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-bulk/
 */
export function readBulk(json: unknown): Bulk {
  const { entries: all } = Object(json) as { readonly entries?: unknown };
  if (!Array.isArray(all))
    throw new PayloadError('a bulk delivery must have a list of entries');
  const entries: BulkEntry[] = [];
  const broken: BrokenEntry[] = [];
  for (const entry of all) {
    const { entryId, ...rest } = Object(entry) as Record<string, unknown>;
    if (typeof entryId !== 'string' || entryId === '') continue;
    try {
      entries.push(readEntry(entryId, rest));
    } catch (problem) {
      if (!(problem instanceof PayloadError)) throw problem;
      broken.push({ entryId, problem });
    }
  }
  return { entries, broken };
}

function readEntry(
  entryId: string,
  { event, contentType, metadata }: Readonly<Record<string, unknown>>,
): BulkEntry {
  const type = typeof contentType === 'string' ? contentType : '';
  return new BulkEntry(
    entryId,
    isEvent(event, type) ? readCloudEvent(event) : rawEvent(event, type),
    type,
    Object(metadata) as Record<string, string>,
  );
}

function isEvent(event: unknown, contentType: string): boolean {
  return contentType === ''
    ? typeof event === 'object'
    : mediaType(contentType) === 'application/cloudevents+json';
}

/** What was published raw, in the form in which JSON holds it: JSON and text as they are, other bytes in base64. */
function rawEvent(event: unknown, contentType: string): CloudEvent {
  return new CloudEvent({
    id: '',
    source: '',
    type: '',
    specversion: '',
    datacontenttype: contentType || undefined,
    data: isJsonType(contentType) ? event : textOrBytes(event, contentType),
  });
}

function textOrBytes(event: unknown, contentType: string): string | Buffer {
  if (typeof event !== 'string')
    throw new PayloadError('an entry that is no JSON must be a string');
  if (isTextType(contentType)) return event;
  const bytes = Buffer.from(event, 'base64');
  // Node skips what is no base64.
  if (bytes.toString('base64') !== event)
    throw new PayloadError('the bytes of an entry must be in base64');
  return bytes;
}
