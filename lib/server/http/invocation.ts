import { HttpException, StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';
import {
  InvocationContext,
  type InvocationResponse,
} from '../../contexts/invocation.context.js';
import { decodePayload, encodePayload } from '../../protocol/payload.js';
import type { Dispatcher } from '../dispatcher.js';
import type { InvocableHandler } from '../handler-registry.js';
import { statusOf } from '../outcome.js';
import {
  callOf,
  errorAnswer,
  jsonAnswer,
  type Answer,
  type HttpCallback,
} from './exchange.js';

/**
 * A service invocation of an `@Invocable` method.
 * @see https://docs.dapr.io/reference/api/service_invocation_api/
 */
export function invocationCallback(
  dispatcher: Dispatcher,
  handler: InvocableHandler,
): HttpCallback {
  return {
    verbs: handler.verbs,
    async handle(exchange) {
      const response: InvocationResponse = { headers: {} };
      const context = new InvocationContext(
        callOf(exchange, {
          method: handler.method,
          verb: exchange.verb,
          query: new URLSearchParams(exchange.query),
          response,
        }),
      );
      const payload = decodePayload(exchange.body, exchange.contentType);
      const outcome = await dispatcher.dispatch(handler, payload, context);
      const failed = (error: unknown): Answer => {
        if (!(error instanceof HttpException) && statusOf(error) === 500)
          dispatcher.failed(
            handler,
            `the invocation of "${handler.method}"`,
            error,
          );
        return errorOf(error);
      };
      if (outcome.status !== 'SUCCESS') return failed(outcome.error);
      try {
        return answerOf(outcome.value, response);
      } catch (error) {
        // A value that has no form on the wire.
        return failed(error);
      }
    },
  };
}

function answerOf(value: unknown, response: InvocationResponse): Answer {
  const headers = { ...response.headers };
  if (value instanceof StreamableFile) return streamOf(value, response);
  if (value instanceof Readable) {
    headers['content-type'] ??= 'application/octet-stream';
    return { status: response.status ?? 200, headers, body: value };
  }
  const contentType = headers['content-type'];
  const encoded = encodePayload(
    value,
    typeof contentType === 'string' ? contentType : undefined,
  );
  if (!encoded) return { status: response.status ?? 204, headers };
  headers['content-type'] ??= encoded.contentType;
  return { status: response.status ?? 200, headers, body: encoded.body };
}

function streamOf(file: StreamableFile, response: InvocationResponse): Answer {
  const { type, disposition, length } = file.getHeaders();
  return {
    status: response.status ?? 200,
    headers: {
      'content-type': type,
      ...(disposition !== undefined && { 'content-disposition': disposition }),
      ...(length !== undefined && { 'content-length': String(length) }),
      ...response.headers,
    },
    body: file.getStream(),
  };
}

function errorOf(error: unknown): Answer {
  const status = statusOf(error);
  if (!(error instanceof HttpException))
    return errorAnswer(
      status,
      status === 403 ? 'Forbidden resource' : 'Internal server error',
    );
  const response = error.getResponse();
  return typeof response === 'string'
    ? errorAnswer(status, response)
    : jsonAnswer(status, response);
}
