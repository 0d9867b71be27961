import type { ErrorDetail } from '../../protocol/error-codes.js';
import { GrpcCode } from '../../protocol/grpc-code.js';
import { decodeJson } from '../http/decode.js';
import { objectOr } from '../http/members.js';
import { Refusal } from '../refusal.js';
import { NoCloudEvent } from './publication.js';
import { TopicNotAllowed } from './publisher.js';
import { RawPayloadError } from './subscription.js';

/** The answers of dapr/dapr pkg/api/errors/pubsub.go. */

type Metadata = Readonly<Record<string, string>>;

/** What an application wants to publish. */
export interface PublishCall {
  readonly appId: string;
  /** Of the component. */
  readonly name: string;
  readonly topic: string;
  /** Of the request. */
  readonly metadata: Metadata;
}

export function pubsubNotFound(name: string, metadata: Metadata): Refusal {
  return new Refusal(
    'ERR_PUBSUB_NOT_FOUND',
    `pubsub ${name} is not found`,
    404,
    GrpcCode.invalidArgument,
    [errorInfo('DAPR_PUBSUB_NOT_FOUND', metadata)],
  );
}

/** A call that leaves out what it must name; over HTTP there is no such call. */
export function pubsubUnnamed(
  what: 'NAME' | 'TOPIC_NAME',
  { name, metadata }: PublishCall,
): Refusal {
  const [errorCode, message] =
    what === 'NAME'
      ? ['ERR_PUBSUB_EMPTY', 'pubsub name is empty']
      : ['ERR_TOPIC_NAME_EMPTY', `topic is empty in pubsub ${name}`];
  const info = errorInfo(`DAPR_PUBSUB_${what}_EMPTY`, metadata);
  return refusal(404, errorCode, name, message, info);
}

export function publishRefused(call: PublishCall, error: Error): Refusal {
  const { name, topic } = call;
  const { message } = error;
  if (error instanceof TopicNotAllowed)
    return refusal(
      403,
      'ERR_PUBSUB_FORBIDDEN',
      name,
      message,
      errorInfo('DAPR_PUBSUB_FORBIDDEN', { error: message, topic }),
      GrpcCode.permissionDenied,
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
      errorInfo('DAPR_PUBSUB_METADATA_DESERIALIZATION', call.metadata),
    );
  return publishFailed(name, topic, message);
}

export function publishFailed(
  name: string,
  topic: string,
  reason: string,
): Refusal {
  return refusal(
    500,
    'ERR_PUBSUB_PUBLISH_MESSAGE',
    name,
    `error when publishing to topic ${topic} in pubsub ${name}: ${reason}`,
    errorInfo('DAPR_PUBSUB_PUBLISH_MESSAGE', { error: reason, topic }),
    GrpcCode.internal,
  );
}

/** Several messages that daprd does not take. */
export function eventsRefused(
  name: string,
  what: 'UNMARSHAL_EVENTS' | 'MARSHAL_EVENTS' | 'MARSHAL_ENVELOPE',
  message: string,
  metadata: Metadata,
): Refusal {
  return refusal(
    400,
    'ERR_PUBSUB_EVENTS_SER',
    name,
    message,
    errorInfo(`DAPR_PUBSUB_${what}`, metadata),
  );
}

/** Two of several messages have the same id, or one has none. */
export function entryUnidentified({
  appId,
  name,
  topic,
}: Omit<PublishCall, 'metadata'>): Refusal {
  const error = 'entryId is duplicated or not present for entry';
  return eventsRefused(
    name,
    'MARSHAL_EVENTS',
    `error marshaling events to bytes for topic ${topic} pubsub ${name}. error: ${error}`,
    { appID: appId, error },
  );
}

function refusal(
  status: number,
  errorCode: string,
  name: string,
  message: string,
  info: ErrorDetail,
  grpcCode: GrpcCode = GrpcCode.invalidArgument,
): Refusal {
  const resource: ErrorDetail = {
    '@type': 'type.googleapis.com/google.rpc.ResourceInfo',
    description: message,
    owner: '',
    resource_name: name,
    resource_type: 'pubsub',
  };
  return new Refusal(errorCode, message, status, grpcCode, [resource, info]);
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

function errorInfo(reason: string, metadata: Metadata): ErrorDetail {
  return {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    domain: 'dapr.io',
    metadata,
    reason,
  };
}
