export class CloudEvent<T = unknown> {
  readonly id!: string;
  readonly source!: string;
  readonly type!: string;
  readonly specversion!: string;
  readonly datacontenttype?: string;
  readonly subject?: string;
  readonly time?: string;
  readonly topic?: string;
  readonly pubsubname?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly data!: T;
  readonly extensions!: Readonly<Record<string, unknown>>;
}

export class CloudEventError extends Error {}

export type EventRecord = Record<string, unknown>;

export interface WrapInput {
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly topic: string;
  readonly pubsubname: string;
  /** The publisher's app id. */
  readonly source: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly traceparent: string;
  readonly now: number;
  readonly newId: string;
}

export type WrapRawInput = Pick<
  WrapInput,
  'body' | 'topic' | 'pubsubname' | 'newId'
>;

export function readCloudEvent(json: unknown): CloudEvent {
  return json as CloudEvent;
}

export function wrapEvent(input: WrapInput): { event: EventRecord } {
  return { event: { ...input } };
}

export function wrapRaw(input: WrapRawInput): EventRecord {
  return { ...input };
}

export function isExpired(
  event: Readonly<Record<string, unknown>>,
  now: number,
): boolean {
  return Number(event['expiration']) < now;
}
