import type { HeaderBag } from '../../protocol/headers.js';
import type {
  BulkPublishRequest,
  BulkPublishResponse,
} from '../../protocol/proto/generated/pubsub.js';
import {
  entryUnidentified,
  publishRefused,
  pubsubNotFound,
  pubsubUnnamed,
  type PublishCall,
} from '../blocks/publish-refusals.js';
import type { BulkPublication } from '../blocks/publisher.js';
import type { PubSub } from '../blocks/pubsub.js';
import { isRawPayload } from '../blocks/subscription.js';
import { Refusal } from '../refusal.js';
import type { Component } from '../resources/component.js';
import { traceOf } from '../trace.js';
import type { GrpcCall, GrpcMethods } from './api.js';
import { grpcErrorOf } from './refused.js';

/** @see https://docs.dapr.io/reference/api/pubsub_api/ */
export function publishMethods(pubsub: PubSub): GrpcMethods {
  const publishBulk = (
    request: BulkPublishRequest,
    { appId, headers }: GrpcCall,
  ): Promise<BulkPublishResponse> => {
    const { pubsubName: name, topic, metadata } = request;
    const call = { appId, name, topic, metadata };
    return published(pubsub, call, async (component) => {
      const isRaw = isRawPayload(metadata);
      const publications = publicationsOf(request, call, headers);
      await pubsub.publisher.publishBulk(
        appId,
        component,
        topic,
        publications,
        isRaw,
      );
      return { failedEntries: [] };
    });
  };
  return {
    publishEvent(
      { pubsubName: name, topic, data, dataContentType, metadata },
      { appId, headers },
    ) {
      const call = { appId, name, topic, metadata };
      return published(pubsub, call, async (component) => {
        await pubsub.publisher.publish(appId, component, {
          topic,
          body: data,
          contentType: dataContentType || undefined,
          metadata,
          ...traceOf(headers),
        });
        return {};
      });
    },
    bulkPublishEvent: publishBulk,
    bulkPublishEventAlpha1: publishBulk,
  };
}

/** Of several messages, one that fails fails them all: the others may be published, and nobody is told which. */
async function published<T>(
  pubsub: PubSub,
  call: PublishCall,
  publish: (component: Component) => Promise<T>,
): Promise<T> {
  const { appId, name, topic } = call;
  try {
    if (name === '') throw pubsubUnnamed('NAME', call);
    const component = pubsub.component(appId, name);
    if (!component) throw pubsubNotFound(name, {});
    if (topic === '') throw pubsubUnnamed('TOPIC_NAME', call);
    return await publish(component);
  } catch (error) {
    throw grpcErrorOf(
      error instanceof Refusal ? error : publishRefused(call, error as Error),
    );
  }
}

function publicationsOf(
  { entries, metadata: common, topic }: BulkPublishRequest,
  call: PublishCall,
  headers: HeaderBag,
): readonly BulkPublication[] {
  const ids = new Set<string>();
  return entries.map(({ entryId, event, contentType, metadata }) => {
    if (entryId === '' || ids.has(entryId)) throw entryUnidentified(call);
    ids.add(entryId);
    // What is said for all reaches only those that have something of their own.
    const isOwn = Object.keys(metadata).length > 0;
    return {
      entryId,
      topic,
      body: event,
      contentType: contentType || undefined,
      ...(isOwn && { metadata: { ...common, ...metadata } }),
      ...traceOf(headers),
    };
  });
}
