import { STATUS_CODES } from 'node:http';
import { isUtf8 } from 'node:buffer';
import { GrpcCode, grpcCodeOf } from '../../protocol/grpc-code.js';
import { headerOf, type HeaderBag } from '../../protocol/headers.js';
import { PREFIXED_HEADERS } from '../../protocol/prefixed-headers.js';
import type { HTTPExtension } from '../../protocol/proto/generated/common.js';
import type { AppAnswer, GrpcFailure } from '../app/channel.js';
import { wholeBody } from '../app/go-client.js';
import { HOP_BY_HOP } from '../blocks/forward-headers.js';
import type { Invocations } from '../blocks/invocation.js';
import type { Caller } from '../http/invocation.js';
import { errorInfo, GrpcError, type GrpcMethods } from './api.js';
import { incomingMetadata } from './incoming.js';

/**
 * Service invocation. What applications that speak HTTP answer is put into gRPC's terms.
 * @see https://docs.dapr.io/reference/api/service_invocation_api/
 */
export function invocationMethods(
  invocations: Invocations,
  caller: () => Caller,
): GrpcMethods {
  return {
    async invokeService({ id, message }, { headers, signal, answerHeaders }) {
      const { appId, replica } = caller();
      let answer: AppAnswer;
      try {
        if (id === '') throw new Error('app id is empty');
        const { verb, query } = requestOf(message?.httpExtension);
        const { method = '', contentType = '', data } = message ?? {};
        const type = data?.typeUrl ? 'application/x-protobuf' : contentType;
        const given = await invocations.invoke({
          callerId: appId,
          callerReplica: replica,
          target: id,
          method,
          query,
          verb,
          headers: forwarded(headers, type),
          body: data && data.value.length > 0 ? data.value : undefined,
          signal,
        });
        answer = { ...given, body: await wholeBody(given.body) };
      } catch (error) {
        throw new GrpcError(
          GrpcCode.internal,
          `failed to invoke, id: ${id}, err: ${(error as Error).message}`,
        );
      }
      // An application that speaks gRPC has a status of its own.
      if (answer.failure) throw statusOf(answer.failure);
      Object.assign(answerHeaders, answered(answer));
      const code = grpcCodeOf(answer.status);
      if (code !== GrpcCode.ok) throw failureOf(code, answer);
      return {
        data: { typeUrl: '', value: answer.body },
        contentType: headerOf(answer.headers, 'content-type') ?? '',
      };
    },
  };
}

// HTTPExtension.Verb, without those that no request can have.
const VERBS: readonly (string | undefined)[] = [
  undefined,
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  undefined,
  'OPTIONS',
  'TRACE',
  'PATCH',
];

function requestOf(extension: HTTPExtension | undefined): {
  verb: string;
  query: string;
} {
  if (!extension)
    throw new Error(
      'rpc error: code = InvalidArgument desc = missing HTTP extension field',
    );
  const verb = VERBS[extension.verb];
  if (verb === undefined)
    throw new Error(
      'rpc error: code = InvalidArgument desc = invalid HTTP verb',
    );
  const { querystring } = extension;
  return { verb, query: querystring && `?${querystring}` };
}

// What gRPC says of its own messages.
const OF_BODY = new Set(['content-type', 'content-length']);

function forwarded(headers: HeaderBag, contentType: string): HeaderBag {
  const { connection: _, ...metadata } = incomingMetadata(headers);
  for (const name of Object.keys(metadata))
    if (name.endsWith('-bin') || OF_BODY.has(name)) delete metadata[name];
  return contentType === ''
    ? metadata
    : { ...metadata, 'content-type': contentType };
}

function answered({
  status,
  headers,
}: AppAnswer): Record<string, string | string[]> {
  const metadata: Record<string, string | string[]> = {
    'dapr-http-status': String(status),
  };
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.includes(name)) continue;
    if (name === 'content-length') continue;
    const key = PREFIXED_HEADERS.has(name) ? `dapr-${name}` : name;
    if (typeof value === 'string') metadata[key] = value;
    // Node sends no header twice that HTTP has once.
    else metadata[key] = name === 'set-cookie' ? [...value] : value.join(', ');
  }
  return metadata;
}

function statusOf({ code, message, details }: GrpcFailure): GrpcError {
  return new GrpcError(code as GrpcCode, message, details);
}

// daprd gives no more of a failed answer's body.
const LONGEST_EXCERPT = 63;

function failureOf(code: GrpcCode, { status, body }: AppAnswer): GrpcError {
  const text = STATUS_CODES[status] ?? '';
  const excerpt = body.subarray(0, LONGEST_EXCERPT);
  // What is no text fits into no detail.
  if (!isUtf8(excerpt)) return new GrpcError(code, text);
  const metadata = {
    'http.code': String(status),
    'http.error_message': excerpt.toString(),
  };
  return new GrpcError(code, text, [errorInfo(text, metadata)]);
}
