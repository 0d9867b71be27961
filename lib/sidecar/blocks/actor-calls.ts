import {
  actorCallbackPath,
  type ActorCallback,
} from '../../protocol/actor-callback.js';
import type { Clock } from '../../protocol/clock.js';
import type { HeaderBag } from '../../protocol/headers.js';
import type { AppAnswer, AppRequest } from '../app/channel.js';
import type { Resiliency } from '../resiliency.js';
import { inTime } from '../retries.js';
import type { Transcript, TranscriptKind } from '../transcript.js';
import { ActorError } from './actor-error.js';
import { methodHeaders } from './actor-headers.js';
import type { ActorHost } from './actor-placement.js';

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

interface NamedTurn {
  /** For the transcript. */
  readonly name: string;
  readonly signal: AbortSignal;
}

export interface ActorCallsDependencies {
  readonly clock: Clock;
  readonly transcript: Transcript;
  readonly resiliency: Resiliency;
  /** Callers have to show a token, which is not for the actor. */
  readonly hasApiToken: boolean;
}

/** The calls of the sidecar to a host of actors (dapr/dapr pkg/actors/targets/app/transport/http). */
export class ActorCalls {
  constructor(private readonly deps: ActorCallsDependencies) {}

  /** @throws ActorError for any answer but 200 */
  async method(
    host: ActorHost,
    { type, id }: ActorAddress,
    call: MethodCall,
    signal: AbortSignal,
  ): Promise<AppAnswer> {
    const { name, query } = call;
    const path = pathOf('method', { type, id }, name);
    const answer = await this.turn('actor-method', host, type, {
      name: `${type}/${id}/${name}`,
      signal,
      verb: 'PUT',
      path: query === '' ? path : `${path}?${query}`,
      headers: methodHeaders(call, this.deps.hasApiToken),
      body: call.body,
    });
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
    const answer = await this.turn(`actor-${kind}`, host, type, {
      name: `${type}/${id}/${name}`,
      signal,
      verb: 'PUT',
      path,
      headers: { 'content-type': 'application/json' },
      body,
    });
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

  /** The timeout is that of the host: daprd sets it behind the lock of the actor. */
  private turn(
    kind: TranscriptKind,
    host: ActorHost,
    type: string,
    { name, signal, ...request }: AppRequest & NamedTurn,
  ): Promise<AppAnswer> {
    const { clock, resiliency } = this.deps;
    const { timeout } = resiliency.actor(host.appId, type);
    return inTime(clock, timeout, (late) =>
      this.send(kind, host, name, {
        ...request,
        signal: late ? AbortSignal.any([signal, late]) : signal,
      }),
    );
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

function checkAnswer({ status, body }: AppAnswer, method: string): void {
  if (status === 200) return;
  throw new ActorError(
    'failed',
    status === 404
      ? `actor method not found: actors/${method}`
      : `error from actor service: (${status}) ${body.toString('utf8')}`,
  );
}
