import { goJson } from '../../protocol/go-json.js';
import { headerOf, Headers, type HeaderBag } from '../../protocol/headers.js';
import {
  BindingError,
  type BindingAnswer,
  type BindingRequest,
} from '../blocks/output-binding.js';
import type { OutputBindings } from '../blocks/output-bindings.js';
import { NO_TRACE, traceOf } from '../trace.js';
import {
  ApiError,
  NO_CONTENT,
  type ApiAnswer,
  type ApiCall,
  type ApiRoute,
} from './api.js';
import { decodeJson } from './decode.js';
import { member, objectOr, stringMapOr, stringOr } from './members.js';

/** @see https://docs.dapr.io/reference/api/bindings_api/ */
export function bindingRoutes(bindings: OutputBindings): readonly ApiRoute[] {
  return [
    {
      verbs: ['POST', 'PUT'],
      path: '/v1.0/bindings/:name',
      handle: (call) => invoke(bindings, call),
    },
  ];
}

async function invoke(
  bindings: OutputBindings,
  call: ApiCall,
): Promise<ApiAnswer> {
  const { name = '' } = call.params;
  const request = readRequest(call);
  try {
    const answer = await bindings.invoke(call.appId, name, request);
    return answer ? ok(answer) : NO_CONTENT;
  } catch (error) {
    const answer = new ApiError(
      500,
      'ERR_INVOKE_OUTPUT_BINDING',
      `error invoking output binding ${name}: ${(error as Error).message}`,
    ).toAnswer();
    if (!(error instanceof BindingError)) return answer;
    const headers = { ...metadataHeaders(error.metadata), ...answer.headers };
    return { ...answer, headers };
  }
}

function ok({ data, metadata = {} }: BindingAnswer): ApiAnswer {
  const type = { 'content-type': 'application/json' };
  return {
    status: 200,
    headers: { ...metadataHeaders(metadata), ...type },
    body: data,
  };
}

function metadataHeaders(
  metadata: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [`metadata.${key}`, value]),
  );
}

const REQUEST = 'OutputBindingRequest';

function readRequest({ body, headers, signal }: ApiCall): BindingRequest {
  try {
    const request = objectOr(
      decodeJson(body, `${REQUEST}.data`),
      `value of type http.${REQUEST}`,
    );
    const given = stringMapOr(
      member(request, 'metadata'),
      `${REQUEST}.metadata`,
    );
    return {
      operation:
        stringOr(member(request, 'operation'), `${REQUEST}.operation`) ?? '',
      // A component gets JSON whatever it is: a string with its quotes, and null for nothing.
      data: Buffer.from(goJson(member(request, 'data') ?? null)),
      metadata: { ...given, ...tracing(headers) },
      signal,
    };
  } catch (error) {
    throw new ApiError(
      400,
      'ERR_MALFORMED_REQUEST',
      `failed deserializing HTTP body: ${(error as Error).message}`,
    );
  }
}

/** What a component may pass on. */
function tracing(headers: HeaderBag): Record<string, string> {
  const { traceparent, tracestate } = traceOf(headers);
  const baggage = headerOf(headers, Headers.baggage);
  return {
    [Headers.traceparent]: traceparent || NO_TRACE,
    ...(tracestate && { [Headers.tracestate]: tracestate }),
    ...(baggage && { [Headers.baggage]: baggage }),
  };
}
