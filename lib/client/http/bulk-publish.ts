import { randomUUID } from 'node:crypto';
import { errorOfAnswer } from '../../errors/error-of-answer.js';
import {
  decodePayload,
  encodePayload,
  PayloadError,
} from '../../protocol/payload.js';
import { metadataText, type MetadataValues } from '../metadata-values.js';
import type {
  PubSubBulkPublishEntry,
  PubSubBulkPublishFailure,
  PubSubBulkPublishMessage,
} from '../pubsub.js';

/** A message under the id by which the sidecar names it. */
export interface IdentifiedEntry extends PubSubBulkPublishEntry {
  readonly entryID: string;
}

const MEMBERS = new Set(['entryID', 'event', 'contentType', 'metadata']);

export function identified(message: PubSubBulkPublishMessage): IdentifiedEntry {
  const entry = isEntry(message) ? message : { event: message };
  return { ...entry, entryID: entry.entryID ?? randomUUID() };
}

/** A message of the app's own may have an `event` as well, but hardly nothing beside it. */
function isEntry(
  message: PubSubBulkPublishMessage,
): message is PubSubBulkPublishEntry {
  return (
    typeof message === 'object' &&
    message !== null &&
    'event' in message &&
    Object.keys(message).every((key) => MEMBERS.has(key))
  );
}

/**
 * The entry as daprd reads it, for `toJson`, which writes bytes in base64.
 * @throws PayloadError for an event that can't be sent
 */
export function wireEntry(
  { entryID, event, contentType, metadata }: IdentifiedEntry,
  common: MetadataValues | undefined,
): object {
  const payload = encodePayload(event, contentType);
  if (!payload) throw new PayloadError('a message is undefined');
  return {
    entryId: entryID,
    event: decodePayload(Buffer.from(payload.body), payload.contentType),
    contentType: payload.contentType,
    // daprd gives the common ones only to entries that have some of their own.
    metadata: metadataText((common || metadata) && { ...common, ...metadata }),
  };
}

/** The messages that an answer says were not published; empty where it speaks of none of these. */
export function readFailures(
  operation: string,
  answer: { readonly status: number; readonly body: Buffer },
  entries: readonly IdentifiedEntry[],
): PubSubBulkPublishFailure[] {
  const { failedEntries, errorCode } = parsed(answer.body);
  if (!Array.isArray(failedEntries)) return [];
  const reasons = new Map(
    failedEntries.map((failed: unknown) => {
      const { entryId, error } = Object(failed) as Record<string, unknown>;
      return [entryId, error];
    }),
  );
  return entries
    .filter(({ entryID }) => reasons.has(entryID))
    .map((message) => ({
      message,
      error: errorOfAnswer({
        operation: `${operation} entry "${message.entryID}"`,
        status: answer.status,
        ...(typeof errorCode === 'string' && { errorCode }),
        message: String(reasons.get(message.entryID)),
      }),
    }));
}

function parsed(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body.toString())) as Record<string, unknown>;
  } catch {
    return {};
  }
}
