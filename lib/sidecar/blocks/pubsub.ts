import type { Clock } from '../../protocol/clock.js';
import type { Activity } from '../activity.js';
import type { Replica } from '../app/replica.js';
import type { Faults } from '../faults.js';
import type { Resiliency } from '../resiliency.js';
import type { Resources } from '../resources.js';
import { metadataFor, type Component } from '../resources/component.js';
import type { Transcript } from '../transcript.js';
import { Broker } from './broker.js';
import { BulkSubscriber } from './bulk-subscriber.js';
import { EarlyMessages } from './early-messages.js';
import { Publisher, requireAllowed } from './publisher.js';
import type { Subscription } from './subscription.js';
import { Subscriber, type SubscriberDependencies } from './subscriber.js';
import type { Message } from './topic-message.js';
import { isTopicAllowed } from './topic-scopes.js';

export interface PubSubDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly faults: Faults;
  readonly transcript: Transcript;
  readonly resources: Resources;
  readonly resiliency: Resiliency;
  readonly warn: (line: string) => void;
}

/** Brokers in memory: every application that subscribes to a topic gets a copy, its processes share it. */
export class PubSub {
  readonly publisher: Publisher;
  private readonly brokers = new Map<string, Broker>();
  private readonly known = new Map<string, readonly Subscription[]>();
  private readonly early: EarlyMessages;

  constructor(private readonly deps: PubSubDependencies) {
    this.early = new EarlyMessages(deps.warn);
    this.publisher = new Publisher({
      ...deps,
      deliver: (component, message) => this.deliver(component, message),
    });
  }

  component(appId: string, name: string): Component | undefined {
    const component = this.deps.resources.componentOf(appId, name);
    return component?.type.startsWith('pubsub.') ? component : undefined;
  }

  /** What the application subscribes to, as last told. */
  subscriptionsOf(appId: string): readonly Subscription[] {
    return this.known.get(appId) ?? [];
  }

  /**
   * An application of this id will tell what it listens to. If it never has, what is published waits for that. Returns
   * how to say that it will not.
   */
  expect(appId: string): () => void {
    return this.early.expect(appId);
  }

  /**
   * Delivers to the process from now on; `subscriptions` is undefined when it could not tell what it listens to.
   * Returns how to end that. Messages for topics that the application listens to no longer are forgotten.
   */
  join(
    replica: Replica,
    subscriptions: readonly Subscription[] | undefined,
  ): () => void {
    const leaves = (subscriptions ?? []).flatMap((subscription) => {
      const component = this.subscribable(replica.appId, subscription);
      return component ? [this.serve(replica, component, subscription)] : [];
    });
    for (const { component, message } of this.early.take(replica.appId))
      this.brokers.get(component)?.deliver(message, replica.appId);
    if (subscriptions) this.settleQueues(replica.appId, subscriptions);
    return () => {
      for (const leave of leaves) leave();
    };
  }

  private deliver(component: Component, message: Message): void {
    this.broker(component).deliver(message);
    this.early.keep({ component: component.name, message });
  }

  private subscribable(
    appId: string,
    { pubsubname, topic }: Subscription,
  ): Component | undefined {
    const component = this.component(appId, pubsubname);
    const problem = !component
      ? `there is no pub/sub component "${pubsubname}" (there is ${this.namesFor(appId)})`
      : isTopicAllowed(
            metadataFor(component, appId),
            'subscriptionScopes',
            appId,
            topic,
          )
        ? undefined
        : `the component's scopes don't allow it`;
    if (!problem) return component;
    this.deps.warn(
      `Application "${appId}" gets nothing of topic "${topic}" on "${pubsubname}": ${problem}.`,
    );
    return undefined;
  }

  private namesFor(appId: string): string {
    const names = this.deps.resources
      .componentsOf(appId)
      .filter(({ type }) => type.startsWith('pubsub.'))
      .map(({ name }) => `"${name}"`);
    return names.join(', ') || 'none';
  }

  private serve(
    replica: Replica,
    component: Component,
    subscription: Subscription,
  ): () => void {
    const { appId } = replica;
    const deps: SubscriberDependencies = {
      ...this.deps,
      replica,
      subscription,
      policy: this.deps.resiliency.inbound(appId, component),
      deadLetter: (topic, message) => {
        requireAllowed(appId, component, topic);
        this.deliver(component, { ...message, topic });
      },
    };
    const queue = this.broker(component).queue(appId, subscription.topic);
    if (subscription.bulkSubscribe?.enabled) {
      const subscriber = new BulkSubscriber(deps);
      return queue.join((item) => subscriber.handle(item), subscriber.capacity);
    }
    const subscriber = new Subscriber(deps);
    return queue.join((item) => subscriber.handle(item));
  }

  private settleQueues(
    appId: string,
    subscriptions: readonly Subscription[],
  ): void {
    this.known.set(appId, subscriptions);
    let lost = 0;
    for (const broker of this.brokers.values())
      lost += broker.forgetUnserved(appId);
    if (lost > 0)
      this.deps.warn(
        `${lost} waiting messages are lost: application "${appId}" no longer subscribes to their topics.`,
      );
  }

  private broker(component: Component): Broker {
    const known = this.brokers.get(component.name);
    if (known) return known;
    const broker = new Broker(component.type === 'pubsub.in-memory');
    this.brokers.set(component.name, broker);
    return broker;
  }
}
