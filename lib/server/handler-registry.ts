import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';
import type { BulkSubscribeOptions } from '../handlers/bulk-subscribe.decorator.js';
import type { OwnedDefinition } from '../handlers/handler.js';
import type { SubscribeOptions } from '../handlers/subscribe.decorator.js';
import type { ConfigurationHandler } from './configuration-handlers.js';
import {
  invocableVerbs,
  refuseUnknownHandlerOptions,
} from './handler-options.js';
import { addJob, type JobHandler } from './job-handlers.js';
import type { NestHandler } from './run-handler.js';
import {
  buildSubscriptions,
  type Subscription,
  type SubscriptionDefaults,
} from './subscriptions.js';
import type { TopicHandler } from './topic-routes.js';

/** A controller method that Dapr calls. */
export interface RegisteredHandler {
  /** `Controller.method`, for messages. */
  readonly owner: string;
  readonly run: NestHandler;
}

export interface InvocableHandler extends RegisteredHandler {
  readonly method: string;
  readonly verbs: readonly string[];
}

/** Everything that Dapr may call on the app's controllers. */
export interface Handlers {
  readonly subscriptions: readonly Subscription[];
  /** By the name of the binding. */
  readonly bindings: ReadonlyMap<string, RegisteredHandler>;
  /** By the name of the job. */
  readonly jobs: ReadonlyMap<string, JobHandler>;
  readonly invocables: readonly InvocableHandler[];
  readonly configurations: readonly ConfigurationHandler[];
}

/** Collects the handlers that Nest finds on controllers and refuses those that contradict each other. */
export class HandlerRegistry {
  private readonly topics: TopicHandler[] = [];
  private readonly bindings = new Map<string, RegisteredHandler>();
  private readonly jobs = new Map<string, JobHandler>();
  private readonly invocables: InvocableHandler[] = [];
  private readonly configurations: ConfigurationHandler[] = [];

  constructor(
    private readonly names: Readonly<Record<string, string | undefined>>,
    private readonly defaults: SubscriptionDefaults,
  ) {}

  add(definition: OwnedDefinition, run: NestHandler): void {
    const { owner } = definition;
    refuseUnknownHandlerOptions(definition);
    switch (definition.kind) {
      case 'topic':
        this.topics.push({
          owner,
          run,
          takesBatches: false,
          ...this.deployedTopic(definition),
        });
        break;
      case 'batches':
        this.topics.push({
          owner,
          run,
          takesBatches: true,
          ...this.deployedTopic({
            ...definition,
            options: topicOptions(definition.options),
          }),
        });
        break;
      case 'binding':
        this.addBinding(pathOf(this.deployed(definition.name, owner)), {
          owner,
          run,
        });
        break;
      case 'job': {
        const { name, options } = definition;
        addJob(this.jobs, { owner, run, name, options });
        break;
      }
      case 'configuration':
        this.configurations.push({
          owner,
          run,
          storeName: this.deployed(definition.storeName, owner),
          keys: definition.keys,
          metadata: definition.options.metadata ?? {},
        });
        break;
      case 'invocation':
        this.addInvocable({
          owner,
          run,
          method: methodPath(definition.method, owner),
          verbs: invocableVerbs(owner, definition.options),
        });
    }
  }

  build(): Handlers {
    return {
      subscriptions: buildSubscriptions(this.topics, this.defaults),
      bindings: this.bindings,
      jobs: this.jobs,
      invocables: this.invocables,
      configurations: this.configurations,
    };
  }

  private deployedTopic({
    owner,
    pubsubName,
    topic,
    options,
  }: Pick<
    Extract<OwnedDefinition, { kind: 'topic' }>,
    'owner' | 'pubsubName' | 'topic' | 'options'
  >): Omit<TopicHandler, keyof RegisteredHandler | 'takesBatches'> {
    const { deadLetterTopic } = options;
    return {
      pubsubName: this.deployed(pubsubName, owner),
      topic: this.deployed(topic, owner),
      options:
        deadLetterTopic === undefined
          ? options
          : {
              ...options,
              deadLetterTopic: this.deployed(deadLetterTopic, owner),
            },
    };
  }

  // An own property, since a topic may be called "constructor".
  private deployed(written: string, owner: string): string {
    const name = Object.hasOwn(this.names, written)
      ? (this.names[written] ?? written)
      : written;
    if (typeof name === 'string' && name !== '') return name;
    throw new DaprConfigurationError(
      `A decorator of ${owner} names no pub/sub, topic, binding or store, or "names" of DaprModule.forRoot() makes ` +
        `an empty name of it (${JSON.stringify(written)}). Give it a name.`,
    );
  }

  private addBinding(name: string, handler: RegisteredHandler): void {
    const earlier = this.bindings.get(name);
    if (earlier)
      throw new DaprConfigurationError(
        `${earlier.owner} and ${handler.owner} both handle the input binding "${name}". ` +
          'Dapr calls one handler per binding: remove one @InputBinding, or call one from the other.',
      );
    this.bindings.set(name, handler);
  }

  private addInvocable(handler: InvocableHandler): void {
    const earlier = this.invocables.find(
      ({ method, verbs }) =>
        method === handler.method &&
        verbs.some((verb) => handler.verbs.includes(verb)),
    );
    if (earlier)
      throw new DaprConfigurationError(
        `${earlier.owner} and ${handler.owner} both answer the invocation of "${handler.method}". ` +
          'Give one another method name, or give each its own verbs.',
      );
    this.invocables.push(handler);
  }
}

/** Those of a batch's size stand apart in what is known of a topic. */
function topicOptions({
  maxMessagesCount,
  maxAwaitDuration,
  ...options
}: BulkSubscribeOptions): SubscribeOptions {
  return { ...options, bulk: { maxMessagesCount, maxAwaitDuration } };
}

/** A request's path is compared with it as it is, so it can be no pattern and hold no query. */
function methodPath(method: string, owner: string): string {
  if (!/[?#*]|(^|\/):/.test(method)) return pathOf(method);
  throw new DaprConfigurationError(
    `The method ${JSON.stringify(method)} of ${owner} can't be the path of an invocation: @Invocable takes a path without ` +
      'parameters, wildcards or a query. Use a route of an ordinary controller, which can be invoked too.',
  );
}

/** Both `/inbox` and `inbox` mean the path /inbox. */
function pathOf(name: string): string {
  return name.replace(/^\/+/, '');
}
