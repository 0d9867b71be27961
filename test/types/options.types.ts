// Compiled, never run: what an app has or has not can be handed on as it is, under exactOptionalPropertyTypes too.
import type {
  ActorProxyOptions,
  ActorReentrancyOptions,
  ActorReminderOptions,
  ActorsModuleOptions,
  ActorStateOptions,
  ActorStateSetOptions,
  ActorTimerOptions,
  ActorTypeOptions,
  BulkOptions,
  BulkSubscribeOptions,
  CallOptions,
  ConfigurationSubscribeOptions,
  ConversationInput,
  ConversationRequest,
  ConversationTool,
  DaprClientOptions,
  DaprMicroserviceOptions,
  DaprModuleOptions,
  DecryptRequest,
  EmbeddedOptions,
  EncryptRequest,
  InvocableOptions,
  InvokerOptions,
  JobRequest,
  OnConfigurationOptions,
  ProxyOptions,
  PubSubBulkPublishMessage,
  ScheduledJobOptions,
  ServerOptions,
  StateOptions,
  StateQuery,
  SubscribeOptions,
  SubscriptionsOptions,
  WithLockOptions,
} from '../../lib/index.js';
import type { PubSubPublishOptions } from '../../lib/client/pubsub.js';
import type {
  StateDeleteOptions,
  StateGetBulkOptions,
  StateGetOptions,
  StateQueryOptions,
  StateSaveOptions,
} from '../../lib/client/state.js';
import type {
  EmbeddedSidecarOptions,
  RunOptions,
} from '../../lib/testing/index.js';

/** The optional members that may be left out, but not be undefined. */
type Strict<T> = T extends object
  ? {
      [K in keyof T]-?: Pick<T, K> extends Required<Pick<T, K>>
        ? never
        : Record<K, undefined> extends Pick<T, K>
          ? never
          : K;
    }[keyof T]
  : never;

type Given =
  | ActorProxyOptions
  | ActorReentrancyOptions
  | ActorReminderOptions
  | ActorsModuleOptions
  | ActorStateOptions
  | ActorStateSetOptions
  | ActorTimerOptions
  | ActorTypeOptions
  | BulkOptions
  | BulkSubscribeOptions
  | CallOptions
  | ConfigurationSubscribeOptions
  | ConversationInput
  | ConversationRequest
  | ConversationTool
  | DaprClientOptions
  | DaprMicroserviceOptions
  | DaprModuleOptions
  | DecryptRequest
  | EmbeddedOptions
  | EmbeddedSidecarOptions
  | EncryptRequest
  | InvocableOptions
  | InvokerOptions
  | JobRequest
  | OnConfigurationOptions
  | ProxyOptions
  | PubSubBulkPublishMessage
  | PubSubPublishOptions
  | RunOptions
  | ScheduledJobOptions
  | ServerOptions
  | StateDeleteOptions
  | StateGetBulkOptions
  | StateGetOptions
  | StateOptions
  | StateQuery
  | StateQueryOptions
  | StateSaveOptions
  | SubscribeOptions
  | SubscriptionsOptions
  | WithLockOptions;

function check<T extends never>(...proof: T[]): void {
  void proof;
}

check<Strict<Given>>();

// The test itself notices what would be refused.
check<Strict<{ a: string; b?: string | undefined }>>();
// @ts-expect-error
check<Strict<{ a: string; b?: string }>>();
