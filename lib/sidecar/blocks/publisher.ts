import type { Clock } from '../../protocol/clock.js';
import type { Activity } from '../activity.js';
import type { Faults } from '../faults.js';
import type { Resiliency } from '../resiliency.js';
import { metadataFor, type Component } from '../resources/component.js';
import { attempt } from '../retries.js';
import { messageOf, type Publication } from './publication.js';
import { isRawPayload } from './subscription.js';
import type { Message } from './topic-message.js';
import { isTopicAllowed } from './topic-scopes.js';

/** The application may not publish to that topic. */
export class TopicNotAllowed extends Error {
  constructor(topic: string, appId: string) {
    super(`topic ${topic} is not allowed for app id ${appId}`);
    this.name = 'TopicNotAllowed';
  }
}

/** One message of several that are published at once. */
export interface BulkPublication extends Publication {
  /** Tells it from the others. */
  readonly entryId: string;
}

/** Some of several messages are not published, the others are. */
export class BulkPublishError extends Error {
  constructor(
    readonly failures: readonly {
      readonly entryId: string;
      readonly error: Error;
    }[],
  ) {
    super(failures[0]?.error.message);
    this.name = 'BulkPublishError';
  }
}

export interface PublisherDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly faults: Faults;
  readonly resiliency: Resiliency;
  /** Queues a message for all who listen. */
  readonly deliver: (component: Component, message: Message) => void;
}

/** What applications publish, on its way to the brokers. */
export class Publisher {
  constructor(private readonly deps: PublisherDependencies) {}

  /**
   * Answers when the message is queued.
   * @throws TopicNotAllowed, RawPayloadError, NoCloudEvent and InjectedFault
   */
  async publish(
    appId: string,
    component: Component,
    publication: Publication,
  ): Promise<void> {
    const isRaw = isRawPayload(publication.metadata ?? {});
    const message = this.messageOf(appId, component, publication, isRaw);
    requireAllowed(appId, component, message.topic);
    const policy = this.deps.resiliency.outbound(appId, component);
    await attempt(this.deps, policy, async () => this.put(component, message));
  }

  /**
   * Each message on its own, in order; under a policy those that failed are tried again.
   * @throws TopicNotAllowed, NoCloudEvent and BulkPublishError
   */
  async publishBulk(
    appId: string,
    component: Component,
    topic: string,
    publications: readonly BulkPublication[],
    isRaw: boolean,
  ): Promise<void> {
    let left = publications.map((each) => ({
      entryId: each.entryId,
      message: this.messageOf(appId, component, each, isRaw),
    }));
    requireAllowed(appId, component, topic);
    const policy = this.deps.resiliency.outbound(appId, component);
    await attempt(this.deps, policy, async () => {
      const failures = left.flatMap((entry) => {
        try {
          this.put(component, entry.message);
          return [];
        } catch (error) {
          return [{ ...entry, error: error as Error }];
        }
      });
      left = failures;
      if (failures.length > 0) throw new BulkPublishError(failures);
    });
  }

  private messageOf(
    appId: string,
    component: Component,
    publication: Publication,
    isRaw: boolean,
  ): Message {
    return messageOf(publication, isRaw, {
      pubsubname: component.name,
      source: appId,
      now: this.deps.clock.now(),
    });
  }

  private put(component: Component, message: Message): void {
    this.deps.faults.check('publish');
    this.deps.deliver(component, message);
  }
}

/** @throws TopicNotAllowed where the component's scopes keep the application from publishing to the topic */
export function requireAllowed(
  appId: string,
  component: Component,
  topic: string,
): void {
  const metadata = metadataFor(component, appId);
  if (!isTopicAllowed(metadata, 'publishingScopes', appId, topic))
    throw new TopicNotAllowed(topic, appId);
}
