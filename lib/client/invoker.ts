import type { Readable } from 'node:stream';
import type { HeaderBag } from '../protocol/headers.js';
import type { CallOptions } from './call-options.js';
import type { HttpMethod } from './http-method.js';
import type { TextValues } from './metadata-values.js';

export interface InvokerOptions extends CallOptions {
  /**
   * Sent to the invoked app, so that those of the call that is served can be handed on; but for `host`, `connection` and
   * `content-length`, for `dapr-api-token`, which is the client's alone, and for what names another app to Dapr:
   * `dapr-app-id`, and Basic credentials of that name. `invoke` leaves out `accept-encoding`, too: it reads what is not
   * compressed.
   */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** Added to the query of the method's path; what is undefined is left out. */
  readonly query?: TextValues | URLSearchParams | undefined;
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
 * Service invocation. Being invoked is `@Invocable`, or any route of the app. What has no sidecar is invoked by the name
 * of an HTTPEndpoint, or by its URL, in place of the app id.
 *
 * Over gRPC requests and answers go as a whole, and daprd takes no more than 4 MiB of either; of an answer that is no
 * success it tells status, headers and the first 63 bytes of the body.
 * @see https://docs.dapr.io/reference/api/service_invocation_api/
 */
export interface ClientInvoker {
  /**
   * Calls a method of an app and resolves with its answer, decoded by its content type; undefined where it is empty.
   * Redirects are not followed. An answer of 400 or above rejects with a `DaprError` that has the app's status, and in
   * `details` its decoded body: `[{ body }]`.
   * @param methodName the path, encoded as in a URL where it must be, with or without a query
   * @param method default GET
   * @param data not sent with GET and HEAD; a string goes as text, a Buffer or typed array as it is, all else as JSON. A
   * `Readable` is sent as it comes (over gRPC when all of it is there), and destroyed when the call fails
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
