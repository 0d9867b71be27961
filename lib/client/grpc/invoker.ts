import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { DaprBadRequestError } from '../../errors/dapr-bad-request.error.js';
import { DaprError } from '../../errors/dapr.error.js';
import { headerOf, type HeaderBag } from '../../protocol/headers.js';
import { PREFIXED_HEADERS } from '../../protocol/prefixed-headers.js';
import type { HttpMethod } from '../http-method.js';
import {
  answerWith,
  appError,
  decodeAnswer,
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
import { requireName } from '../name.js';
import { bytesOf } from './bytes.js';
import type { GrpcChannel } from './channel.js';

/** What an app answered, as far as daprd tells it. */
interface Answer {
  readonly status: number;
  readonly headers: HeaderBag;
  readonly contentType: string;
  readonly body: Buffer;
  /** False where the body may go on: of a failed answer daprd tells the beginning only. */
  readonly isWhole: boolean;
}

// HTTPExtension.Verb
const VERBS: Readonly<
  Record<Uppercase<HttpMethod>, 1 | 2 | 3 | 4 | 5 | 7 | 9>
> = { GET: 1, HEAD: 2, POST: 3, PUT: 4, DELETE: 5, OPTIONS: 7, PATCH: 9 };

const STATUS = 'dapr-http-status';

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
    requireName(operation, 'app id', appId);
    const value = await wholeBody(call.body, options?.signal);
    let headers: HeaderBag = {};
    try {
      const answer = await this.channel.unary(
        'invokeService',
        {
          id: appId,
          message: {
            method: decodedPath(call),
            contentType,
            httpExtension: { verb: VERBS[verb], querystring },
            ...(value && { data: { typeUrl: '', value } }),
          },
        },
        {
          operation,
          headers: metadataOf(operation, options?.headers),
          options,
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

async function wholeBody(
  body: Invocation['body'],
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  if (!(body instanceof Readable))
    return body === undefined ? undefined : bytesOf(body);
  const abort = (): void => void body.destroy(signal?.reason as Error);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await buffer(body);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

// HTTP/2 has none of these (RFC 9113, 8.2.2).
const OF_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** The content type goes into the message. */
function metadataOf(
  operation: string,
  headers: InvokerOptions['headers'],
): InvokerOptions['headers'] {
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

/** The app's own headers under their own names. */
function answeredHeaders(metadata: HeaderBag): HeaderBag {
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(metadata)) {
    if (value === undefined || name === STATUS) continue;
    const plain = name.replace(/^dapr-/, '');
    const isPrefixed = plain !== name && PREFIXED_HEADERS.has(plain);
    // What is not prefixed of these is gRPC's: its content type.
    if (isPrefixed) headers[plain] = value;
    else if (!PREFIXED_HEADERS.has(name)) headers[name] = value;
  }
  return headers;
}

// daprd's limit of what it tells (dapr/dapr pkg/messaging/v1/util.go).
const EXCERPT = 63;

function failedAnswer(
  status: number,
  metadata: HeaderBag,
  { details }: DaprError,
): Answer {
  const headers = answeredHeaders(metadata);
  const info = details.find((detail) => 'metadata' in detail)?.['metadata'];
  const excerpt = (info as Record<string, string> | undefined)?.[
    'http.error_message'
  ];
  const body = Buffer.from(excerpt ?? '');
  return {
    status,
    headers,
    contentType: headerOf(headers, 'content-type') ?? '',
    body,
    isWhole: excerpt !== undefined && body.length < EXCERPT,
  };
}

function valueOf({ status, contentType, body }: Answer): unknown {
  return decodeAnswer(status, contentType, body);
}

/** The value where the body is whole, else the beginning of its text. */
function excerptOf(answer: Answer): unknown {
  try {
    if (answer.isWhole) return valueOf(answer);
  } catch {
    // Not what its type says.
  }
  return answer.body.toString();
}

function bodyOf(
  operation: string,
  { status, body, isWhole }: Answer,
): Readable {
  if (isWhole) return Readable.from(body.length > 0 ? [body] : []);
  return new Readable({
    read() {
      this.push(body);
      this.destroy(cutShort(operation, status));
    },
  });
}

function cutShort(operation: string, status: number): DaprError {
  return new DaprError(
    `${operation} failed: the app answered with status ${status}, and of such an answer daprd tells over gRPC only the first ${EXCERPT} bytes. A client that speaks HTTP gets all of it.`,
    { operation, status },
  );
}
