/** Header names of Dapr's HTTP protocol and of ours, in lower case as Node reports them. */
export const Headers = {
  apiToken: 'dapr-api-token',
  appId: 'dapr-app-id',
  callerAppId: 'dapr-caller-app-id',
  callerNamespace: 'dapr-caller-namespace',
  pubsubName: 'pubsubname',
  reentrancyId: 'dapr-reentrancy-id',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  baggage: 'baggage',
  /** On a 200 of an actor method: the body is an application error. */
  actorError: 'x-daprerrorresponseheader',
  /** Sent with calls of actors: names the running app that makes them. */
  app: 'x-nestjs-dapr-app',
  /** Sent by our actor proxies: the version of the answer envelope they understand. */
  envelope: 'x-nestjs-dapr',
  /** Sent by our actor proxies when the body is the JSON array of two or more arguments. */
  actorArguments: 'x-nestjs-dapr-args',
  /** Sent by our actor proxies within a call chain: the turns that the call is made in, outermost first. */
  actorTurns: 'x-nestjs-dapr-turns',
} as const;

/** Header names and values as Node reports them. */
export type HeaderBag = Readonly<
  Record<string, string | readonly string[] | undefined>
>;

/** The first value of a header, or undefined. */
export function headerOf(headers: HeaderBag, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' || value === undefined ? value : value[0];
}
