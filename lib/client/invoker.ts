import type { Readable } from 'node:stream';
import type { HeaderBag } from '../protocol/headers.js';
import type { CallOptions } from './call-options.js';
import type { HttpMethod } from './http-method.js';

export interface InvokerOptions extends CallOptions {
  /** Sent to the invoked app. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Added to the query of the method's path. */
  readonly query?: Readonly<Record<string, string>> | URLSearchParams;
}

/** The answer of an invoked app, of any status. Read or destroy the body, else its connection stays open. */
export interface InvocationAnswer {
  readonly status: number;
  readonly headers: HeaderBag;
  readonly body: Readable;
  /** The whole body. */
  bytes(): Promise<Buffer>;
  text(): Promise<string>;
  json<T = unknown>(): Promise<T>;
}

/**
 * Service invocation. Being invoked is `@Invocable`, or any route of the app.
 * @see https://docs.dapr.io/reference/api/service_invocation_api/
 */
export interface ClientInvoker {
  /**
   * Calls a method of an app and resolves with its answer, decoded by its content type; undefined where it is empty.
   * Redirects are not followed. An answer of 400 or above rejects with a `DaprError` that has the app's status, and in
   * `details` its decoded body: `[{ body }]`.
   * @param methodName the path, encoded as in a URL where it must be, with or without a query
   * @param method default GET
   * @param data not sent with GET and HEAD; a string goes as text, a Buffer or typed array as it is, all else as JSON
   */
  invoke<T = unknown>(
    appId: string,
    methodName: string,
    method?: HttpMethod | Uppercase<HttpMethod>,
    data?: unknown,
    options?: InvokerOptions,
  ): Promise<T>;
  /**
   * The same with status, headers and a streamed body, whatever the status, as `fetch` does. The timeout ends with the
   * head of the answer, the signal ends the body too.
   */
  request(
    appId: string,
    methodName: string,
    method?: HttpMethod | Uppercase<HttpMethod>,
    data?: unknown,
    options?: InvokerOptions,
  ): Promise<InvocationAnswer>;
}
