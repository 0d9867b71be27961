import { isUtf8 } from 'node:buffer';
import { bytesOf, toJson } from './json.js';
import { isJsonType, isTextType, mediaType } from './media-type.js';
import { PayloadError } from './payload-error.js';

export { PayloadError, toJson };

/** The bytes of a value and what they are. */
export interface EncodedPayload {
  readonly body: string | Buffer;
  readonly contentType: string;
}

/**
 * A value as the body of a request: bytes as they are, text as text, all else as JSON; undefined is no body at all.
 * `contentType` says what the bytes or the text are; text under a JSON type becomes a JSON string.
 * @throws PayloadError for what JSON can't carry
 */
export function encodePayload(
  value: unknown,
  contentType?: string,
): EncodedPayload | undefined {
  if (value === undefined) return undefined;
  const bytes = bytesOf(value);
  if (bytes)
    return {
      body: bytes,
      contentType: contentType ?? 'application/octet-stream',
    };
  if (typeof value === 'string' && !isJsonString(contentType))
    return { body: value, contentType: contentType ?? 'text/plain' };
  return {
    body: toJson(value),
    contentType: contentType ?? 'application/json',
  };
}

/**
 * The same for a message of a topic: an object that is an event in itself goes as one where no content type says
 * otherwise, as `@dapr/dapr` sends it.
 */
export function encodeMessage(
  value: unknown,
  contentType?: string,
): EncodedPayload | undefined {
  return encodePayload(
    value,
    contentType ?? (isEvent(value) ? EVENT_TYPE : undefined),
  );
}

const EVENT_TYPE = 'application/cloudevents+json';

/** What the specification of CloudEvents demands of each. */
const EVENT_MEMBERS = ['id', 'source', 'type', 'specversion'] as const;

function isEvent(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const members = value as Readonly<Record<string, unknown>>;
  return EVENT_MEMBERS.every((name) => {
    const member = members[name];
    return typeof member === 'string' && member !== '';
  });
}

/** An event can't be a string, so text given as one is an event that is written out already. */
function isJsonString(contentType: string | undefined): boolean {
  return (
    contentType !== undefined &&
    isJsonType(contentType) &&
    mediaType(contentType) !== EVENT_TYPE
  );
}

/**
 * The value of a body: JSON parsed, text as a string, other types as they are. A body without a type is read by
 * {@link decodeLenient}. An empty one is undefined, but for a type that nothing is a value of, such as text.
 * @throws PayloadError for a JSON type whose body is not JSON
 */
export function decodePayload(
  body: Buffer,
  contentType: string | undefined,
): unknown {
  if (!contentType) return decodeLenient(body);
  if (isJsonType(contentType))
    return body.length === 0 ? undefined : parseJson(body);
  return isTextType(contentType) ? body.toString() : body;
}

/**
 * The value of bytes that nothing true is known of (a binding's content type always says JSON): JSON if they parse, else
 * text if they are UTF-8, else the bytes.
 */
export function decodeLenient(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) return body;
  const text = body.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function parseJson(body: Buffer): unknown {
  const text = body.toString();
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    // Without the cause: V8's message quotes the payload.
    throw new PayloadError('the body is not JSON, as its content type says');
  }
}
