import { errorOfAnswer } from '../../errors/error-of-answer.js';
import { decodePayload } from '../../protocol/payload.js';
import {
  metadataOf,
  payloadOf,
  type IdentifiedEntry,
} from '../bulk-publish.js';
import type { MetadataValues } from '../metadata-values.js';
import type { PubSubBulkPublishFailure } from '../pubsub.js';

/**
 * The entry as daprd reads it, for `toJson`, which writes bytes in base64.
 * @throws PayloadError for an event that can't be sent
 */
export function wireEntry(
  operation: string,
  entry: IdentifiedEntry,
  common: MetadataValues | undefined,
): object {
  const { body, contentType } = payloadOf(entry);
  return {
    entryId: entry.entryID,
    event: decodePayload(Buffer.from(body), contentType),
    contentType,
    metadata: metadataOf(operation, entry, common),
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
