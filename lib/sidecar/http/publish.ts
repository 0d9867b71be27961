import { headerOf } from '../../protocol/headers.js';
import type { PubSub } from '../blocks/pubsub.js';
import { traceOf } from '../trace.js';
import {
  NO_CONTENT,
  queryMetadata,
  type ApiAnswer,
  type ApiCall,
  type ApiRoute,
} from './api.js';
import {
  publishFailed,
  publishRefused,
  pubsubNotFound,
} from './publish-errors.js';

/** @see https://docs.dapr.io/reference/api/pubsub_api/ */
export function publishRoutes(pubsub: PubSub): readonly ApiRoute[] {
  return [
    {
      verbs: ['POST', 'PUT'],
      path: '/v1.0/publish/:pubsub/*topic',
      handle: (call) => publish(pubsub, call),
      tooLarge: ({ params: { pubsub: name = '', topic = '' } }, reason) =>
        publishFailed(name, topic, reason),
    },
  ];
}

async function publish(pubsub: PubSub, call: ApiCall): Promise<ApiAnswer> {
  const { pubsub: name = '', topic = '' } = call.params;
  const component = pubsub.component(call.appId, name);
  if (!component) throw pubsubNotFound(call);
  try {
    await pubsub.publish(call.appId, component, {
      topic,
      body: call.body,
      contentType: headerOf(call.headers, 'content-type'),
      metadata: queryMetadata(call.query),
      ...traceOf(call.headers),
    });
  } catch (error) {
    throw publishRefused(call, error as Error);
  }
  return NO_CONTENT;
}
