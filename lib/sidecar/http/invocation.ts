import { Transform, type Readable } from 'node:stream';
import type { Replica } from '../app/replica.js';
import { connectionHeaders } from '../blocks/forward-headers.js';
import type { Invocations } from '../blocks/invocation.js';
import { headerOf, Headers, type HeaderBag } from '../../protocol/headers.js';
import { ApiError, type ApiAnswer } from './api.js';
import { BODY_LIMIT, BodyTooLarge, hasBody, readBody } from './body.js';
import type { ForwardCall } from './front.js';

/** Who calls. */
export interface Caller {
  readonly appId: string;
  readonly replica: Replica | undefined;
}

/**
 * Service invocation, by `/v1.0/invoke/<app>/method/<path>`, by the header `dapr-app-id`, or by Basic credentials with
 * that user name. Every path that is none of the API's comes here.
 * @see https://docs.dapr.io/reference/api/service_invocation_api/
 */
export async function forward(
  invocations: Invocations,
  caller: Caller,
  { path, request, signal }: ForwardCall,
): Promise<ApiAnswer> {
  const found = findTarget(path, request.headers);
  if (!found)
    throw new ApiError(
      404,
      'ERR_DIRECT_INVOKE',
      'failed getting app id either from the URL path or the header dapr-app-id',
    );
  const { target, method } = found;
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  try {
    const answer = await invocations.invoke({
      callerId: caller.appId,
      callerReplica: caller.replica,
      target,
      method,
      query: mark < 0 ? '' : url.slice(mark),
      verb: request.method ?? '',
      headers: request.headersDistinct,
      body: await bodyOf(request, invocations.mayRetry(caller.appId, target)),
      signal,
    });
    const { status, headers, body } = answer;
    return { status, headers: answerHeaders(status, headers), body };
  } catch (error) {
    throw new ApiError(
      500,
      'ERR_DIRECT_INVOKE',
      `failed to invoke, id: ${target}, err: ${(error as Error).message}`,
    );
  }
}

/** As daprd looks for it (pkg/api/http/directmessaging.go, findTargetIDAndMethod). */
function findTarget(
  path: string,
  headers: HeaderBag,
): { target: string; method: string } | undefined {
  const named =
    headerOf(headers, Headers.appId) ||
    basicAppId(headerOf(headers, 'authorization'));
  if (named) return { target: named, method: path };
  const [, rest = ''] = /^\/+v1\.0\/+invoke\/+(.*)$/s.exec(path) ?? [];
  const end = rest.indexOf('/method/');
  if (end <= 0) return undefined;
  return {
    // Cleaning a path on the way may have taken one of the slashes.
    target: rest.slice(0, end).replace(/^(https?:)\/+/, '$1//'),
    method: rest.slice(end + '/method/'.length),
  };
}

function basicAppId(authorization: string | undefined): string | undefined {
  if (!authorization?.startsWith('Basic ')) return undefined;
  const text = Buffer.from(authorization.slice(6), 'base64').toString();
  const [user, appId, ...rest] = text.split(':');
  return user?.toLowerCase() === Headers.appId && rest.length === 0
    ? appId
    : undefined;
}

async function bodyOf(
  request: ForwardCall['request'],
  isWhole: boolean,
): Promise<Buffer | Readable | undefined> {
  if (!hasBody(request)) return undefined;
  const length = request.headers['content-length'];
  if (length === undefined) return limited(request);
  if (Number(length) > BODY_LIMIT) throw new BodyTooLarge();
  return isWhole ? readBody(request) : request;
}

/** A body of unknown length, which must not grow over the limit. */
function limited(source: Readable): Readable {
  let size = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.length;
      if (size > BODY_LIMIT) done(new BodyTooLarge());
      else done(null, chunk);
    },
  });
  source.once('error', (error) => limit.destroy(error));
  return source.pipe(limit);
}

const OF_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function answerHeaders(
  status: number,
  given: HeaderBag,
): Record<string, string | string[]> {
  const left = new Set([...OF_CONNECTION, ...connectionHeaders(given)]);
  // daprd sends the length on only where it has taken in the body, which it does with failures.
  if (status < 400) left.add('content-length');
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && !left.has(name))
      headers[name] = typeof value === 'string' ? value : [...value];
  if (status >= 400) headers['content-type'] ??= 'application/json';
  return headers;
}
