import { CloudEventError } from '../../protocol/cloud-event.js';
import type { ErrorDetail } from '../../protocol/error-codes.js';
import { headerOf } from '../../protocol/headers.js';
import { TopicNotAllowed, type PubSub } from '../blocks/pubsub.js';
import { RawPayloadError } from '../blocks/subscription.js';
import { traceOf } from '../trace.js';
import {
  ApiError,
  NO_CONTENT,
  queryMetadata,
  type ApiAnswer,
  type ApiCall,
  type ApiRoute,
} from './api.js';
import { decodeJson } from './decode.js';
import { objectOr } from './members.js';

/** @see https://docs.dapr.io/reference/api/pubsub_api/ */
export function publishRoutes(pubsub: PubSub): readonly ApiRoute[] {
  return [
    {
      verbs: ['POST', 'PUT'],
      path: '/v1.0/publish/:pubsub/*topic',
      handle: (call) => publish(pubsub, call),
      tooLarge: ({ pubsub: name = '', topic = '' }, reason) =>
        publishFailed(name, topic, reason),
    },
  ];
}

async function publish(pubsub: PubSub, call: ApiCall): Promise<ApiAnswer> {
  const { pubsub: name = '', topic = '' } = call.params;
  const metadata = queryMetadata(call.query);
  const component = pubsub.component(call.appId, name);
  if (!component)
    throw new ApiError(
      404,
      'ERR_PUBSUB_NOT_FOUND',
      `pubsub ${name} is not found`,
      [errorInfo('DAPR_PUBSUB_NOT_FOUND', metadata)],
    );
  try {
    await pubsub.publish(call.appId, component, {
      topic,
      body: call.body,
      contentType: headerOf(call.headers, 'content-type'),
      metadata,
      ...traceOf(call.headers),
    });
  } catch (error) {
    throw refusal(call, name, topic, error as Error);
  }
  return NO_CONTENT;
}

/** The answers of dapr/dapr pkg/api/errors/pubsub.go. */
function refusal(
  call: ApiCall,
  name: string,
  topic: string,
  error: Error,
): ApiError {
  const refuse = (
    status: number,
    errorCode: string,
    message: string,
    info: ErrorDetail,
  ): ApiError =>
    new ApiError(status, errorCode, message, [
      resourceInfo(name, message),
      info,
    ]);
  if (error instanceof TopicNotAllowed)
    return refuse(
      403,
      'ERR_PUBSUB_FORBIDDEN',
      error.message,
      errorInfo('DAPR_PUBSUB_FORBIDDEN', { error: error.message, topic }),
    );
  if (error instanceof CloudEventError)
    return refuse(
      500,
      'ERR_PUBSUB_CLOUD_EVENTS_SER',
      'cannot create cloudevent',
      errorInfo('DAPR_PUBSUB_CLOUD_EVENT_CREATION', {
        appID: call.appId,
        error: noObject(call.body),
      }),
    );
  const metadata = queryMetadata(call.query);
  if (error instanceof RawPayloadError)
    return refuse(
      400,
      'ERR_PUBSUB_REQUEST_METADATA',
      `failed deserializing metadata. Error: ${error.message}`,
      errorInfo('DAPR_PUBSUB_METADATA_DESERIALIZATION', metadata),
    );
  return publishFailed(name, topic, error.message);
}

/** What Go says of a body that is no JSON object. */
function noObject(body: Buffer): string {
  try {
    objectOr(decodeJson(body), 'value of type map[string]interface {}');
  } catch (error) {
    const { message } = error as Error;
    return message.endsWith('EOF') ? 'unexpected end of JSON input' : message;
  }
  return 'not a JSON object';
}

function publishFailed(name: string, topic: string, reason: string): ApiError {
  const message = `error when publishing to topic ${topic} in pubsub ${name}: ${reason}`;
  return new ApiError(500, 'ERR_PUBSUB_PUBLISH_MESSAGE', message, [
    resourceInfo(name, message),
    errorInfo('DAPR_PUBSUB_PUBLISH_MESSAGE', { error: reason, topic }),
  ]);
}

function resourceInfo(name: string, description: string): ErrorDetail {
  return {
    '@type': 'type.googleapis.com/google.rpc.ResourceInfo',
    description,
    owner: '',
    resource_name: name,
    resource_type: 'pubsub',
  };
}

function errorInfo(
  reason: string,
  metadata: Readonly<Record<string, string>>,
): ErrorDetail {
  return {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    domain: 'dapr.io',
    metadata,
    reason,
  };
}
