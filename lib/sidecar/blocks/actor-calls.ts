import {
  actorCallbackPath,
  type ActorCallback,
} from '../../protocol/actor-callback.js';
import type { Clock } from '../../protocol/clock.js';
import { Headers, headerOf, type HeaderBag } from '../../protocol/headers.js';
import type { AppAnswer, AppRequest } from '../app/channel.js';
import { NO_TRACE, traceOf } from '../trace.js';
import type { Transcript, TranscriptKind } from '../transcript.js';
import { ActorError } from './actor-error.js';
import type { ActorHost } from './actor-placement.js';
import { addHeader, NAMESPACE } from './forward-headers.js';

export interface ActorAddress {
  readonly type: string;
  readonly id: string;
}

export interface MethodCall {
  /** The app whose sidecar was called. */
  readonly callerAppId: string;
  readonly name: string;
  /** Without the question mark; may be empty. */
  readonly query: string;
  readonly headers: HeaderBag;
  readonly body: Buffer;
  /** Set where reentrancy is on for the type. */
  readonly reentrancyId: string | undefined;
}

export interface ActorCallsDependencies {
  readonly clock: Clock;
  readonly transcript: Transcript;
  /** Callers have to show a token, which is not for the actor. */
  readonly hasApiToken: boolean;
}

// RFC 9110 section 7.6.1, and what the connection to the app sets by itself.
const HOP_BY_HOP = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** daprd writes these itself. */
const REPLACED = [Headers.traceparent, Headers.tracestate];

/** The calls of the sidecar to a host of actors (dapr/dapr pkg/actors/targets/app/transport/http). */
export class ActorCalls {
  private readonly notForwarded: ReadonlySet<string>;

  constructor(private readonly deps: ActorCallsDependencies) {
    this.notForwarded = new Set([
      ...REPLACED,
      ...(deps.hasApiToken ? [Headers.apiToken] : []),
    ]);
  }

  /** @throws ActorError for any answer but 200 */
  async method(
    host: ActorHost,
    { type, id }: ActorAddress,
    call: MethodCall,
    signal: AbortSignal,
  ): Promise<AppAnswer> {
    const { name, query } = call;
    const path = pathOf('method', { type, id }, name);
    const answer = await this.send(
      'actor-method',
      host,
      `${type}/${id}/${name}`,
      {
        verb: 'PUT',
        path: query === '' ? path : `${path}?${query}`,
        headers: methodHeaders(call, this.notForwarded),
        body: call.body,
        signal,
      },
    );
    checkAnswer(answer, `${type}/${id}/method/${name}`);
    return answer;
  }

  /** @throws ActorError for any answer but 200 */
  async tick(
    kind: 'timer' | 'reminder',
    host: ActorHost,
    { type, id }: ActorAddress,
    name: string,
    body: string,
    signal: AbortSignal,
  ): Promise<void> {
    const path = pathOf(kind, { type, id }, name);
    const answer = await this.send(
      `actor-${kind}`,
      host,
      `${type}/${id}/${name}`,
      {
        verb: 'PUT',
        path,
        headers: { 'content-type': 'application/json' },
        body,
        signal,
      },
    );
    checkAnswer(answer, `${type}/${id}/method/${name}`);
  }

  /** Any answer ends the instance, and so does none. */
  async deactivate(host: ActorHost, { type, id }: ActorAddress): Promise<void> {
    await this.send('actor-deactivate', host, `${type}/${id}`, {
      verb: 'DELETE',
      path: pathOf('deactivate', { type, id }),
      headers: { 'content-type': 'application/x-protobuf' },
    }).catch(() => undefined);
  }

  private async send(
    kind: TranscriptKind,
    host: ActorHost,
    name: string,
    request: AppRequest,
  ): Promise<AppAnswer> {
    const at = this.deps.clock.now();
    const note = (outcome: string): void =>
      this.deps.transcript.add({ kind, at, appId: host.appId, name, outcome });
    try {
      const answer = await host.channel.request(request);
      note(String(answer.status));
      return answer;
    } catch (error) {
      note('error');
      throw error;
    }
  }
}

// What Go leaves as it is in a path (net/url, shouldEscape), the slashes of a method's name among it.
const PLAIN = /%(?:2[46BCF]|3[ABD]|40|5[BD])/g;
// What it escapes too as soon as something else has to be.
const HALF_PLAIN = /[!'()*[\]]/g;

/** The path as Go writes it, but for a percent sign, which daprd does not escape: it would get lost. */
function pathOf(
  kind: ActorCallback['kind'],
  { type, id }: ActorAddress,
  name = '',
): string {
  const path = actorCallbackPath({
    kind,
    actorType: type,
    actorId: id,
    name,
  })
    .replace(PLAIN, decodeURIComponent)
    .replace(/\/$/, '');
  if (!path.includes('%')) return path;
  return path.replace(
    HALF_PLAIN,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function methodHeaders(
  call: MethodCall,
  notForwarded: ReadonlySet<string>,
): Record<string, string | string[]> {
  const { traceparent, tracestate } = traceOf(call.headers);
  const headers = {
    ...forwardable(call.headers, notForwarded),
    'dapr-api-call': 'true',
    [Headers.traceparent]: traceparent || NO_TRACE,
    ...(tracestate && { [Headers.tracestate]: tracestate }),
    ...(call.reentrancyId !== undefined && {
      [Headers.reentrancyId]: call.reentrancyId,
    }),
  };
  // daprd does not replace what the caller sent under these names: both arrive.
  addHeader(headers, Headers.callerAppId, call.callerAppId);
  addHeader(headers, Headers.callerNamespace, NAMESPACE);
  return headers;
}

/** What of a message's headers goes on to the next hop. */
export function forwardable(
  headers: HeaderBag,
  except: ReadonlySet<string>,
): Record<string, string | string[]> {
  const nominated = headerOf(headers, 'connection')?.toLowerCase() ?? '';
  const dropped = new Set(nominated.split(',').map((name) => name.trim()));
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || dropped.has(name)) continue;
    if (HOP_BY_HOP.has(name) || except.has(name) || name.endsWith('-bin'))
      continue;
    kept[name] = typeof value === 'string' ? value : [...value];
  }
  return kept;
}

function checkAnswer({ status, body }: AppAnswer, method: string): void {
  if (status === 200) return;
  throw new ActorError(
    'failed',
    status === 404
      ? `actor method not found: actors/${method}`
      : `error from actor service: (${status}) ${body.toString('utf8')}`,
  );
}
