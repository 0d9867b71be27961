import type { Acknowledged } from './acknowledged.js';
import type { CallOptions } from './call-options.js';
import type { MetadataValues } from './metadata-values.js';

export interface PubSubPublishOptions extends CallOptions {
  /**
   * What the data is. Default: `text/plain` for a string, `application/octet-stream` for a Buffer or a typed array,
   * else `application/json`. With `application/cloudevents+json` the data is the whole event.
   */
  readonly contentType?: string;
  /** Such as `ttlInSeconds`, `rawPayload` or `cloudevent.subject`. */
  readonly metadata?: MetadataValues;
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
}
