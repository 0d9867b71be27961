import { daprHandler } from './handler.js';

type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** HTTP verbs that a service invocation can have, in capitals or as the values of `HttpMethod`. */
export type InvocableVerb = Verb | Lowercase<Verb>;

export interface InvocableOptions {
  /** The verbs that the method answers; others get 405. Default: all. */
  readonly verbs?: readonly InvocableVerb[] | undefined;
}

/**
 * A method that other services invoke through Dapr by this app's id. The returned value is the answer; an
 * `HttpException` gives its status and body. Ordinary controllers are invocable too, at their own routes and verbs;
 * what stands here runs through Nest's microservice pipeline and only for Dapr.
 *
 * @param method the method's path, without a leading slash
 * @see https://docs.dapr.io/developing-applications/building-blocks/service-invocation/service-invocation-overview/
 */
export function Invocable(
  method: string,
  options: InvocableOptions = {},
): MethodDecorator {
  return daprHandler({ kind: 'invocation', method, options });
}
