import type { ActorRuntime } from '../../actors/runtime/runtime.js';
import {
  readActorCallback,
  type ActorCallback,
} from '../../protocol/actor-callback.js';
import type { ConfigurationUpdates } from '../../client/configuration-updates.js';
import type { Dispatcher } from '../dispatcher.js';
import type { Handlers } from '../handler-registry.js';
import { actorCallCallback } from './actor-call.js';
import {
  actorActivateCallback,
  actorDeactivateCallback,
} from './actor-deactivate.js';
import { bindingCallback, bindingProbe } from './binding.js';
import { bulkTopicCallback } from './bulk-topic.js';
import { configCallback } from './config.js';
import type { HttpCallback } from './exchange.js';
import { healthCallback } from './health.js';
import { invocationCallback } from './invocation.js';
import { jobCallback } from './job.js';
import { subscribeCallback } from './subscribe.js';
import { topicCallback } from './topic.js';

export interface CallbackSources {
  readonly dispatcher: Dispatcher;
  readonly handlers: Handlers;
  readonly actors: ActorRuntime;
  readonly updates: ConfigurationUpdates | undefined;
  readonly isShuttingDown: () => boolean;
}

/** A callback, the path it has, and whose it is, where that is a handler of the app. */
export type PathCallback = readonly [
  path: string,
  callback: HttpCallback,
  owner?: string | undefined,
];

/** Everything that Dapr may ask of the app at a path known beforehand. */
export function callbacks(sources: CallbackSources): PathCallback[] {
  const { dispatcher, handlers, actors, updates, isShuttingDown } = sources;
  return [
    ['/dapr/config', configCallback(actors, updates)],
    ['/dapr/subscribe', subscribeCallback(handlers.subscriptions)],
    ['/healthz', healthCallback(isShuttingDown)],
    ...handlers.subscriptions.flatMap((subscription) =>
      subscription.routes.map((route): PathCallback => [
        route.path,
        (subscription.isBulk ? bulkTopicCallback : topicCallback)(
          dispatcher,
          subscription,
          route,
        ),
        route.handler?.owner,
      ]),
    ),
    ...[...handlers.bindings].flatMap(([name, handler]): PathCallback[] => [
      [`/${name}`, bindingProbe(), handler.owner],
      [`/${name}`, bindingCallback(dispatcher, name, handler), handler.owner],
    ]),
    ...[...handlers.jobs.values()].map((handler): PathCallback => [
      `/job/${handler.name}`,
      jobCallback(dispatcher, handler),
      handler.owner,
    ]),
    ...handlers.invocables.map((handler): PathCallback => [
      `/${handler.method}`,
      invocationCallback(dispatcher, handler),
      handler.owner,
    ]),
  ];
}

/** The callback of an actor's path, for an app that hosts actors. */
export function actorCallback(
  actors: ActorRuntime,
  verb: string,
  path: string,
): HttpCallback | undefined {
  const call = readActorCallback(verb, path);
  return call && callbackOf(actors, call);
}

function callbackOf(
  actors: ActorRuntime,
  call: ActorCallback,
): HttpCallback | undefined {
  switch (call.kind) {
    case 'deactivate':
      return actorDeactivateCallback(actors, call);
    case 'activate':
      return actors.types.includes(call.actorType)
        ? actorActivateCallback()
        : undefined;
    default:
      return actorCallCallback(actors, call.kind, call);
  }
}
