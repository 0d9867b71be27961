import type { BulkOptions } from './bulk-options.js';
import { daprHandler } from './handler.js';

export interface SubscribeOptions {
  /**
   * A CEL expression over `event`, the CloudEvent, such as `event.type == "order.cancelled"`. The first rule that
   * matches decides which handler runs; the handler without `match` takes the rest. A member that an event may lack
   * needs `has(event.data.vip) && …`: Dapr takes a message that a rule can't be evaluated on for failed.
   * @see https://docs.dapr.io/developing-applications/building-blocks/pubsub/howto-route-messages/
   */
  readonly match?: string | undefined;
  /** Order of the rules of a topic, lower first. Two rules of a topic need different ones. Default 0. */
  readonly priority?: number | undefined;
  /**
   * Where refused messages go, and failed ones after their last retry. Belongs to the topic: set it on any of its
   * handlers. Needs a `@Subscribe` of its own to be seen.
   * @see https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-deadletter/
   */
  readonly deadLetterTopic?: string | undefined;
  /** Metadata of the subscription, read by the component. Belongs to the topic. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /**
   * The publisher sends no CloudEvents: the payload is the message's bytes as a Buffer. Belongs to the topic.
   * @see https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-raw/
   */
  readonly rawPayload?: boolean | undefined;
  /**
   * Dapr sends the messages in batches, which spares requests. Nothing else changes: each message goes through guards,
   * pipes and handler by itself, those of a batch at once, and has an outcome of its own. Belongs to the topic.
   */
  readonly bulk?: true | BulkOptions | undefined;
}

/**
 * Handles the messages of a topic. Returning means SUCCESS, throwing means RETRY; a payload that a pipe refuses, a
 * guard that says no and `DropMessageException` mean DROP. The words `'SUCCESS'`, `'RETRY'` and `'DROP'`, returned, say it
 * outright. May stand on one method several times.
 *
 * RETRY is worth what the component's resiliency policy makes of it: without one, Dapr sends the message to the dead
 * letter topic, or loses it.
 *
 * @param pubsubName name of the pub/sub component
 * @param topic name of the topic
 * @see https://docs.dapr.io/developing-applications/building-blocks/pubsub/howto-publish-subscribe/
 */
export function Subscribe(
  pubsubName: string,
  topic: string,
  options: SubscribeOptions = {},
): MethodDecorator {
  return daprHandler({ kind: 'topic', pubsubName, topic, options });
}
