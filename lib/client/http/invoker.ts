import { buffer, json, text } from 'node:stream/consumers';
import { DaprBadRequestError } from '../../errors/dapr-bad-request.error.js';
import { DaprError } from '../../errors/dapr.error.js';
import { readErrorBody } from '../../protocol/error-codes.js';
import { headerOf } from '../../protocol/headers.js';
import { decodePayload, encodePayload } from '../../protocol/payload.js';
import type { HttpMethod } from '../http-method.js';
import type {
  ClientInvoker,
  InvocationAnswer,
  InvokerOptions,
} from '../invoker.js';
import type { HttpAnswer } from './buffered-exchange.js';
import { answerError, type HttpCall, type HttpChannel } from './channel.js';
import { decoding, encoding } from '../json.js';
import { pathPart } from './path.js';

type Verb = HttpMethod | Uppercase<HttpMethod>;

/** Service invocation over HTTP. */
export class HttpInvoker implements ClientInvoker {
  constructor(private readonly channel: HttpChannel) {}

  async invoke<T = unknown>(
    appId: string,
    methodName: string,
    method: Verb = 'GET',
    data?: unknown,
    options?: InvokerOptions,
  ): Promise<T> {
    const call = callOf(appId, methodName, method, data, options);
    const answer = await this.channel.request(call);
    if (answer.status > 399) throw invocationError(call.operation, answer);
    return decoding(call.operation, () => bodyOf(answer)) as T;
  }

  async request(
    appId: string,
    methodName: string,
    method: Verb = 'GET',
    data?: unknown,
    options?: InvokerOptions,
  ): Promise<InvocationAnswer> {
    const answer = await this.channel.stream(
      callOf(appId, methodName, method, data, options),
    );
    const { body } = answer;
    return {
      ...answer,
      bytes: () => buffer(body),
      text: () => text(body),
      json: <T>() => json(body) as Promise<T>,
    };
  }
}

function callOf(
  appId: string,
  methodName: string,
  method: Verb,
  data: unknown,
  options: InvokerOptions | undefined,
): HttpCall {
  const verb = method.toUpperCase() as Uppercase<Verb>;
  const operation = `invoker.invoke "${appId}" ${verb} "${methodName.split('?', 1)[0]}"`;
  const sendsBody = verb !== 'GET' && verb !== 'HEAD';
  const contentType = contentTypeOf(options?.headers);
  const payload = sendsBody
    ? encoding(operation, () => encodePayload(data, contentType))
    : undefined;
  const app = pathPart(operation, 'app id', appId);
  return {
    operation,
    lane: 'reentrant',
    method: verb,
    path: `/v1.0/invoke/${app}/method/${methodPath(operation, methodName, options?.query)}`,
    body: payload?.body,
    contentType: payload?.contentType,
    headers: options?.headers,
    options,
  };
}

function contentTypeOf(headers: InvokerOptions['headers']): string | undefined {
  for (const [name, value] of Object.entries(headers ?? {}))
    if (name.toLowerCase() === 'content-type') return value;
  return undefined;
}

// What a URL can't hold as it is, and a "%" that begins no escape.
const TO_ENCODE = /%(?![\dA-F]{2})|[^\x21-\x7e]+|["#<>\\^`{|}]/giu;
const STEP = /(^|\/)(\.|%2e){1,2}(\/|$)/i;

/** Slashes stay, and so does what is encoded already. */
function methodPath(
  operation: string,
  methodName: string,
  extra: InvokerOptions['query'],
): string {
  const [path = '', ...rest] = methodName.split('?');
  // daprd cleans the path, and the call would land on another of its APIs.
  if (STEP.test(path))
    throw new DaprBadRequestError(
      `${operation} failed: the method's path has a "." or ".." step, which would lead elsewhere.`,
      { operation },
    );
  const encode = (value: string): string =>
    value.replace(TO_ENCODE, encodeURIComponent);
  const query = [
    encode(rest.join('?')),
    new URLSearchParams(extra as Record<string, string>).toString(),
  ]
    .filter((part) => part !== '')
    .join('&');
  return encode(path.replace(/^\/+/, '')) + (query && `?${query}`);
}

function bodyOf({ status, body, headers }: HttpAnswer): unknown {
  // daprd gives an answer without a body a content type of its own making.
  if (status === 204) return undefined;
  const contentType = headerOf(headers, 'content-type');
  return contentType === GUESSED
    ? decodeGuessed(body)
    : decodePayload(body, contentType);
}

// What daprd says of an answer whose app named no type, as apps on `@dapr/dapr` don't: it guesses by the first bytes
// (https://pkg.go.dev/net/http#DetectContentType), and takes JSON for text.
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

/** An app may answer any status and body: only with Dapr's own code is it the sidecar that speaks. */
function invocationError(operation: string, answer: HttpAnswer): DaprError {
  const { status, body } = answer;
  const { errorCode, message } = readErrorBody(body.toString());
  if (
    errorCode === 'ERR_DIRECT_INVOKE' ||
    (status === 401 && message === 'invalid api token')
  )
    return answerError(operation, answer);
  let content: unknown;
  try {
    content = bodyOf(answer);
  } catch {
    content = body.toString();
  }
  return new DaprError(
    `${operation} failed: the app answered with status ${status}. Its body is in the error's details.`,
    { operation, status, details: [{ body: content }] },
  );
}
