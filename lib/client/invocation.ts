import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { buffer, json, text } from 'node:stream/consumers';
import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';
import { DaprError } from '../errors/dapr.error.js';
import { Headers, type HeaderBag } from '../protocol/headers.js';
import { decodePayload, encodePayload } from '../protocol/payload.js';
import type { HttpMethod } from './http-method.js';
import type { InvocationAnswer, InvokerOptions } from './invoker.js';
import { encoding } from './json.js';
import { textOf } from './metadata-values.js';
import { requireName } from './name.js';

export type Verb = HttpMethod | Uppercase<HttpMethod>;

/** A service invocation with everything decided. */
export interface Invocation {
  /** In words, for errors. */
  readonly operation: string;
  readonly verb: Uppercase<HttpMethod>;
  /** Encoded, without a slash before it. */
  readonly path: string;
  /** Encoded, without its question mark; '' without one. */
  readonly query: string;
  readonly body: string | Buffer | Readable | undefined;
  readonly contentType: string | undefined;
  readonly headers: InvokerOptions['headers'];
}

/** @throws DaprBadRequestError for what can't be sent; a stream ends with that */
export function invocationOf(
  appId: string,
  methodName: string,
  method: Verb,
  data: unknown,
  options: InvokerOptions | undefined,
): Invocation {
  return endingIfRefused(data, () => {
    const verb = method.toUpperCase() as Uppercase<HttpMethod>;
    const operation = `invoker.invoke "${appId}" ${verb} "${methodName.split('?', 1)[0]}"`;
    requireName(operation, 'app id', appId);
    return {
      operation,
      verb,
      ...addressOf(operation, methodName, options?.query),
      ...payloadOf(operation, verb, data, contentTypeOf(options?.headers)),
      headers: headersFor(options?.headers),
    };
  });
}

/** Prepares a call; where that throws, nobody else would end the stream that was to be sent. */
export function endingIfRefused<T>(data: unknown, prepare: () => T): T {
  try {
    return prepare();
  } catch (error) {
    if (data instanceof Readable) data.destroy();
    throw error;
  }
}

function payloadOf(
  operation: string,
  verb: Uppercase<HttpMethod>,
  data: unknown,
  contentType: string | undefined,
): Pick<Invocation, 'body' | 'contentType'> {
  if (verb === 'GET' || verb === 'HEAD')
    return { body: undefined, contentType: undefined };
  if (data instanceof Readable)
    return {
      body: data,
      contentType: contentType ?? 'application/octet-stream',
    };
  const payload = encoding(operation, () => encodePayload(data, contentType));
  return { body: payload?.body, contentType: payload?.contentType };
}

function contentTypeOf(headers: InvokerOptions['headers']): string | undefined {
  for (const [name, value] of Object.entries(headers ?? {}))
    if (name.toLowerCase() === 'content-type') return value;
  return undefined;
}

/** What the caller hands on, but for what would lead elsewhere, and for what belongs to the body and to the connection. */
function headersFor(headers: InvokerOptions['headers']): typeof headers {
  return headersWithout(headers, isLeftOut);
}

/**
 * The options of a call whose answer is read by its content type alone. Go undoes the compression of an answer by itself,
 * but where its caller asks for one.
 */
export function withoutEncodings(
  options: InvokerOptions | undefined,
): InvokerOptions | undefined {
  const isEncoding = (name: string): boolean => name === 'accept-encoding';
  return (
    options && {
      ...options,
      headers: headersWithout(options.headers, isEncoding),
    }
  );
}

export function headersWithout<T extends string | undefined>(
  headers: Readonly<Record<string, T>> | undefined,
  isOut: (name: string, value: string) => boolean,
): Readonly<Record<string, T>> | undefined {
  if (headers === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name, value]) => !isOut(name.toLowerCase(), String(value)),
    ),
  );
}

/** That of a call that is served is the app's: the sidecar would refuse it, or show it to another app. */
export function isToken(name: string): boolean {
  return name === Headers.apiToken;
}

function isLeftOut(name: string, value: string): boolean {
  return (
    OF_REQUEST.has(name) ||
    isToken(name) ||
    (name === 'authorization' && namesApp(value))
  );
}

/** Of the request as it is sent, and of no other. */
const OF_REQUEST: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'host',
  Headers.appId,
]);

const BASIC = /^basic +/i;

/** Over HTTP these come before the app id in the path (dapr/dapr pkg/api/http, findTargetIDAndMethod). */
function namesApp(authorization: string): boolean {
  if (!BASIC.test(authorization)) return false;
  const credentials = Buffer.from(authorization.replace(BASIC, ''), 'base64');
  return credentials.toString().startsWith(`${Headers.appId}:`);
}

// What a URL can't hold as it is, and a "%" that begins no escape.
const TO_ENCODE = /%(?![\dA-F]{2})|[^\x21-\x7e]+|["#<>\\^`{|}]/giu;
const STEP = /(^|\/)(\.|%2e){1,2}(\/|$)/i;

/** Slashes stay, and so does what is encoded already. */
function addressOf(
  operation: string,
  methodName: string,
  extra: InvokerOptions['query'],
): Pick<Invocation, 'path' | 'query'> {
  const [path = '', ...rest] = methodName.split('?');
  // daprd cleans the path, and the call would land on another of its APIs.
  if (STEP.test(path))
    throw new DaprBadRequestError(
      `${operation} failed: the method's path has a "." or ".." step, which would lead elsewhere.`,
      { operation },
    );
  const encode = (value: string): string =>
    value.replace(TO_ENCODE, encodeURIComponent);
  const query = [encode(rest.join('?')), queryOf(operation, extra)]
    .filter((part) => part !== '')
    .join('&');
  return { path: encode(path.replace(/^\/+/, '')), query };
}

function queryOf(operation: string, extra: InvokerOptions['query']): string {
  if (extra === undefined || extra instanceof URLSearchParams)
    return String(extra ?? '');
  return new URLSearchParams(textOf(operation, 'query', extra)).toString();
}

/** The body of an app's answer; '' is the content type where the app named none. */
export function decodeAnswer(
  status: number,
  contentType: string | undefined,
  body: Buffer,
): unknown {
  // daprd gives an answer without a body a content type of its own making.
  if (status === 204) return undefined;
  if (contentType === GUESSED) return decodeGuessed(body);
  if (contentType !== '') return decodePayload(body, contentType);
  if (body.length === 0) return undefined;
  return isText(body) ? decodeGuessed(body) : body;
}

// What daprd says over HTTP of an answer whose app named no type, as apps on `@dapr/dapr` don't: it guesses by the first
// bytes (https://pkg.go.dev/net/http#DetectContentType), and takes JSON for text.
const GUESSED = 'text/plain; charset=utf-8';

/** An object or array in JSON, else the text. */
function decodeGuessed(body: Buffer): unknown {
  const text = body.toString('utf8');
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isText(body: Buffer): boolean {
  return (
    isUtf8(body) &&
    // eslint-disable-next-line no-control-regex
    !/[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(body.toString('utf8', 0, 512))
  );
}

/** The app, and not the sidecar, answered with a failure. */
export function appError(
  operation: string,
  status: number,
  body: unknown,
): DaprError {
  return new DaprError(
    `${operation} failed: the app answered with status ${status}. Its body is in the error's details.`,
    { operation, status, details: [{ body }] },
  );
}

/** An answer with the ways to read its body. */
export function answerWith(
  status: number,
  headers: HeaderBag,
  body: Readable,
): InvocationAnswer {
  return {
    status,
    headers,
    body,
    bytes: () => buffer(body),
    text: () => text(body),
    json: <T>() => json(body) as Promise<T>,
  };
}
