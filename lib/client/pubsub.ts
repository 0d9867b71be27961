import type { DaprError } from '../errors/dapr.error.js';
import type { Acknowledged } from './acknowledged.js';
import type { CallOptions } from './call-options.js';
import type { MetadataValues } from './metadata-values.js';

export interface PubSubPublishOptions extends CallOptions {
  /**
   * What the data is. Default: `text/plain` for a string, `application/octet-stream` for a Buffer or a typed array,
   * `application/cloudevents+json` for an object with text as its `id`, `source`, `type` and `specversion`, else
   * `application/json`. With `application/cloudevents+json` the data is the whole event; others Dapr wraps in one.
   */
  readonly contentType?: string | undefined;
  /** Such as `ttlInSeconds`, `rawPayload` or `cloudevent.subject`. */
  readonly metadata?: MetadataValues | undefined;
}

/** A message of a bulk publish, with what belongs to it alone. */
export interface PubSubBulkPublishEntry {
  /** Names the message among those of the call. Default: a random UUID. */
  readonly entryID?: string | undefined;
  /** The data, as for `publish`. */
  readonly event: unknown;
  /**
   * What the data is; defaults as for `publish`. Over HTTP daprd takes JSON, CloudEvents, text and bytes, but no vendor
   * types.
   */
  readonly contentType?: string | undefined;
  /** Goes before the metadata of the call. */
  readonly metadata?: MetadataValues | undefined;
}

/** An object that has an `event`, and nothing that an entry has not, is an entry; anything else is the data itself. */
export type PubSubBulkPublishMessage =
  PubSubBulkPublishEntry | object | string | number | boolean | null;

/** A message that was not published, and why. */
export interface PubSubBulkPublishFailure {
  readonly message: PubSubBulkPublishEntry & { readonly entryID: string };
  readonly error: DaprError;
}

export interface PubSubBulkPublishResponse {
  /** Empty where all went well. */
  readonly failedMessages: readonly PubSubBulkPublishFailure[];
}

/**
 * Publishing. Receiving is `@Subscribe`.
 * @see https://docs.dapr.io/reference/api/pubsub_api/
 */
export interface ClientPubSub {
  /**
   * Publishes one message; resolves when the broker has it.
   * @throws DaprNotFoundError for an unknown pub/sub component
   * @throws DaprPermissionError for a topic that the component's scopes deny this app
   */
  publish(
    pubSubName: string,
    topic: string,
    data?: unknown,
    options?: PubSubPublishOptions,
  ): Promise<Acknowledged>;

  /**
   * Publishes many messages in one call; the order is the component's to keep. Where the sidecar tells which messages
   * the component did not take, be it some or all, they are in `failedMessages`: publish those again. Over gRPC it does
   * not tell, so that the call rejects, and some of the messages may be published. Everything else that goes wrong, such
   * as a message that Dapr can't read, rejects, and then nothing was published.
   * @param metadata of every message, such as `ttlInSeconds`, and of the request
   * @throws DaprNotFoundError for an unknown pub/sub component
   * @throws DaprPermissionError for a topic that the component's scopes deny this app
   * @throws DaprBadRequestError for a content type that Dapr does not take, and for an `entryID` given twice
   * @see https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-bulk/
   */
  publishBulk(
    pubSubName: string,
    topic: string,
    messages: readonly PubSubBulkPublishMessage[],
    metadata?: MetadataValues | null,
    options?: CallOptions,
  ): Promise<PubSubBulkPublishResponse>;
}
