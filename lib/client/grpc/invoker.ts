import { Readable } from 'node:stream';
import { DaprBadRequestError } from '../../errors/dapr-bad-request.error.js';
import { DaprError } from '../../errors/dapr.error.js';
import { headerOf, type HeaderBag } from '../../protocol/headers.js';
import type { CallOptions } from '../call-options.js';
import type { HttpMethod } from '../http-method.js';
import {
  answerWith,
  appError,
  endingIfRefused,
  invocationOf,
  type Invocation,
  type Verb,
} from '../invocation.js';
import type {
  ClientInvoker,
  InvocationAnswer,
  InvokerOptions,
} from '../invoker.js';
import { decoding } from '../json.js';
import { bytesOf } from './bytes.js';
import type { GrpcChannel } from './channel.js';
import {
  answeredHeaders,
  bodyOf,
  cutShort,
  excerptOf,
  failedAnswer,
  STATUS,
  valueOf,
  type Answer,
} from './invocation-answer.js';
import { wholeBody } from './whole-body.js';

// HTTPExtension.Verb
const VERBS: Readonly<
  Record<Uppercase<HttpMethod>, 1 | 2 | 3 | 4 | 5 | 7 | 9>
> = { GET: 1, HEAD: 2, POST: 3, PUT: 4, DELETE: 5, OPTIONS: 7, PATCH: 9 };

/** Service invocation over gRPC: whole requests and whole answers, of 4 MiB at most. */
export class GrpcInvoker implements ClientInvoker {
  constructor(private readonly channel: GrpcChannel) {}

  async invoke<T = unknown>(
    appId: string,
    methodName: string,
    method: Verb = 'GET',
    data?: unknown,
    options?: InvokerOptions,
  ): Promise<T> {
    const call = invocationOf(appId, methodName, method, data, options);
    const answer = await this.send(appId, call, options);
    const { operation } = call;
    if (answer.status > 399)
      throw appError(operation, answer.status, excerptOf(answer));
    if (!answer.isWhole) throw cutShort(operation, answer.status);
    return decoding(operation, () => valueOf(answer)) as T;
  }

  async request(
    appId: string,
    methodName: string,
    method: Verb = 'GET',
    data?: unknown,
    options?: InvokerOptions,
  ): Promise<InvocationAnswer> {
    const call = invocationOf(appId, methodName, method, data, options);
    const answer = await this.send(appId, call, options);
    return answerWith(
      answer.status,
      answer.headers,
      bodyOf(call.operation, answer),
    );
  }

  private async send(
    appId: string,
    call: Invocation,
    options: InvokerOptions | undefined,
  ): Promise<Answer> {
    const { operation, verb, query: querystring, contentType = '' } = call;
    const { method, metadata } = endingIfRefused(call.body, () => ({
      method: decodedPath(call),
      metadata: metadataOf(call),
    }));
    const { value, rest } = await this.bodyToSend(call, options);
    let headers: HeaderBag = {};
    try {
      const answer = await this.channel.unary(
        'invokeService',
        {
          id: appId,
          message: {
            method,
            contentType,
            httpExtension: { verb: VERBS[verb], querystring },
            ...(value && { data: { typeUrl: '', value } }),
          },
        },
        {
          operation,
          headers: metadata,
          options: rest,
          onHeaders: (given) => (headers = given),
        },
      );
      return {
        status: Number(headerOf(headers, STATUS) ?? 200),
        headers: answeredHeaders(headers),
        contentType: answer.contentType,
        body: answer.data?.value ?? Buffer.alloc(0),
        isWhole: true,
      };
    } catch (error) {
      const status = Number(headerOf(headers, STATUS));
      // An answer of a success that fails is too large for gRPC.
      if (status > 299 && error instanceof DaprError)
        return failedAnswer(status, headers, error);
      throw error;
    }
  }

  private async bodyToSend(
    { operation, body }: Invocation,
    options: InvokerOptions | undefined,
  ): Promise<{
    readonly value?: Buffer;
    /** What the call has after the body. */
    readonly rest: CallOptions | undefined;
  }> {
    if (body === undefined) return { rest: options };
    if (!(body instanceof Readable))
      return { value: bytesOf(body), rest: options };
    const link = await this.channel.load();
    const { bytes, timeout } = await wholeBody(link, operation, body, options);
    return { value: bytes, rest: { ...options, timeout } };
  }
}

/** Over HTTP daprd reads a path that is escaped, over gRPC one that is not. */
function decodedPath({ operation, path }: Invocation): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new DaprBadRequestError(
      `${operation} failed: the method's path is escaped wrongly.`,
      { operation, cause },
    );
  }
}

// HTTP/2 has none of these (RFC 9113, 8.2.2).
const OF_CONNECTION = new Set([
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** The content type goes into the message. */
function metadataOf({ operation, headers }: Invocation): typeof headers {
  const metadata = Object.entries(headers ?? {}).filter(
    ([name]) => name.toLowerCase() !== 'content-type',
  );
  for (const [name] of metadata)
    if (name.includes(':') || OF_CONNECTION.has(name.toLowerCase()))
      throw new DaprBadRequestError(
        `${operation} can't be sent: "${name}" is no name of a header that gRPC can send.`,
        { operation },
      );
  return Object.fromEntries(metadata);
}
