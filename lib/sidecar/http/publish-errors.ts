import type { ErrorDetail } from '../../protocol/error-codes.js';
import { NoCloudEvent } from '../blocks/publication.js';
import { TopicNotAllowed } from '../blocks/pubsub.js';
import { RawPayloadError } from '../blocks/subscription.js';
import { ApiError, queryMetadata, type ApiCall } from './api.js';
import { decodeJson } from './decode.js';
import { objectOr } from './members.js';

/** The answers of dapr/dapr pkg/api/errors/pubsub.go. */

export function pubsubNotFound(call: ApiCall): ApiError {
  return new ApiError(
    404,
    'ERR_PUBSUB_NOT_FOUND',
    `pubsub ${call.params['pubsub'] ?? ''} is not found`,
    [errorInfo('DAPR_PUBSUB_NOT_FOUND', queryMetadata(call.query))],
  );
}

export function publishRefused(call: ApiCall, error: Error): ApiError {
  const { pubsub: name = '', topic = '' } = call.params;
  const { message } = error;
  if (error instanceof TopicNotAllowed)
    return refusal(
      403,
      'ERR_PUBSUB_FORBIDDEN',
      name,
      message,
      errorInfo('DAPR_PUBSUB_FORBIDDEN', { error: message, topic }),
    );
  if (error instanceof NoCloudEvent)
    return refusal(
      500,
      'ERR_PUBSUB_CLOUD_EVENTS_SER',
      name,
      message,
      errorInfo('DAPR_PUBSUB_CLOUD_EVENT_CREATION', {
        appID: call.appId,
        error: noObject(error.body),
      }),
    );
  if (error instanceof RawPayloadError)
    return refusal(
      400,
      'ERR_PUBSUB_REQUEST_METADATA',
      name,
      `failed deserializing metadata. Error: ${message}`,
      errorInfo(
        'DAPR_PUBSUB_METADATA_DESERIALIZATION',
        queryMetadata(call.query),
      ),
    );
  return publishFailed(name, topic, message);
}

export function publishFailed(
  name: string,
  topic: string,
  reason: string,
): ApiError {
  return refusal(
    500,
    'ERR_PUBSUB_PUBLISH_MESSAGE',
    name,
    `error when publishing to topic ${topic} in pubsub ${name}: ${reason}`,
    errorInfo('DAPR_PUBSUB_PUBLISH_MESSAGE', { error: reason, topic }),
  );
}

/** Several messages that daprd does not take. */
export function eventsRefused(
  name: string,
  what: 'UNMARSHAL_EVENTS' | 'MARSHAL_EVENTS' | 'MARSHAL_ENVELOPE',
  message: string,
  metadata: Readonly<Record<string, string>>,
): ApiError {
  return refusal(
    400,
    'ERR_PUBSUB_EVENTS_SER',
    name,
    message,
    errorInfo(`DAPR_PUBSUB_${what}`, metadata),
  );
}

function refusal(
  status: number,
  errorCode: string,
  name: string,
  message: string,
  info: ErrorDetail,
): ApiError {
  const resource: ErrorDetail = {
    '@type': 'type.googleapis.com/google.rpc.ResourceInfo',
    description: message,
    owner: '',
    resource_name: name,
    resource_type: 'pubsub',
  };
  return new ApiError(status, errorCode, message, [resource, info]);
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
