import { once } from 'node:events';
import {
  constants,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Clock } from '../../protocol/clock.js';
import { GrpcCode, httpStatusOf } from '../../protocol/grpc-code.js';
import { headerOf, Headers } from '../../protocol/headers.js';
import type { Activity } from '../activity.js';
import type { Replica } from '../app/replica.js';
import { addHeader } from '../blocks/forward-headers.js';
import { ApplicationAway, type Invocations } from '../blocks/invocation.js';
import type { Faults } from '../faults.js';
import type { Caller } from '../http/invocation.js';
import type { Transcript } from '../transcript.js';
import { GrpcError } from './api.js';
import type { GrpcStream } from './front.js';
import { answerTo, pump } from './pump.js';

export interface ProxyDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly faults: Faults;
  readonly transcript: Transcript;
  readonly invocations: Invocations;
}

const CALLEE = 'dapr-callee-app-id';

/**
 * Passes a call on to a service of an application, as it is.
 * @throws GrpcError where it can't be
 * @see https://docs.dapr.io/developing-applications/building-blocks/service-invocation/howto-invoke-services-grpc/
 */
export async function proxyCall(
  deps: ProxyDependencies,
  caller: Caller,
  { stream, headers }: GrpcStream,
): Promise<void> {
  const { clock, transcript, activity } = deps;
  const replica = find(deps, caller, headers);
  const name = headers[':path'] ?? '';
  const { appId } = replica;
  const entry = { kind: 'invocation', at: clock.now(), appId, name } as const;
  const call = open(replica, name, metadataFor(appId, caller.appId, headers));
  const cancel = (): void => call.close(constants.NGHTTP2_CANCEL);
  stream.once('close', cancel);
  // Read with the answer.
  call.on('error', () => undefined);
  void send(stream, call);
  try {
    const head = await headOf(call);
    // From here on it may stay open for as long as both like.
    const code = await activity.rest(() => answerTo(stream, call, head));
    transcript.add({ ...entry, outcome: String(httpStatusOf(code)) });
  } catch (error) {
    transcript.add({ ...entry, outcome: 'error' });
    throw failureOf(call, error as Error);
  } finally {
    stream.off('close', cancel);
    cancel();
  }
}

function find(
  { faults, invocations }: ProxyDependencies,
  { appId, replica }: Caller,
  headers: IncomingHttpHeaders,
): Replica {
  const target = headerOf(headers, CALLEE) || headerOf(headers, Headers.appId);
  if (!target)
    throw new GrpcError(
      GrpcCode.unknown,
      `cannot proxy request: missing ${CALLEE} or ${Headers.appId} metadata`,
    );
  try {
    faults.check('invoke');
    return invocations.find({
      callerId: appId,
      callerReplica: replica,
      target,
    });
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof ApplicationAway) throw unavailable(message);
    throw new GrpcError(GrpcCode.unknown, message);
  }
}

function open(
  { appId, grpc }: Replica,
  path: string,
  headers: Record<string, string | string[]>,
): ClientHttp2Stream {
  if (grpc) return grpc.open(path, headers);
  throw unavailable(`the application ${appId} does not speak gRPC`);
}

/** daprd adds the caller where an application calls another. */
function metadataFor(
  appId: string,
  callerId: string,
  headers: IncomingHttpHeaders,
): Record<string, string | string[]> {
  const metadata: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !name.startsWith(':') && name !== Headers.appId)
      metadata[name] = value;
  if (appId === callerId) return metadata;
  addHeader(metadata, Headers.callerAppId, callerId);
  addHeader(metadata, CALLEE, appId);
  return metadata;
}

async function send(
  stream: ServerHttp2Stream,
  call: ClientHttp2Stream,
): Promise<void> {
  try {
    await pump(stream, call);
    call.end();
  } catch (error) {
    call.destroy(error as Error);
  }
}

async function headOf(call: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
  const closed = once(call, 'close').then(() => {
    throw new Error('the application closed the connection');
  });
  const [head] = (await Promise.race([once(call, 'response'), closed])) as [
    IncomingHttpHeaders,
  ];
  return head;
}

const CODES: Readonly<Record<number, GrpcCode>> = {
  [constants.NGHTTP2_REFUSED_STREAM]: GrpcCode.unavailable,
  [constants.NGHTTP2_CANCEL]: GrpcCode.cancelled,
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: GrpcCode.resourceExhausted,
  [constants.NGHTTP2_INADEQUATE_SECURITY]: GrpcCode.permissionDenied,
};

/** @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors */
function failureOf({ rstCode }: ClientHttp2Stream, error: Error): GrpcError {
  if (error instanceof GrpcError) return error;
  const { code } = error as NodeJS.ErrnoException;
  const isStream = code === 'ERR_HTTP2_STREAM_ERROR';
  if (!isStream && code !== 'ERR_STREAM_PREMATURE_CLOSE')
    return unavailable(error.message);
  return new GrpcError(CODES[rstCode] ?? GrpcCode.internal, error.message);
}

function unavailable(reason: string): GrpcError {
  return new GrpcError(GrpcCode.unavailable, `connection error: ${reason}`);
}
