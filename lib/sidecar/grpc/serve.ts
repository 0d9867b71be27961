import { timingSafeEqual } from 'node:crypto';
import type { ServerHttp2Stream } from 'node:http2';
import { GrpcCode } from '../../protocol/grpc-code.js';
import {
  STATUS_DETAILS,
  writeStatusDetails,
} from '../../protocol/grpc-status.js';
import { headerOf, Headers, type HeaderBag } from '../../protocol/headers.js';
import { DaprDefinition } from '../../protocol/proto/generated/dapr.js';
import type { DaprMethod } from '../../protocol/proto/methods.js';
import { NO_TRACE, traceOf } from '../trace.js';
import { errorInfo, GrpcError, type GrpcCall } from './api.js';
import { deadlineOf } from './deadline.js';
import { drained } from './drained.js';
import { frameOf, LONGEST_MESSAGE, messagesOf } from './frames.js';
import type { GrpcFrontOptions, GrpcStream } from './front.js';
import { unserved } from './unserved.js';

/** A method with its kind and types left open, as the loop below needs it. */
interface Method {
  readonly requestType: { decode(input: Uint8Array): unknown };
  readonly responseType: {
    encode(message: unknown): { finish(): Uint8Array };
  };
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

type Run = (
  request: unknown,
  call: GrpcCall,
) => Promise<unknown> | AsyncIterable<unknown>;

const METHODS = new Map(
  Object.entries(DaprDefinition.methods).map(([key, method]) => [
    `/${DaprDefinition.fullName}/${method.name}`,
    { key: key as DaprMethod, method: method as unknown as Method },
  ]),
);

/** Answers one call, whatever becomes of it. */
export async function serve(
  { stream, headers }: GrpcStream,
  options: GrpcFrontOptions,
): Promise<void> {
  const caller = new AbortController();
  stream.once('close', () => caller.abort());
  const deadline = deadlineOf(headers);
  const call: GrpcCall = {
    appId: options.appId,
    instanceId: options.instanceId,
    headers,
    signal: deadline
      ? AbortSignal.any([caller.signal, deadline])
      : caller.signal,
    answerHeaders: {},
  };
  try {
    requireToken(headers, options.apiToken);
    const path = headers[':path'] ?? '';
    const found = METHODS.get(path);
    const run = found && (options.methods[found.key] as Run | undefined);
    if (!run) {
      const refused = unserved(path);
      if (refused) throw refused;
      return await options.forward({ stream, headers });
    }
    await answer(stream, found.method, run, call);
  } catch (error) {
    if (stream.closed || stream.destroyed) return;
    fail(stream, call, statusOf(error as Error, options.warn));
  }
}

async function answer(
  stream: ServerHttp2Stream,
  method: Method,
  run: Run,
  call: GrpcCall,
): Promise<void> {
  const requests = decoded(stream, method);
  const request = method.requestStream ? requests : await only(requests);
  if (!method.responseStream)
    send(stream, method, await (run(request, call) as Promise<unknown>), call);
  else
    for await (const message of run(request, call) as AsyncIterable<unknown>)
      if (!send(stream, method, message, call)) await drained(stream);
  if (stream.destroyed) return;
  if (!stream.headersSent) respond(stream, call);
  finish(stream, { 'grpc-status': '0' });
}

async function* decoded(
  stream: ServerHttp2Stream,
  method: Method,
): AsyncIterable<unknown> {
  // Aborting the iteration must not end the answer.
  const body = stream.iterator({
    destroyOnReturn: false,
  }) as AsyncIterable<Buffer>;
  for await (const bytes of messagesOf(body, LONGEST_MESSAGE))
    yield decode(method, bytes);
}

function decode({ requestType }: Method, bytes: Buffer): unknown {
  try {
    return requestType.decode(bytes);
  } catch (error) {
    throw new GrpcError(
      GrpcCode.internal,
      `grpc: error unmarshalling request: ${(error as Error).message}`,
    );
  }
}

async function only(requests: AsyncIterable<unknown>): Promise<unknown> {
  for await (const request of requests) return request;
  throw new GrpcError(GrpcCode.internal, 'the request has no message');
}

/** False when the caller takes messages slower than they are made. */
function send(
  stream: ServerHttp2Stream,
  method: Method,
  message: unknown,
  call: GrpcCall,
): boolean {
  if (stream.destroyed) return true;
  const bytes = method.responseType.encode(message).finish();
  if (bytes.length > LONGEST_MESSAGE)
    throw new GrpcError(
      GrpcCode.resourceExhausted,
      `grpc: trying to send message larger than max (${bytes.length} vs. ${LONGEST_MESSAGE})`,
    );
  if (!stream.headersSent) respond(stream, call);
  return stream.write(frameOf(bytes));
}

// grpc-go sends no date; what an application answered has one.
const ANSWER = { waitForTrailers: true, sendDate: false };

function respond(stream: ServerHttp2Stream, call: GrpcCall): void {
  stream.respond(headersOf(call), ANSWER);
}

function headersOf({
  headers,
  answerHeaders,
}: GrpcCall): Record<string, string | string[] | number> {
  return {
    ':status': 200,
    'content-type': 'application/grpc',
    traceparent: traceOf(headers).traceparent || NO_TRACE,
    ...answerHeaders,
  };
}

function finish(
  stream: ServerHttp2Stream,
  trailers: Record<string, string>,
): void {
  stream.once('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end();
}

function fail(
  stream: ServerHttp2Stream,
  call: GrpcCall,
  { code, message, details }: GrpcError,
): void {
  const trailers = {
    'grpc-status': String(code),
    'grpc-message': escaped(message),
    ...(details.length > 0 && {
      [STATUS_DETAILS]: writeStatusDetails(code, message, details)
        .toString('base64')
        .replace(/=+$/, ''),
    }),
  };
  // As grpc-go: what there is to tell comes before the status.
  if (!stream.headersSent && Object.keys(call.answerHeaders).length > 0)
    respond(stream, call);
  if (stream.headersSent) return finish(stream, trailers);
  stream.respond({ ...headersOf(call), ...trailers }, { endStream: true });
  // What the caller still sends is not read.
  stream.resume();
}

/** Clients differ in what they unescape, so no more is escaped than the protocol wants. */
function escaped(message: string): string {
  return message
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/[^\x20-\x7e]|%/gu, encodeURIComponent);
}

function statusOf(error: Error, warn: (line: string) => void): GrpcError {
  if (error instanceof GrpcError) return error;
  if (error.name === 'TimeoutError')
    return new GrpcError(
      GrpcCode.deadlineExceeded,
      'context deadline exceeded',
    );
  warn(`The embedded sidecar failed on a call: ${error.message}`);
  return new GrpcError(GrpcCode.unknown, error.message);
}

function requireToken(headers: HeaderBag, apiToken: string | undefined): void {
  if (!apiToken) return;
  const given = headerOf(headers, Headers.apiToken);
  const wanted = Buffer.from(apiToken);
  const shown = Buffer.from(given ?? '');
  if (shown.length === wanted.length && timingSafeEqual(shown, wanted)) return;
  throw new GrpcError(GrpcCode.unauthenticated, 'Unauthorized', [
    errorInfo('Unauthorized', {
      'http.code': '401',
      'http.error_message':
        given === undefined
          ? 'missing api token in request metadata'
          : 'authentication error: api token mismatch',
    }),
  ]);
}
