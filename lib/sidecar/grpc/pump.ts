import type {
  ClientHttp2Stream,
  IncomingHttpHeaders,
  ServerHttp2Stream,
} from 'node:http2';
import type { Readable, Writable } from 'node:stream';
import { GrpcCode } from '../../protocol/grpc-code.js';
import { GrpcError } from './api.js';
import { drained } from './drained.js';
import { FrameGuard, LONGEST_MESSAGE } from './frames.js';

/**
 * Copies a body, no faster than it is taken.
 * @throws GrpcError for a message that is too long; what the source says where it breaks off
 */
export async function pump(
  source: Readable,
  target: Writable,
  begin?: () => void,
): Promise<void> {
  const guard = new FrameGuard(LONGEST_MESSAGE);
  const chunks = source.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    guard.check(chunk);
    begin?.();
    if (target.destroyed) break;
    if (!target.write(chunk)) await drained(target);
  }
  // What nobody takes any more must not hold up the rest of the session.
  source.resume();
}

/**
 * Answers with what an application answers. As daprd, which learns of metadata only with the first message, a call that
 * ends without one has none.
 * @param head what came before the first message
 * @returns the status with which the call ended
 * @throws GrpcError for what is no gRPC; what the call says where it breaks off
 */
export async function answerTo(
  stream: ServerHttp2Stream,
  call: ClientHttp2Stream,
  head: IncomingHttpHeaders,
): Promise<number> {
  let trailers = head;
  call.once('trailers', (last) => (trailers = last));
  await pump(call, stream, () => {
    if (stream.headersSent || stream.destroyed) return;
    requireGrpc(head);
    stream.respond({ ...HEAD, ...metadataOf(head) }, WITH_TRAILERS);
  });
  const status = trailers['grpc-status'];
  if (status === undefined) throw notGrpc(head);
  if (stream.destroyed) return Number(status);
  const end = metadataOf(trailers);
  if (stream.headersSent) {
    stream.once('wantTrailers', () => stream.sendTrailers(end));
    stream.end();
  } else stream.respond({ ...HEAD, ...end }, ONLY_TRAILERS);
  return Number(status);
}

const HEAD = { ':status': 200, 'content-type': 'application/grpc' };
const WITH_TRAILERS = { waitForTrailers: true, sendDate: false };
const ONLY_TRAILERS = { endStream: true, sendDate: false };

function metadataOf(
  headers: IncomingHttpHeaders,
): Record<string, string | string[]> {
  const metadata: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !name.startsWith(':')) metadata[name] = value;
  return metadata;
}

function requireGrpc(head: IncomingHttpHeaders): void {
  const { 'content-type': type = '', ':status': status } = head;
  if (Number(status) !== 200 || !type.startsWith('application/grpc'))
    throw notGrpc(head);
}

function notGrpc({ ':status': status }: IncomingHttpHeaders): GrpcError {
  return new GrpcError(
    GrpcCode.unavailable,
    `unexpected HTTP status code received from server: ${String(status)}`,
  );
}
