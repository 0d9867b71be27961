import type { DaprError } from '../../errors/dapr.error.js';
import { readErrorBody } from '../../protocol/error-codes.js';
import { headerOf } from '../../protocol/headers.js';
import {
  answerWith,
  appError,
  decodeAnswer,
  invocationOf,
  withoutEncodings,
  type Verb,
} from '../invocation.js';
import type {
  ClientInvoker,
  InvocationAnswer,
  InvokerOptions,
} from '../invoker.js';
import { decoding } from '../json.js';
import type { HttpAnswer } from './buffered-exchange.js';
import { answerError, type HttpCall, type HttpChannel } from './channel.js';
import { pathPart } from './path.js';

/** Service invocation over HTTP. */
export class HttpInvoker implements ClientInvoker {
  constructor(private readonly channel: HttpChannel) {}

  async invoke<T = unknown>(
    appId: string,
    methodName: string,
    method: Verb = 'GET',
    data?: unknown,
    options?: InvokerOptions,
  ): Promise<T> {
    const call = callOf(
      appId,
      methodName,
      method,
      data,
      withoutEncodings(options),
    );
    const answer = await this.channel.request(call);
    if (answer.status > 399) throw invocationError(call.operation, answer);
    return decoding(call.operation, () => bodyOf(answer)) as T;
  }

  async request(
    appId: string,
    methodName: string,
    method: Verb = 'GET',
    data?: unknown,
    options?: InvokerOptions,
  ): Promise<InvocationAnswer> {
    const { status, headers, body } = await this.channel.stream(
      callOf(appId, methodName, method, data, options),
    );
    return answerWith(status, headers, body);
  }
}

function callOf(
  appId: string,
  methodName: string,
  method: Verb,
  data: unknown,
  options: InvokerOptions | undefined,
): HttpCall {
  const invocation = invocationOf(appId, methodName, method, data, options);
  const { operation, verb, path, query, body, contentType } = invocation;
  const app = pathPart(operation, 'app id', appId);
  return {
    operation,
    lane: 'reentrant',
    method: verb,
    path: `/v1.0/invoke/${app}/method/${path}${query && `?${query}`}`,
    body,
    contentType,
    headers: invocation.headers,
    options,
  };
}

function bodyOf({ status, headers, body }: HttpAnswer): unknown {
  return decodeAnswer(status, headerOf(headers, 'content-type'), body);
}

/** An app may answer any status and body: only with Dapr's own code is it the sidecar that speaks. */
function invocationError(operation: string, answer: HttpAnswer): DaprError {
  const { status, body } = answer;
  const { errorCode, message } = readErrorBody(body.toString());
  if (
    errorCode === 'ERR_DIRECT_INVOKE' ||
    (status === 401 && message === 'invalid api token')
  )
    return answerError(operation, answer);
  let content: unknown;
  try {
    content = bodyOf(answer);
  } catch {
    content = body.toString();
  }
  return appError(operation, status, content);
}
