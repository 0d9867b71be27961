import { randomUUID } from 'node:crypto';
import {
  encodeMessage,
  PayloadError,
  type EncodedPayload,
} from '../protocol/payload.js';
import { metadataText, type MetadataValues } from './metadata-values.js';
import type {
  PubSubBulkPublishEntry,
  PubSubBulkPublishMessage,
} from './pubsub.js';

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

/** @throws PayloadError for an event that can't be sent */
export function payloadOf({
  event,
  contentType,
}: IdentifiedEntry): EncodedPayload {
  const payload = encodeMessage(event, contentType);
  if (!payload) throw new PayloadError('a message is undefined');
  return payload;
}

/** daprd gives what is said for all only to entries that have some metadata of their own. */
export function metadataOf(
  operation: string,
  { metadata }: IdentifiedEntry,
  common: MetadataValues | undefined,
): Record<string, string> | undefined {
  if (!common && !metadata) return undefined;
  return {
    ...metadataText(operation, common),
    ...metadataText(operation, metadata),
  };
}
