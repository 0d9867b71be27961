import { before } from './activity.js';
import type { AppChannel } from './app/channel.js';
import { Replica } from './app/replica.js';
import {
  askConfig,
  askSubscriptions,
  type StartupDependencies,
} from './app/startup.js';
import type { ActorHost } from './blocks/actors.js';
import {
  compileSubscription,
  mergeSubscriptions,
  type Subscription,
} from './blocks/subscription.js';
import type { Engine } from './engine.js';

// --dapr-graceful-shutdown-seconds of daprd. Real time, since the application is real.
const GRACE = 5000;

/** One process of an application, from the first question to the last answer. */
export class Connection {
  readonly replica: Replica;
  private readonly host: ActorHost;
  /** What has to end before the process goes. */
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly engine: Engine,
    appId: string,
    instanceId: string,
    channel: AppChannel,
  ) {
    this.replica = new Replica(appId, instanceId, channel);
    const { replica } = this;
    this.host = {
      appId,
      instanceId,
      channel: replica,
      leaving: replica.leaving,
    };
  }

  /**
   * Asks in daprd's order (pkg/runtime/runtime.go, appHealthReadyInit) and begins to deliver.
   * Rejects when the process leaves meanwhile.
   */
  async open(): Promise<void> {
    const { replica, engine } = this;
    const { clock, transcript, applications } = engine;
    const deps = { clock, transcript, warn: engine.options.warn };
    applications.add(replica);
    this.ends.push(() => applications.remove(replica));
    // What daprd asks one that speaks gRPC for is for callbacks that it does not get here.
    if (replica.grpc) return this.openToInvocations();
    const config = await askConfig(replica, deps);
    const subscriptions = await this.subscriptions(deps);
    replica.leaving.throwIfAborted();
    this.ends.push(engine.pubsub.join(replica, subscriptions));
    const stopBindings = await engine.cronBindings.start(replica);
    this.ends.push(stopBindings);
    if (replica.leaving.aborted) stopBindings();
    replica.leaving.throwIfAborted();
    await engine.actors.register(this.host, config);
    replica.leaving.throwIfAborted();
    this.ends.push(engine.jobs.join(replica));
  }

  private async openToInvocations(): Promise<void> {
    const { replica, engine, host } = this;
    const { appId } = replica;
    const declared = engine.resources.subscriptionsOf(appId);
    if (declared.length > 0)
      engine.options.warn(
        `Application "${appId}" speaks gRPC, so the embedded sidecar delivers none of the messages that its subscriptions are for.`,
      );
    this.ends.push(engine.pubsub.join(replica, []));
    await engine.actors.register(host, {});
  }

  /**
   * Nothing new reaches the process from here on. Resolves when what was under way has ended, and its actors are
   * deactivated; what takes longer than daprd would wait is cut.
   */
  async end(): Promise<void> {
    for (const end of this.ends) end();
    this.replica.leave();
    // daprd would cut the turns that run; here the app's own drain waits for them.
    await before(
      GRACE,
      Promise.all([this.engine.actors.leave(this.host), this.replica.quiet()]),
    );
    const left = Promise.all([
      this.engine.actors.unregister(this.host, 'closing'),
      this.replica.quiet(),
    ]);
    await before(
      GRACE,
      left.catch(() => undefined),
    );
    await this.engine.actors.unregister(this.host, 'lost');
    await this.replica.close();
  }

  /** Undefined when the process could not tell. */
  private async subscriptions(
    deps: StartupDependencies,
  ): Promise<Subscription[] | undefined> {
    const { resources } = this.engine;
    const { appId } = this.replica;
    const isPubSub = resources
      .componentsOf(appId)
      .some(({ type }) => type.startsWith('pubsub.'));
    if (!isPubSub) return [];
    const declarative = resources
      .subscriptionsOf(appId)
      .map(({ entry }) => compileSubscription(entry, 'DECLARATIVE'));
    const entries = await askSubscriptions(this.replica, deps);
    try {
      const programmatic = entries?.map((entry) =>
        compileSubscription(entry, 'PROGRAMMATIC'),
      );
      if (programmatic)
        return mergeSubscriptions(
          programmatic.filter((each) => this.hasRoute(each)),
          declarative,
        );
    } catch (error) {
      deps.warn(
        `Application "${appId}" subscribes to nothing: ${(error as Error).message}`,
      );
    }
    return declarative.length > 0 ? declarative : undefined;
  }

  private hasRoute({ routes, topic }: Subscription): boolean {
    if (routes.length === 0)
      this.engine.options.warn(
        `Application "${this.replica.appId}" gets nothing of topic "${topic}": its subscription has no route.`,
      );
    return routes.length > 0;
  }
}
