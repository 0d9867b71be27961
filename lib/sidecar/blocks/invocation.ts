import type { Readable } from 'node:stream';
import type { Clock } from '../../protocol/clock.js';
import type { HeaderBag } from '../../protocol/headers.js';
import type { Activity } from '../activity.js';
import type { Applications } from '../app/applications.js';
import type { AppAnswer, AppChannel, AppRequest } from '../app/channel.js';
import { HttpAppChannel } from '../app/http.js';
import type { Replica } from '../app/replica.js';
import { HttpService } from '../app/service.js';
import type { Faults } from '../faults.js';
import type { Resiliency } from '../resiliency.js';
import type { Resources } from '../resources.js';
import type { HttpEndpoint } from '../resources/http-endpoint.js';
import { attempt } from '../retries.js';
import type { Transcript } from '../transcript.js';
import {
  addCaller,
  forwardHeaders,
  HOP_BY_HOP,
  NAMESPACE,
} from './forward-headers.js';
import { forwardPath } from './forward-path.js';

export interface InvocationDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly faults: Faults;
  readonly transcript: Transcript;
  readonly resiliency: Resiliency;
  readonly applications: Applications;
  readonly resources: Resources;
  /** Callers have to show a token, which is not for the called application. */
  readonly hasApiToken: boolean;
}

/** A call of one application to another. */
export interface Invocation {
  readonly callerId: string;
  /** The caller's own process, which is the one that it reaches by its own app id. */
  readonly callerReplica: Replica | undefined;
  /** An app id, with or without its namespace, the name of an HTTPEndpoint, or the URL of a service without a sidecar. */
  readonly target: string;
  /** Unescaped path, without a slash before it. */
  readonly method: string;
  /** With its question mark; '' without one. */
  readonly query: string;
  readonly verb: string;
  readonly headers: HeaderBag;
  /** A stream can be sent once, so a call with one is not retried. */
  readonly body: Buffer | Readable | undefined;
  readonly signal: AbortSignal;
}

const NO_HOST = 'no host found with the given ID';

/** No process of the application is connected at the moment. */
export class ApplicationAway extends Error {
  constructor() {
    super(NO_HOST);
    this.name = 'ApplicationAway';
  }
}

/** Calls from application to application. */
export class Invocations {
  private readonly services = new Map<string, AppChannel>();
  private readonly endpoints = new HttpService();

  constructor(private readonly deps: InvocationDependencies) {}

  /** Whether calls of `target` may be made more than once: their bodies can't be streamed. */
  mayRetry(callerId: string, target: string): boolean {
    return this.deps.resiliency.app(callerId, target).retry !== undefined;
  }

  /** Rejects with the reason when the target can't be reached. */
  async invoke(call: Invocation): Promise<AppAnswer<Readable>> {
    const path = forwardPath(call.method) + call.query;
    this.deps.faults.check('invoke');
    const policy = this.deps.resiliency.app(call.callerId, call.target);
    let failed: Readable | undefined;
    return attempt(
      { ...this.deps, until: call.signal },
      policy,
      async (timeout) => {
        failed?.on('error', () => undefined).resume();
        const signal = timeout
          ? AbortSignal.any([timeout, call.signal])
          : call.signal;
        const answer = await this.send(call, path, signal);
        failed = answer.body;
        return answer;
      },
      ({ status }) => (status >= 200 && status <= 399 ? undefined : { status }),
    );
  }

  /**
   * The process of an application that a call goes to.
   * @throws Error in daprd's words; an ApplicationAway for an application that was there, and may come back
   */
  find({
    callerId,
    callerReplica,
    target,
  }: Pick<Invocation, 'callerId' | 'callerReplica' | 'target'>): Replica {
    const appId = appIdOf(target);
    const own = appId === callerId ? callerReplica : undefined;
    const { applications } = this.deps;
    const replica = own ?? applications.next(appId);
    if (replica) return replica;
    throw applications.knows(appId)
      ? new ApplicationAway()
      : new Error(NO_HOST);
  }

  async close(): Promise<void> {
    for (const service of this.services.values()) await service.close();
    await this.endpoints.close();
  }

  private async send(
    call: Invocation,
    path: string,
    signal: AbortSignal,
  ): Promise<AppAnswer<Readable>> {
    const { verb, target, body } = call;
    const headers = forwardHeaders(call.headers, this.deps.hasApiToken);
    const request: AppRequest = { verb, path, headers, signal };
    const whole = body === undefined ? request : { ...request, body };
    if (/^https?:\/\//.test(target)) return this.callService(target, whole);
    const endpoint = this.endpointOf(call);
    if (endpoint) return this.callEndpoint(endpoint, whole);
    const appId = appIdOf(target);
    if (appId !== call.callerId) addCaller(headers, call.callerId, appId);
    return this.callApp(this.find(call), whole);
  }

  private async callApp(
    replica: Replica,
    request: AppRequest,
  ): Promise<AppAnswer<Readable>> {
    const { clock, transcript } = this.deps;
    const entry = {
      kind: 'invocation',
      at: clock.now(),
      appId: replica.appId,
      name: request.path,
    } as const;
    try {
      const answer = await replica.stream(request);
      transcript.add({ ...entry, outcome: String(answer.status) });
      return answer;
    } catch (error) {
      transcript.add({ ...entry, outcome: 'error' });
      throw new Error(
        `error invoking app channel: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  /** daprd follows no redirect of a service that is named by its URL, but those of an HTTPEndpoint. */
  private callService(
    url: string,
    request: AppRequest,
  ): Promise<AppAnswer<Readable>> {
    const { origin, pathname } = new URL(url);
    const known = this.services.get(origin);
    const service = known ?? new HttpAppChannel(origin);
    this.services.set(origin, service);
    const path = pathname.replace(/\/$/, '') + request.path;
    return service.stream({ ...request, path });
  }

  private endpointOf({
    callerId,
    target,
  }: Invocation): HttpEndpoint | undefined {
    // Dapr looks for what stands before the namespace.
    const [name = '', , ...rest] = target.split('.');
    return rest.length === 0
      ? this.deps.resources.httpEndpointOf(callerId, name)
      : undefined;
  }

  private callEndpoint(
    { baseUrl, headers }: HttpEndpoint,
    { path, ...request }: AppRequest,
  ): Promise<AppAnswer<Readable>> {
    const own = Object.entries(headers).filter(
      ([name]) => !HOP_BY_HOP.includes(name),
    );
    return this.endpoints.stream(new URL(baseUrl + path), {
      ...request,
      headers: { ...request.headers, ...Object.fromEntries(own) },
    });
  }
}

function appIdOf(target: string): string {
  const [appId = '', namespace = NAMESPACE, ...rest] = target.split('.');
  if (rest.length > 0) throw new Error(`invalid app id ${target}`);
  if (namespace !== NAMESPACE) throw new Error(NO_HOST);
  return appId;
}
