// Names of `@dapr/dapr`, for code that was written for it.

// Actors
export { AbstractActor } from './abstract-actor.js';
export { ActorId } from '../actors/actor-id.js';
export { ActorProxyBuilder } from './actor-proxy-builder.js';
export * as Temporal from './temporal.js';

// The client
export { DaprClient } from '../client/dapr-client.js';
export type { DaprClientOptions } from '../client/options.js';
export { CommunicationProtocolEnum } from '../client/communication-protocol.js';
export { HttpMethod } from '../client/http-method.js';
export type { InvokerOptions } from '../client/invoker.js';
export type {
  PubSubBulkPublishMessage,
  PubSubBulkPublishResponse,
} from '../client/pubsub.js';
export type { StateGetBulkOptions } from '../client/state.js';
export {
  StateConcurrencyEnum,
  StateConsistencyEnum,
} from '../client/state-options.js';

// Handlers
export { TopicEventStatus as DaprPubSubStatusEnum } from '../protocol/topic-status.js';
