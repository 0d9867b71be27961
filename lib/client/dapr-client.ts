import { systemClock } from '../protocol/clock.js';
import type { ClientActor } from './actor.js';
import type { ClientBinding } from './binding.js';
import type { CommunicationProtocolEnum } from './communication-protocol.js';
import type { ClientHealth } from './health.js';
import { HttpActor } from './http/actor.js';
import { HttpBinding } from './http/binding.js';
import { HttpChannel } from './http/channel.js';
import { HttpHealth } from './http/health.js';
import { HttpInvoker } from './http/invoker.js';
import { HttpMetadata } from './http/metadata.js';
import { HttpPubSub } from './http/pubsub.js';
import { HttpState } from './http/state.js';
import type { ClientInvoker } from './invoker.js';
import type { ClientMetadata } from './metadata.js';
import {
  resolveClientOptions,
  type ClientInternals,
  type DaprClientOptions,
  type ResolvedClientOptions,
} from './options.js';
import type { ClientPubSub } from './pubsub.js';
import type { ClientState } from './state.js';

/**
 * The building blocks of one sidecar. Every call takes `{ signal, timeout }`, waits for a sidecar that is about to
 * start, and rejects with a `DaprError` (or its signal's reason) when it fails.
 * @see https://docs.dapr.io/reference/api/
 */
export class DaprClient {
  readonly options: ResolvedClientOptions;
  readonly actor: ClientActor;
  readonly binding: ClientBinding;
  readonly health: ClientHealth;
  readonly invoker: ClientInvoker;
  readonly metadata: ClientMetadata;
  readonly pubsub: ClientPubSub;
  readonly state: ClientState;
  readonly #channel: HttpChannel;

  /** @throws DaprConfigurationError for options that it does not know or that can't be meant */
  constructor(options?: DaprClientOptions, internals?: ClientInternals);
  /** The older form. */
  constructor(
    daprHost: string,
    daprPort?: string | number,
    communicationProtocol?: CommunicationProtocolEnum,
  );
  constructor(
    first: DaprClientOptions | string = {},
    second?: ClientInternals | string | number,
    communicationProtocol?: CommunicationProtocolEnum,
  ) {
    const given =
      typeof first === 'string'
        ? { daprHost: first, daprPort: second as string, communicationProtocol }
        : first;
    const internals = typeof second === 'object' ? second : {};
    this.options = resolveClientOptions(given, process.env);
    const { httpEndpoint, apiToken, timeout, readyTimeout } = this.options;
    const channel = new HttpChannel({
      address: internals.httpEndpoint ?? (() => httpEndpoint),
      apiToken,
      timeout,
      readyTimeout,
      clock: internals.clock ?? systemClock,
      scopeHeaders: internals.scopeHeaders,
    });
    this.#channel = channel;
    this.actor = new HttpActor(channel);
    this.binding = new HttpBinding(channel);
    this.health = new HttpHealth(channel);
    this.invoker = new HttpInvoker(channel);
    this.metadata = new HttpMetadata(channel);
    this.pubsub = new HttpPubSub(channel);
    this.state = new HttpState(channel);
  }

  /** Waits until the sidecar serves its API. Not needed: every call waits by itself. */
  start(): Promise<void> {
    return this.health.waitUntilReady();
  }

  /** Ends every call and closes every connection, for good. A second call changes nothing. */
  stop(): Promise<void> {
    return this.#channel.stop();
  }
}
