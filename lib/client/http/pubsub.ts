import { encodeMessage, toJson } from '../../protocol/payload.js';
import { ACKNOWLEDGED, type Acknowledged } from '../acknowledged.js';
import { identified } from '../bulk-publish.js';
import type { CallOptions } from '../call-options.js';
import type { MetadataValues } from '../metadata-values.js';
import type {
  ClientPubSub,
  PubSubBulkPublishMessage,
  PubSubBulkPublishResponse,
  PubSubPublishOptions,
} from '../pubsub.js';
import { readFailures, wireEntry } from './bulk-publish.js';
import { answerError, JSON_TYPE, type HttpChannel } from './channel.js';
import { encoding } from '../json.js';
import { pathPart, queryText } from './path.js';

/** Publishing over HTTP. */
export class HttpPubSub implements ClientPubSub {
  constructor(private readonly channel: HttpChannel) {}

  async publish(
    pubSubName: string,
    topic: string,
    data?: unknown,
    options?: PubSubPublishOptions,
  ): Promise<Acknowledged> {
    const operation = `pubsub.publish "${pubSubName}" topic "${topic}"`;
    const { contentType, metadata } = options ?? {};
    const payload = encoding(operation, () => encodeMessage(data, contentType));
    const pubSub = pathPart(operation, 'pub/sub name', pubSubName);
    await this.channel.send({
      operation,
      // A component in memory delivers before it answers.
      lane: 'reentrant',
      method: 'POST',
      path: `/v1.0/publish/${pubSub}/${pathPart(operation, 'topic', topic)}${queryText(operation, {}, metadata)}`,
      body: payload?.body,
      contentType: payload?.contentType ?? contentType,
      options,
    });
    return ACKNOWLEDGED;
  }

  async publishBulk(
    pubSubName: string,
    topic: string,
    messages: readonly PubSubBulkPublishMessage[],
    metadata?: MetadataValues | null,
    options?: CallOptions,
  ): Promise<PubSubBulkPublishResponse> {
    const operation = `pubsub.publishBulk "${pubSubName}" topic "${topic}"`;
    const common = metadata ?? undefined;
    const entries = messages.map(identified);
    const pubSub = pathPart(operation, 'pub/sub name', pubSubName);
    const answer = await this.channel.request({
      operation,
      lane: 'reentrant',
      method: 'POST',
      path: `/v1.0/publish/bulk/${pubSub}/${pathPart(operation, 'topic', topic)}${queryText(operation, {}, common)}`,
      body: encoding(operation, () =>
        toJson(entries.map((entry) => wireEntry(operation, entry, common))),
      ),
      contentType: JSON_TYPE,
      options,
    });
    if (answer.status <= 299) return { failedMessages: [] };
    const failedMessages = readFailures(operation, answer, entries);
    if (failedMessages.length === 0) throw answerError(operation, answer);
    return { failedMessages };
  }
}
