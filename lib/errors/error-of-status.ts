import type { ErrorDetail } from '../protocol/error-codes.js';
import type { DaprError } from './dapr.error.js';
import { errorOfAnswer, UNKNOWN_CALL } from './error-of-answer.js';

/** A status of the sidecar that is not OK. */
export interface FailedStatus {
  readonly operation: string;
  /** The HTTP status that means what the gRPC code means. */
  readonly status: number;
  readonly message: string;
  readonly details: readonly ErrorDetail[];
  /** What the HTTP API says of such a failure; for calls whose statuses have no details. */
  readonly errorCode?: string | undefined;
}

/** The error that a status means: the same that the HTTP API's answer means. */
export function errorOfStatus(failed: FailedStatus): DaprError {
  const { operation, status, message, details } = failed;
  const errorCode = isTokenWrong(failed)
    ? undefined
    : (codeOf(details) ?? codeOfMessage(message) ?? failed.errorCode);
  return errorOfAnswer({
    operation,
    status,
    message,
    ...(details.length > 0 && { details }),
    ...(errorCode !== undefined && { errorCode }),
  });
}

/** Dapr has no code for that. */
function isTokenWrong({ status, details }: FailedStatus): boolean {
  return (
    status === 401 && details.some(({ reason }) => reason === 'Unauthorized')
  );
}

function codeOf(details: readonly ErrorDetail[]): string | undefined {
  const reason = details.find((detail) => 'reason' in detail)?.['reason'];
  if (typeof reason !== 'string' || !/^[A-Z_]+$/.test(reason)) return undefined;
  return LEGACY_CODES[reason] ?? reason;
}

function codeOfMessage(message: string): string | undefined {
  return CODES_OF_MESSAGES.find(([text]) => text.test(message))?.[1];
}

// Errors that have no details over gRPC (dapr/dapr pkg/messages/predefined.go).
const CODES_OF_MESSAGES: readonly (readonly [RegExp, string])[] = [
  [/^maximum stack depth exceeded$/, 'ERR_ACTOR_STACK_DEPTH'],
  [/^actor instance is missing$/, 'ERR_ACTOR_INSTANCE_MISSING'],
  [/^operations on actor reminders are/, 'ERR_ACTOR_REMINDER_NON_HOSTED'],
  [/^actor reminder not found: /, 'ERR_ACTOR_REMINDER_NOT_FOUND'],
  [/^actor reminder already exists: /, 'ERR_ACTOR_REMINDER_ALREADY_EXISTS'],
  [/^actor type ".*" is reserved for /, 'ERR_ACTOR_TYPE_RESERVED'],
  [/^placement service is not configured$/, 'ERR_ACTOR_NO_PLACEMENT'],
  [/^actor runtime is closed$/, 'ERR_ACTOR_RUNTIME_CLOSED'],
  [
    /^the state store is not configured to use the actor runtime/,
    'ERR_ACTOR_RUNTIME_NOT_FOUND',
  ],
  [/^invalid (request|actorType|actorId|actor method): /, 'ERR_BAD_REQUEST'],
  [UNKNOWN_CALL, 'ERR_DIRECT_INVOKE'],
  [/^(failed to invoke, id: |invoke API is not ready)/, 'ERR_DIRECT_INVOKE'],
  [/^failed finding conversation component /, 'ERR_CONVERSATION_NOT_FOUND'],
  [/: missing inputs in request$/, 'ERR_CONVERSATION_MISSING_INPUTS'],
  [
    /^failed conversing with component .*: invalid params/,
    'ERR_CONVERSATION_INVALID_PARMS',
  ],
  [/^unable to find workflow with /, 'ERR_INSTANCE_ID_NOT_FOUND'],
  [/^workflow instance ID exceeds /, 'ERR_INSTANCE_ID_TOO_LONG'],
  [/^workflow instance ID .* is invalid: /, 'ERR_INSTANCE_ID_INVALID'],
  [/^crypto provider .* not found$/, 'ERR_CRYPTO_PROVIDER_NOT_FOUND'],
  [/^crypto providers not configured$/, 'ERR_CRYPTO_PROVIDERS_NOT_CONFIGURED'],
  [/^failed finding secret store with key /, 'ERR_SECRET_STORE_NOT_FOUND'],
  [/^secret store is not configured$/, 'ERR_SECRET_STORES_NOT_CONFIGURED'],
  [/^access denied by policy to get /, 'ERR_PERMISSION_DENIED'],
  [/^lock store is not configured$/, 'ERR_LOCK_STORE_NOT_CONFIGURED'],
  [/^lock store .* not found$/, 'ERR_LOCK_STORE_NOT_FOUND'],
];

// The codes that the HTTP API gives beside these reasons (dapr/dapr pkg/api/errors).
const LEGACY_CODES: Readonly<Record<string, string>> = {
  DAPR_STATE_NOT_FOUND: 'ERR_STATE_STORE_NOT_FOUND',
  DAPR_STATE_NOT_CONFIGURED: 'ERR_STATE_STORE_NOT_CONFIGURED',
  DAPR_STATE_ILLEGAL_KEY: 'ERR_MALFORMED_REQUEST',
  DAPR_STATE_TRANSACTIONS_NOT_SUPPORTED: 'ERR_STATE_STORE_NOT_SUPPORTED',
  DAPR_STATE_TOO_MANY_TRANSACTIONS: 'ERR_STATE_STORE_TOO_MANY_TRANSACTIONS',
  DAPR_STATE_QUERYING_NOT_SUPPORTED: 'ERR_STATE_STORE_NOT_SUPPORTED',
  DAPR_STATE_QUERY_FAILED: 'ERR_STATE_QUERY',
  DAPR_PUBSUB_NOT_FOUND: 'ERR_PUBSUB_NOT_FOUND',
  DAPR_PUBSUB_NOT_CONFIGURED: 'ERR_PUBSUB_NOT_CONFIGURED',
  DAPR_PUBSUB_FORBIDDEN: 'ERR_PUBSUB_FORBIDDEN',
  DAPR_PUBSUB_NAME_EMPTY: 'ERR_PUBSUB_EMPTY',
  DAPR_PUBSUB_TOPIC_NAME_EMPTY: 'ERR_TOPIC_NAME_EMPTY',
  DAPR_PUBSUB_METADATA_DESERIALIZATION: 'ERR_PUBSUB_REQUEST_METADATA',
  DAPR_PUBSUB_CLOUD_EVENT_CREATION: 'ERR_PUBSUB_CLOUD_EVENTS_SER',
  DAPR_PUBSUB_UNMARSHAL_EVENTS: 'ERR_PUBSUB_EVENTS_SER',
  DAPR_PUBSUB_MARSHAL_EVENTS: 'ERR_PUBSUB_EVENTS_SER',
  DAPR_PUBSUB_MARSHAL_ENVELOPE: 'ERR_PUBSUB_EVENTS_SER',
  DAPR_PUBSUB_PUBLISH_MESSAGE: 'ERR_PUBSUB_PUBLISH_MESSAGE',
};
