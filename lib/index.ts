// The module
export { DaprModule } from './dapr.module.js';
export type {
  DaprModuleOptions,
  EmbeddedOptions,
  SidecarChoice,
  SubscriptionsOptions,
} from './dapr.options.js';
export type {
  DaprModuleAsyncOptions,
  DaprOptionsFactory,
} from './dapr.module-definition.js';

// The transport
export { ServerDapr } from './server/server-dapr.js';
export {
  daprMicroservice,
  type DaprMicroserviceOptions,
} from './server/dapr-microservice.js';
export type { ServerOptions } from './server/server.options.js';
export { DAPR_TRANSPORT } from './handlers/dapr-transport.js';

// Handlers
export {
  Subscribe,
  type SubscribeOptions,
} from './handlers/subscribe.decorator.js';
export {
  BulkSubscribe,
  type BulkSubscribeOptions,
} from './handlers/bulk-subscribe.decorator.js';
export type { BulkOptions } from './handlers/bulk-options.js';
export { InputBinding } from './handlers/input-binding.decorator.js';
export {
  Invocable,
  type InvocableOptions,
  type InvocableVerb,
} from './handlers/invocable.decorator.js';
export {
  OnConfiguration,
  type OnConfigurationOptions,
} from './handlers/on-configuration.decorator.js';
export {
  ScheduledJob,
  type ScheduledJobOptions,
} from './handlers/scheduled-job.decorator.js';
export { DropMessageException } from './handlers/drop-message.exception.js';
export { RetryMessageException } from './handlers/retry-message.exception.js';

// Contexts
export { DaprContext } from './contexts/dapr.context.js';
export { PubSubContext } from './contexts/pub-sub.context.js';
export { BulkPubSubContext } from './contexts/bulk-pub-sub.context.js';
export { BindingContext } from './contexts/binding.context.js';
export { InvocationContext } from './contexts/invocation.context.js';
export { JobContext } from './contexts/job.context.js';
export { ConfigurationContext } from './contexts/configuration.context.js';
export { ActorContext } from './contexts/actor.context.js';

// Messages
export { CloudEvent } from './protocol/cloud-event.js';
export { BulkEntry } from './protocol/bulk.js';
export { TopicEventStatus } from './protocol/topic-status.js';
export {
  ConfigurationItems,
  type ConfigurationItem,
} from './protocol/configuration.js';
export type { Duration, DurationFields } from './protocol/duration.js';

// Actors
export { Actor } from './actors/actor.js';
export {
  ActorState,
  type ActorStateSetOptions,
  type StateAsJson,
} from './actors/actor-state.js';
export { actorStateKey } from './actors/actor-state-key.js';
export type {
  ActorStateOptions,
  ActorStateSerializer,
} from './actors/actor-state.options.js';
export { ActorType } from './actors/actor-type.decorator.js';
export type {
  ActorReentrancyOptions,
  ActorsModuleOptions,
  ActorsOptions,
  ActorTypeOptions,
} from './actors/actors.options.js';
export { OnReminder, OnTimer } from './actors/actor-callbacks.decorator.js';
export type { OnActivate, OnDeactivate } from './actors/actor-lifecycle.js';
export type { ActorProxy } from './actors/proxy/actor-proxy.js';
export {
  ActorProxyFactory,
  type ActorProxyOptions,
} from './actors/proxy/actor-proxy-factory.js';
export type {
  RemoteErrorClass,
  RemoteErrorRule,
} from './actors/proxy/error-classes.js';
export type { RemoteError } from './protocol/actor-envelope.js';
export type { ActorReminders, ActorTimers } from './actors/actor-schedules.js';
export type {
  ActorReminder,
  ActorReminderOptions,
  ActorTimerOptions,
  NamedActorReminder,
} from './client/actor.js';
export {
  Actors,
  getActorsToken,
  InjectActors,
  type ActorTypeRef,
} from './actors/proxy/actors.js';

// The client
export { DaprClient } from './client/dapr-client.js';
export type { DaprClientOptions } from './client/options.js';
export { InjectDaprClient, getDaprClientToken } from './dapr.clients.js';
export {
  CommunicationProtocol,
  CommunicationProtocolEnum,
} from './client/communication-protocol.js';
export { HttpMethod } from './client/http-method.js';
export type { CallOptions } from './client/call-options.js';
export type {
  ConfigurationCallback,
  ConfigurationResponse,
  ConfigurationSubscribeOptions,
  ConfigurationSubscription,
} from './client/configuration.js';
export type {
  ConversationChoice,
  ConversationInput,
  ConversationMessage,
  ConversationOutput,
  ConversationRequest,
  ConversationResponse,
  ConversationTool,
  ConversationToolCall,
  ConversationUsage,
} from './client/conversation.js';
export type { Job, JobRequest } from './client/jobs.js';
export type { ProxyOptions } from './client/proxy.js';
export type { FailurePolicy } from './protocol/failure-policy.js';
export type {
  WorkflowRuntimeStatus,
  WorkflowState,
} from './client/workflow.js';
export type {
  LockResponse,
  UnlockResponse,
  WithLockOptions,
} from './client/lock.js';
export { LockStatus } from './client/lock-status.js';
export type { Secret, SecretMetadata } from './client/secret.js';
export type {
  PubSubBulkPublishMessage,
  PubSubBulkPublishResponse,
} from './client/pubsub.js';

export type {
  DataEncryptionCipher,
  DecryptRequest,
  EncryptRequest,
  KeyWrapAlgorithm,
} from './client/crypto.js';
export type { InvocationAnswer, InvokerOptions } from './client/invoker.js';
export type { DaprMetadata } from './client/metadata.js';
export type {
  StateEntry,
  StateItem,
  StateOperation,
  StateQuery,
  StateQueryResult,
} from './client/state.js';
export {
  StateConcurrencyEnum,
  StateConsistencyEnum,
  type StateOptions,
} from './client/state-options.js';

// Errors
export { DaprError } from './errors/dapr.error.js';
export { DaprBadRequestError } from './errors/dapr-bad-request.error.js';
export { DaprCancelledError } from './errors/dapr-cancelled.error.js';
export { DaprConfigurationError } from './errors/dapr-configuration.error.js';
export { DaprNotFoundError } from './errors/dapr-not-found.error.js';
export { DaprPermissionError } from './errors/dapr-permission.error.js';
export { DaprTimeoutError } from './errors/dapr-timeout.error.js';
export { EtagMismatchError } from './errors/etag-mismatch.error.js';
export { LockLostError } from './errors/lock-lost.error.js';
export { LockNotAcquiredError } from './errors/lock-not-acquired.error.js';
export { SidecarUnavailableError } from './errors/sidecar-unavailable.error.js';
export { ActorInvocationError } from './errors/actor-invocation.error.js';
export { DurationError } from './protocol/duration.js';
export { PayloadError } from './protocol/payload-error.js';
