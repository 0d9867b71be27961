import { systemClock } from '../protocol/clock.js';
import type { ClientActor } from './actor.js';
import type { ClientBinding } from './binding.js';
import { CommunicationProtocolEnum } from './communication-protocol.js';
import type { ClientConfiguration } from './configuration.js';
import type { ClientConversation } from './conversation.js';
import type { ClientCrypto } from './crypto.js';
import { GrpcActor } from './grpc/actor.js';
import { GrpcBinding } from './grpc/binding.js';
import { GrpcChannel, requireGrpc } from './grpc/channel.js';
import { GrpcConfiguration } from './grpc/configuration.js';
import { GrpcConversation } from './grpc/conversation.js';
import { GrpcCrypto } from './grpc/crypto.js';
import { GrpcHealth } from './grpc/health.js';
import { GrpcInvoker } from './grpc/invoker.js';
import { GrpcJobs } from './grpc/jobs.js';
import { GrpcLock } from './grpc/lock.js';
import { GrpcProxy } from './grpc/proxy.js';
import { GrpcMetadata } from './grpc/metadata.js';
import { GrpcPubSub } from './grpc/pubsub.js';
import { GrpcSecret } from './grpc/secret.js';
import { GrpcSidecar } from './grpc/sidecar.js';
import { GrpcState } from './grpc/state.js';
import { GrpcWorkflow } from './grpc/workflow.js';
import type { ClientHealth } from './health.js';
import { HttpActor } from './http/actor.js';
import { HttpBinding } from './http/binding.js';
import { HttpChannel } from './http/channel.js';
import { HttpConfiguration } from './http/configuration.js';
import { HttpConversation } from './http/conversation.js';
import { HttpCrypto } from './http/crypto.js';
import { HttpHealth } from './http/health.js';
import { HttpInvoker } from './http/invoker.js';
import { HttpJobs } from './http/jobs.js';
import { HttpLock } from './http/lock.js';
import { HttpMetadata } from './http/metadata.js';
import { HttpPubSub } from './http/pubsub.js';
import { HttpSidecar } from './http/sidecar.js';
import { HttpSecret } from './http/secret.js';
import { HttpState } from './http/state.js';
import { HttpWorkflow } from './http/workflow.js';
import type { ClientInvoker } from './invoker.js';
import type { ClientJobs } from './jobs.js';
import type { ClientLock } from './lock.js';
import type { ClientMetadata } from './metadata.js';
import {
  resolveClientOptions,
  type ClientInternals,
  type DaprClientOptions,
  type ResolvedClientOptions,
} from './options.js';
import type { ClientProxy } from './proxy.js';
import type { ClientPubSub } from './pubsub.js';
import type { ClientSidecar } from './sidecar.js';
import type { ClientSecret } from './secret.js';
import type { ClientState } from './state.js';
import type { ClientWorkflow } from './workflow.js';

/**
 * The building blocks of one sidecar. Every call takes `{ signal, timeout }`, waits for a sidecar that is about to
 * start, and rejects with a `DaprError` (or its signal's reason) when it fails.
 * @see https://docs.dapr.io/reference/api/
 */
export class DaprClient {
  readonly options: ResolvedClientOptions;
  readonly actor: ClientActor;
  readonly binding: ClientBinding;
  readonly configuration: ClientConfiguration;
  readonly conversation: ClientConversation;
  readonly crypto: ClientCrypto;
  readonly health: ClientHealth;
  readonly invoker: ClientInvoker;
  readonly jobs: ClientJobs;
  readonly lock: ClientLock;
  readonly metadata: ClientMetadata;
  readonly proxy: ClientProxy;
  readonly pubsub: ClientPubSub;
  readonly sidecar: ClientSidecar;
  readonly secret: ClientSecret;
  readonly state: ClientState;
  readonly workflow: ClientWorkflow;
  readonly #channels: readonly [HttpChannel, GrpcChannel];
  readonly #subscriptions: GrpcConfiguration | HttpConfiguration;

  /** @throws DaprConfigurationError for options that it does not know or that can't be meant */
  constructor(options?: DaprClientOptions, internals?: ClientInternals);
  /** The older form; what is undefined has its default. */
  constructor(
    daprHost: string | undefined,
    daprPort?: string | number,
    communicationProtocol?: CommunicationProtocolEnum,
  );
  constructor(
    first?: DaprClientOptions | string,
    second?: ClientInternals | string | number,
    communicationProtocol?: CommunicationProtocolEnum,
  ) {
    const [internals, daprPort] =
      typeof second === 'object' ? [second] : [{}, second];
    const given =
      typeof first === 'object' && first !== null
        ? first
        : { daprHost: first, daprPort, communicationProtocol };
    this.options = resolveClientOptions(given, process.env);
    const { httpEndpoint, grpcEndpoint, ...shared } = this.options;
    const { apiToken } = this.options;
    const channelOptions = {
      ...shared,
      apiToken,
      clock: internals.clock ?? systemClock,
      scopeHeaders: internals.scopeHeaders,
    };
    const http = new HttpChannel({
      ...channelOptions,
      address: internals.httpEndpoint ?? (() => httpEndpoint),
    });
    const grpc = new GrpcChannel({
      ...channelOptions,
      address: internals.grpcEndpoint ?? (() => grpcEndpoint),
    });
    this.#channels = [http, grpc];
    const isGrpc =
      this.options.communicationProtocol === CommunicationProtocolEnum.GRPC;
    if (isGrpc) requireGrpc();
    const { beginActorCall } = internals;
    const actor = new GrpcActor(grpc, beginActorCall);
    this.actor = isGrpc ? actor : new HttpActor(http, actor, beginActorCall);
    this.binding = isGrpc ? new GrpcBinding(grpc) : new HttpBinding(http);
    const { configurationUpdates, warn = () => undefined } = internals;
    this.#subscriptions = isGrpc
      ? new GrpcConfiguration(grpc, warn)
      : new HttpConfiguration(http, warn, configurationUpdates);
    this.configuration = this.#subscriptions;
    this.conversation = isGrpc
      ? new GrpcConversation(grpc)
      : new HttpConversation(http);
    const crypto = new GrpcCrypto(grpc);
    this.crypto = isGrpc ? crypto : new HttpCrypto(http, crypto);
    this.health = isGrpc ? new GrpcHealth(grpc) : new HttpHealth(http);
    this.invoker = isGrpc ? new GrpcInvoker(grpc) : new HttpInvoker(http);
    const jobs = new GrpcJobs(grpc);
    this.jobs = isGrpc ? jobs : new HttpJobs(http, jobs);
    this.lock = isGrpc ? new GrpcLock(grpc) : new HttpLock(http);
    this.metadata = isGrpc ? new GrpcMetadata(grpc) : new HttpMetadata(http);
    this.proxy = new GrpcProxy(grpc);
    this.pubsub = isGrpc ? new GrpcPubSub(grpc) : new HttpPubSub(http);
    this.sidecar = isGrpc ? new GrpcSidecar(grpc) : new HttpSidecar(http);
    this.secret = isGrpc ? new GrpcSecret(grpc) : new HttpSecret(http);
    this.state = isGrpc ? new GrpcState(grpc) : new HttpState(http);
    this.workflow = isGrpc ? new GrpcWorkflow(grpc) : new HttpWorkflow(http);
  }

  /** Waits until the sidecar serves its API. Not needed: every call waits by itself. */
  start(): Promise<void> {
    return this.health.waitUntilReady();
  }

  /** Ends every call, with a `DaprCancelledError`, and closes every connection, for good. A second call changes nothing. */
  async stop(): Promise<void> {
    await this.#subscriptions.stop();
    await Promise.all(this.#channels.map((channel) => channel.stop()));
  }
}
