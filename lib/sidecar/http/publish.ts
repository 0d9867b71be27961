import { headerOf } from '../../protocol/headers.js';
import {
  publishFailed,
  publishRefused,
  pubsubNotFound,
} from '../blocks/publish-refusals.js';
import type { PubSub } from '../blocks/pubsub.js';
import { traceOf } from '../trace.js';
import {
  NO_CONTENT,
  queryMetadata,
  type ApiAnswer,
  type ApiCall,
  type ApiRoute,
} from './api.js';
import { apiErrorOf } from './refused.js';

/** @see https://docs.dapr.io/reference/api/pubsub_api/ */
export function publishRoutes(pubsub: PubSub): readonly ApiRoute[] {
  return [
    {
      verbs: ['POST', 'PUT'],
      path: '/v1.0/publish/:pubsub/*topic',
      handle: (call) => publish(pubsub, call),
      tooLarge: ({ params: { pubsub: name = '', topic = '' } }, reason) =>
        apiErrorOf(publishFailed(name, topic, reason)),
    },
  ];
}

async function publish(pubsub: PubSub, call: ApiCall): Promise<ApiAnswer> {
  const { pubsub: name = '', topic = '' } = call.params;
  const { appId } = call;
  const metadata = queryMetadata(call.query);
  const component = pubsub.component(appId, name);
  if (!component) throw apiErrorOf(pubsubNotFound(name, metadata));
  try {
    await pubsub.publisher.publish(appId, component, {
      topic,
      body: call.body,
      contentType: headerOf(call.headers, 'content-type'),
      metadata,
      ...traceOf(call.headers),
    });
  } catch (error) {
    const refused = { appId, name, topic, metadata };
    throw apiErrorOf(publishRefused(refused, error as Error));
  }
  return NO_CONTENT;
}
