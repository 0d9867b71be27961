import { mediaType } from '../../protocol/media-type.js';
import { goJson } from '../../protocol/go-json.js';
import {
  entryUnidentified,
  eventsRefused,
  publishFailed,
  publishRefused,
  pubsubNotFound,
} from '../blocks/publish-refusals.js';
import { BulkPublishError, type BulkPublication } from '../blocks/publisher.js';
import type { PubSub } from '../blocks/pubsub.js';
import { isRawPayload } from '../blocks/subscription.js';
import { traceOf } from '../trace.js';
import {
  ApiError,
  json,
  NO_CONTENT,
  queryMetadata,
  type ApiAnswer,
  type ApiCall,
  type ApiRoute,
} from './api.js';
import { decodeJson } from './decode.js';
import { arrayOr, member, objectOr, stringMapOr, stringOr } from './members.js';
import { apiErrorOf } from './refused.js';

/** @see https://docs.dapr.io/reference/api/pubsub_api/#publish-multiple-messages-to-a-given-topic */
export function bulkPublishRoutes(pubsub: PubSub): readonly ApiRoute[] {
  return ['v1.0', 'v1.0-alpha1'].map((version) => ({
    verbs: ['POST', 'PUT'],
    path: `/${version}/publish/bulk/:pubsub/*topic`,
    handle: (call) => publish(pubsub, call),
    tooLarge: unreadable,
  }));
}

async function publish(pubsub: PubSub, call: ApiCall): Promise<ApiAnswer> {
  const { pubsub: name = '', topic = '' } = call.params;
  const { appId } = call;
  const metadata = queryMetadata(call.query);
  const component = pubsub.component(appId, name);
  if (!component) throw apiErrorOf(pubsubNotFound(name, metadata));
  try {
    const isRaw = isRawPayload(metadata);
    const publications = publicationsOf(call);
    await pubsub.publisher.publishBulk(
      appId,
      component,
      topic,
      publications,
      isRaw,
    );
  } catch (error) {
    if (error instanceof ApiError) throw error;
    if (error instanceof BulkPublishError) return partlyFailed(call, error);
    const refused = { appId, name, topic, metadata };
    throw apiErrorOf(publishRefused(refused, error as Error));
  }
  return NO_CONTENT;
}

/** daprd looks at one entry after the other, and stops at the first that is wrong. */
function publicationsOf(call: ApiCall): readonly BulkPublication[] {
  const { appId } = call;
  const { pubsub: name = '', topic = '' } = call.params;
  const common = queryMetadata(call.query);
  const trace = traceOf(call.headers);
  const ids = new Set<string>();
  return readEntries(call).map(({ entryId, event, contentType, metadata }) => {
    const body = bytesOf(event, contentType);
    if (typeof body === 'string')
      throw apiErrorOf(
        eventsRefused(
          name,
          'MARSHAL_ENVELOPE',
          `error when marshalling cloud event envelope for topic ${topic} pubsub ${name}: ${body}`,
          { appID: appId, error: body },
        ),
      );
    if (entryId === '' || ids.has(entryId))
      throw apiErrorOf(entryUnidentified({ appId, name, topic }));
    ids.add(entryId);
    return {
      entryId,
      topic,
      body,
      contentType,
      // What is said for all reaches only those that have something of their own.
      ...(metadata && { metadata: { ...common, ...metadata } }),
      ...trace,
    };
  });
}

/** An entry as it was sent. */
interface Entry {
  readonly entryId: string;
  readonly event: unknown;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

function readEntries(call: ApiCall): readonly Entry[] {
  const type = 'bulkPublishMessageEntry';
  try {
    const entries = arrayOr(
      decodeJson(call.body, `${type}.event`),
      `value of type []http.${type}`,
    );
    return entries.map((value) => {
      const entry = objectOr(value, `value of type http.${type}`);
      const text = (name: string): string =>
        stringOr(member(entry, name), `${type}.${name}`) ?? '';
      const metadata = member(entry, 'metadata') ?? undefined;
      return {
        entryId: text('entryId'),
        event: member(entry, 'event') ?? null,
        contentType: text('contentType'),
        metadata:
          metadata === undefined
            ? undefined
            : stringMapOr(metadata, `${type}.metadata`),
      };
    });
  } catch (error) {
    throw unreadable(call, (error as Error).message);
  }
}

function unreadable(
  { appId, params }: Pick<ApiCall, 'appId' | 'params'>,
  reason: string,
): ApiError {
  const { pubsub: name = '', topic = '' } = params;
  return apiErrorOf(
    eventsRefused(
      name,
      'UNMARSHAL_EVENTS',
      `error when unmarshaling the request for topic ${topic} pubsub ${name}: ${reason}`,
      { appID: appId },
    ),
  );
}

const MISMATCH = 'error: mismatch between contentType and event';

/** The bytes of an event, which JSON holds by its content type; what is wrong with it, in Go's words, as text. */
function bytesOf(event: unknown, contentType: string): Buffer | string {
  const type = mediaType(contentType);
  if (type === 'application/json' || type === 'application/cloudevents+json')
    return Buffer.from(goJson(event));
  if (typeof event !== 'string') return MISMATCH;
  if (type.startsWith('text/') || type === 'application/xml')
    return Buffer.from(event);
  if (
    type !== 'application/octet-stream' &&
    type !== 'application/cloudevents+protobuf'
  )
    return MISMATCH;
  const [whole = ''] =
    /^(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}==$|[A-Za-z0-9+/]{3}=$)*/.exec(
      event,
    ) ?? [];
  return whole.length === event.length
    ? Buffer.from(event, 'base64')
    : `error: unable to decode base64 application/octect-stream data: illegal base64 data at input byte ${whole.length}`;
}

/** Says which entries have failed; the others are published. */
function partlyFailed(
  { params: { pubsub: name = '', topic = '' } }: ApiCall,
  { message, failures }: BulkPublishError,
): ApiAnswer {
  const body = {
    failedEntries: failures.map(({ entryId, error }) => ({
      entryId,
      error: error.message,
    })),
    errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE',
  };
  const error = publishFailed(name, topic, message);
  return json(error.status, body, {
    'metadata.responseData': headerValue(JSON.stringify(body)),
    'metadata.error': headerValue(
      `api error: code = Internal desc = ${error.message}`,
    ),
  });
}

function headerValue(text: string): string {
  return Buffer.from(text.replace(/[\r\n]/g, ' ')).toString('latin1');
}
