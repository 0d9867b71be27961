import { encodeMessage } from '../../protocol/payload.js';
import { ACKNOWLEDGED, type Acknowledged } from '../acknowledged.js';
import { identified, metadataOf, payloadOf } from '../bulk-publish.js';
import type { CallOptions } from '../call-options.js';
import { encoding } from '../json.js';
import { metadataText, type MetadataValues } from '../metadata-values.js';
import { requireName } from '../name.js';
import type {
  ClientPubSub,
  PubSubBulkPublishMessage,
  PubSubBulkPublishResponse,
  PubSubPublishOptions,
} from '../pubsub.js';
import { bytesOf } from './bytes.js';
import type { GrpcChannel } from './channel.js';

/** Publishing over gRPC. */
export class GrpcPubSub implements ClientPubSub {
  constructor(private readonly channel: GrpcChannel) {}

  async publish(
    pubSubName: string,
    topic: string,
    data?: unknown,
    options?: PubSubPublishOptions,
  ): Promise<Acknowledged> {
    const operation = `pubsub.publish "${pubSubName}" topic "${topic}"`;
    const { contentType, metadata } = options ?? {};
    const payload = encoding(operation, () => encodeMessage(data, contentType));
    requireName(operation, 'pub/sub name', pubSubName);
    requireName(operation, 'topic', topic);
    await this.channel.unary(
      'publishEvent',
      {
        pubsubName: pubSubName,
        topic,
        data: bytesOf(payload?.body),
        dataContentType: payload?.contentType ?? contentType ?? '',
        metadata: metadataText(operation, metadata) ?? {},
      },
      { operation, errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE', options },
    );
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
    requireName(operation, 'pub/sub name', pubSubName);
    requireName(operation, 'topic', topic);
    const entries = encoding(operation, () =>
      messages.map(identified).map((entry) => {
        const { body, contentType } = payloadOf(entry);
        return {
          entryId: entry.entryID,
          event: bytesOf(body),
          contentType,
          metadata: metadataOf(operation, entry, common) ?? {},
        };
      }),
    );
    // daprd names no message that failed: where one does, the call fails.
    await this.channel.unary(
      'bulkPublishEvent',
      {
        pubsubName: pubSubName,
        topic,
        entries,
        metadata: metadataText(operation, common) ?? {},
      },
      { operation, errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE', options },
    );
    return { failedMessages: [] };
  }
}
