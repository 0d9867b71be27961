import { encodePayload } from '../../protocol/payload.js';
import { ACKNOWLEDGED, type Acknowledged } from '../acknowledged.js';
import type { ClientPubSub, PubSubPublishOptions } from '../pubsub.js';
import type { HttpChannel } from './channel.js';
import { encoding } from './json.js';
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
    const payload = encoding(operation, () => encodePayload(data, contentType));
    const pubSub = pathPart(operation, 'pub/sub name', pubSubName);
    await this.channel.send({
      operation,
      // A component in memory delivers before it answers.
      lane: 'reentrant',
      method: 'POST',
      path: `/v1.0/publish/${pubSub}/${pathPart(operation, 'topic', topic)}${queryText({}, metadata)}`,
      body: payload?.body,
      contentType: payload?.contentType ?? contentType,
      options,
    });
    return ACKNOWLEDGED;
  }
}
