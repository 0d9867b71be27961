import { randomUUID } from 'node:crypto';
import { CloudEventError, wrapEvent } from '../../protocol/cloud-event.js';
import { goJson } from '../../protocol/go-json.js';
import type { Message } from './topic-message.js';

/** A message as an application publishes it. */
export interface Publication {
  readonly topic: string;
  readonly body: Buffer;
  readonly contentType: string | undefined;
  /** Absent where it is published in bulk without any. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** '' without one. */
  readonly traceparent: string;
  readonly tracestate: string;
}

/** What was published as a CloudEvent is none. */
export class NoCloudEvent extends Error {
  constructor(readonly body: Buffer) {
    super('cannot create cloudevent');
    this.name = 'NoCloudEvent';
  }
}

/**
 * The message as it goes out: wrapped as an event, or raw.
 * @throws NoCloudEvent
 */
export function messageOf(
  publication: Publication,
  isRaw: boolean,
  context: {
    readonly pubsubname: string;
    readonly source: string;
    readonly now: number;
  },
): Message {
  const { topic, body, metadata } = publication;
  const shared = { topic, ...(metadata && { metadata }) };
  if (isRaw) return { ...shared, body };
  try {
    const given = { metadata: {}, ...publication, ...context };
    const { event } = wrapEvent({ ...given, newId: randomUUID() });
    return { ...shared, body: Buffer.from(goJson(event)), event };
  } catch (error) {
    throw error instanceof CloudEventError ? new NoCloudEvent(body) : error;
  }
}
