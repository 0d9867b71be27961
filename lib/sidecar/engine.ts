import { systemClock, type Clock } from '../protocol/clock.js';
import { Activity } from './activity.js';
import { Applications } from './app/applications.js';
import { Actors } from './blocks/actors.js';
import { Configurations } from './blocks/configuration.js';
import { Conversations } from './blocks/conversation.js';
import { CronBindings } from './blocks/cron-bindings.js';
import { CryptoProviders } from './blocks/crypto.js';
import { Invocations } from './blocks/invocation.js';
import { Jobs } from './blocks/jobs.js';
import { Locks } from './blocks/locks.js';
import { OutputBindings } from './blocks/output-bindings.js';
import { PubSub } from './blocks/pubsub.js';
import { Secrets } from './blocks/secrets.js';
import { StateStores } from './blocks/state.js';
import { Faults } from './faults.js';
import type { GrpcMethods } from './grpc/api.js';
import { actorMethods } from './grpc/actors.js';
import { bindingMethods } from './grpc/bindings.js';
import { configurationMethods } from './grpc/configuration.js';
import { conversationMethods } from './grpc/conversation.js';
import { cryptoMethods } from './grpc/crypto.js';
import { jobMethods } from './grpc/jobs.js';
import { lockMethods } from './grpc/locks.js';
import { publishMethods } from './grpc/publish.js';
import { secretMethods } from './grpc/secrets.js';
import { stateMethods } from './grpc/state.js';
import { workflowMethods } from './grpc/workflow.js';
import { actorRoutes } from './http/actors.js';
import type { ApiRoute } from './http/api.js';
import { bindingRoutes } from './http/bindings.js';
import { bulkPublishRoutes } from './http/bulk-publish.js';
import { conversationRoutes } from './http/conversation.js';
import { cryptoRoutes } from './http/crypto.js';
import { jobRoutes } from './http/jobs.js';
import { lockRoutes } from './http/locks.js';
import { publishRoutes } from './http/publish.js';
import { secretRoutes } from './http/secrets.js';
import { stateRoutes } from './http/state.js';
import { workflowRoutes } from './http/workflow.js';
import { Resiliency } from './resiliency.js';
import type { Resources } from './resources.js';
import { Sidecar, type SidecarOptions } from './sidecar.js';
import { Transcript } from './transcript.js';
import { VirtualClock } from './virtual-clock.js';

export interface EngineOptions {
  readonly resources: Resources;
  readonly clock?: Clock | undefined;
  readonly apiToken?: string | undefined;
  readonly appToken?: string | undefined;
  /** One line for the user. */
  readonly warn: (line: string) => void;
}

// How long work that waits for the clock may stand still, in real time, before the clock goes on.
const PATIENCE = 500;

/** What all sidecars in this process share: time, stores, brokers, actors, and what specs look at. */
export class Engine {
  readonly clock: Clock;
  readonly activity = new Activity();
  readonly faults = new Faults();
  readonly transcript = new Transcript();
  readonly resources: Resources;
  readonly resiliency: Resiliency;
  readonly applications = new Applications();
  readonly pubsub: PubSub;
  readonly cronBindings: CronBindings;
  readonly outputBindings: OutputBindings;
  readonly crypto: CryptoProviders;
  readonly secrets: Secrets;
  readonly configurations: Configurations;
  readonly locks: Locks;
  readonly jobs: Jobs;
  readonly conversations: Conversations;
  readonly invocations: Invocations;
  readonly stores: StateStores;
  readonly actors: Actors;
  /** The operations of the API that are the same for every sidecar. */
  readonly routes: readonly ApiRoute[];
  /** The same over gRPC. */
  readonly grpcMethods: GrpcMethods;
  private readonly sidecars = new Set<Sidecar>();
  private readonly releaseClock: () => void;
  private opened = 0;

  constructor(readonly options: EngineOptions) {
    const { resources, warn } = options;
    this.clock = options.clock ?? systemClock;
    this.resources = resources;
    this.resiliency = new Resiliency(resources.resiliencies);
    const { clock, activity, faults, transcript, resiliency } = this;
    const hasApiToken = options.apiToken !== undefined;
    const shared = { clock, activity, faults, transcript, resiliency, warn };
    const components = resources.components.filter(({ type }) =>
      type.startsWith('state.'),
    );
    this.stores = new StateStores({ components, clock, faults });
    this.pubsub = new PubSub({ ...shared, resources });
    this.cronBindings = new CronBindings({ ...shared, resources });
    this.outputBindings = new OutputBindings({ ...shared, resources });
    this.crypto = new CryptoProviders({ ...shared, resources });
    this.secrets = new Secrets({ ...shared, resources });
    this.configurations = new Configurations({ ...shared, resources });
    this.locks = new Locks({ ...shared, resources });
    this.jobs = new Jobs(shared);
    this.conversations = new Conversations({ ...shared, resources });
    this.invocations = new Invocations({
      ...shared,
      resources,
      applications: this.applications,
      hasApiToken,
    });
    this.actors = new Actors({
      ...shared,
      stores: this.stores,
      features: resources.features,
      hasApiToken,
    });
    this.routes = [
      ...publishRoutes(this.pubsub),
      ...bulkPublishRoutes(this.pubsub),
      ...bindingRoutes(this.outputBindings),
      ...stateRoutes(this.stores),
      ...cryptoRoutes(this.crypto),
      ...secretRoutes(this.secrets),
      ...lockRoutes(this.locks),
      ...jobRoutes(this.jobs),
      ...conversationRoutes(this.conversations),
      ...workflowRoutes(),
      ...actorRoutes(this.actors),
    ];
    this.grpcMethods = {
      ...publishMethods(this.pubsub),
      ...bindingMethods(this.outputBindings),
      ...stateMethods(this.stores),
      ...secretMethods(this.secrets),
      ...configurationMethods(this.configurations, activity),
      ...lockMethods(this.locks),
      ...jobMethods(this.jobs),
      ...conversationMethods(this.conversations),
      ...workflowMethods(),
      ...cryptoMethods(this.crypto, clock),
      ...actorMethods(this.actors),
    };
    this.releaseClock =
      clock instanceof VirtualClock
        ? clock.settleWith(() => activity.settled(PATIENCE))
        : () => undefined;
  }

  /**
   * Opens the sidecar of one running application. The same app id again is a second replica of that application.
   * @throws DaprConfigurationError when the port that was asked for is taken, or a component is not to be had
   */
  async openSidecar(options: SidecarOptions): Promise<Sidecar> {
    this.resources.requireServed(options.appId);
    this.crypto.load(options.appId);
    this.opened += 1;
    const sidecar = new Sidecar(
      this,
      options,
      `${options.appId}-${this.opened}`,
    );
    await sidecar.listen().catch(async (error: unknown) => {
      await sidecar.close();
      throw error;
    });
    this.sidecars.add(sidecar);
    return sidecar;
  }

  /** The sidecar is closed. */
  forget(sidecar: Sidecar): void {
    this.sidecars.delete(sidecar);
  }

  /** Resolves when nothing is in flight and nothing is due at the current time of the clock. */
  async idle(): Promise<void> {
    await this.activity.idle();
  }

  /** Closes every sidecar; no socket and no timer stays. */
  async close(): Promise<void> {
    await Promise.all([...this.sidecars].map((sidecar) => sidecar.close()));
    this.actors.close();
    this.jobs.close();
    await this.invocations.close();
    await this.outputBindings.close();
    this.releaseClock();
  }
}
