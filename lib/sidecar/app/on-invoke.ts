import { constants, type ClientHttp2Stream } from 'node:http2';
import { GrpcCode, httpStatusOf } from '../../protocol/grpc-code.js';
import {
  readStatusDetails,
  STATUS_DETAILS,
} from '../../protocol/grpc-status.js';
import { headerOf, type HeaderBag } from '../../protocol/headers.js';
import { PREFIXED_HEADERS } from '../../protocol/prefixed-headers.js';
import {
  HTTPExtension_Verb,
  InvokeRequest,
  InvokeResponse,
} from '../../protocol/proto/generated/common.js';
import { HOP_BY_HOP } from '../blocks/forward-headers.js';
import { frameOf, LONGEST_MESSAGE, messagesOf } from '../grpc/frames.js';
import type { AppAnswer, AppRequest, GrpcFailure } from './channel.js';
import { wholeBody } from './go-client.js';
import type { GrpcConnection } from './grpc-connection.js';

const ON_INVOKE = '/dapr.proto.runtime.v1.AppCallback/OnInvoke';

/** An invocation of an application that speaks gRPC, and its answer as an HTTP caller gets it. */
export async function onInvoke(
  connection: GrpcConnection,
  request: AppRequest,
): Promise<AppAnswer> {
  const message = InvokeRequest.encode(await messageOf(request)).finish();
  const { signal } = request;
  signal?.throwIfAborted();
  const stream = connection.open(ON_INVOKE, {
    ...metadataOf(request.headers),
    'content-type': 'application/grpc',
  });
  const cancel = (): void => stream.close(constants.NGHTTP2_CANCEL);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    stream.end(frameOf(message));
    return await answerOf(stream);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', cancel);
    stream.close();
  }
}

async function messageOf({
  verb,
  path,
  headers,
  body,
}: AppRequest): Promise<InvokeRequest> {
  const [route = '', ...query] = path.split('?');
  return {
    method: decodeURIComponent(route.replace(/^\//, '')),
    data: { typeUrl: '', value: await bytesOf(body) },
    contentType: headerOf(headers, 'content-type') ?? '',
    httpExtension: {
      verb:
        HTTPExtension_Verb[verb as keyof typeof HTTPExtension_Verb] ??
        HTTPExtension_Verb.NONE,
      querystring: query.join('?'),
    },
  };
}

async function bytesOf(body: AppRequest['body']): Promise<Buffer> {
  if (body === undefined || typeof body === 'string')
    return Buffer.from(body ?? '');
  return Buffer.isBuffer(body) ? body : wholeBody(body);
}

function metadataOf(headers: AppRequest['headers']): AppRequest['headers'] {
  const metadata: AppRequest['headers'] = {};
  for (const [name, value] of Object.entries(headers))
    if (name !== 'user-agent' && !name.startsWith('grpc-'))
      metadata[PREFIXED_HEADERS.has(name) ? `dapr-${name}` : name] = value;
  return metadata;
}

async function answerOf(stream: ClientHttp2Stream): Promise<AppAnswer> {
  let head: HeaderBag = {};
  let trailers: HeaderBag = {};
  stream.once('response', (headers) => (head = headers as HeaderBag));
  stream.once('trailers', (headers) => (trailers = headers as HeaderBag));
  const messages: Buffer[] = [];
  for await (const message of messagesOf(stream, LONGEST_MESSAGE))
    messages.push(message);
  const end = 'grpc-status' in trailers ? trailers : head;
  const status = headerOf(end, 'grpc-status');
  if (status === undefined)
    throw new Error(
      `the application answered no gRPC, but HTTP ${headerOf(head, ':status') ?? 'nothing'}`,
    );
  if (Number(status) !== GrpcCode.ok) return failed(Number(status), end);
  const { data, contentType } = InvokeResponse.decode(
    messages[0] ?? Buffer.alloc(0),
  );
  return {
    status: 200,
    headers: {
      ...headersOf(head),
      ...(contentType && { 'content-type': contentType }),
    },
    body: data?.value ?? Buffer.alloc(0),
  };
}

function headersOf(metadata: HeaderBag): HeaderBag {
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(metadata)) {
    if (value === undefined || name.startsWith(':') || name.endsWith('-bin'))
      continue;
    if (name.startsWith('content-') || HOP_BY_HOP.includes(name)) continue;
    headers[name.startsWith('grpc-') ? `dapr-${name}` : name] = value;
  }
  return headers;
}

/** An HTTP caller gets the status that the code means, and google.rpc.Status as JSON. */
function failed(code: number, end: HeaderBag): AppAnswer {
  const packed = headerOf(end, STATUS_DETAILS);
  const failure: GrpcFailure = {
    code,
    message: unescaped(headerOf(end, 'grpc-message') ?? ''),
    details:
      packed === undefined
        ? []
        : readStatusDetails(Buffer.from(packed, 'base64')),
  };
  const { message, details } = failure;
  return {
    status: httpStatusOf(code),
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: Buffer.from(
      JSON.stringify({
        code,
        ...(message && { message }),
        ...(details.length > 0 && { details }),
      }),
    ),
    failure,
  };
}

function unescaped(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
