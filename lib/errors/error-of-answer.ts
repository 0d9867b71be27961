import type { ErrorDetail } from '../protocol/error-codes.js';
import { ActorInvocationError } from './actor-invocation.error.js';
import { cryptoFailure } from './crypto-failure.js';
import { DaprBadRequestError } from './dapr-bad-request.error.js';
import { DaprCancelledError } from './dapr-cancelled.error.js';
import { DaprNotFoundError } from './dapr-not-found.error.js';
import { DaprPermissionError } from './dapr-permission.error.js';
import { DaprTimeoutError } from './dapr-timeout.error.js';
import { DaprError, type DaprErrorOptions } from './dapr.error.js';
import { EtagMismatchError } from './etag-mismatch.error.js';
import { SidecarUnavailableError } from './sidecar-unavailable.error.js';

/** An answer of the sidecar that is no success. */
export interface FailedAnswer {
  readonly operation: string;
  readonly status: number;
  readonly errorCode?: string;
  readonly message?: string;
  readonly details?: readonly ErrorDetail[];
}

type ErrorClass = new (message: string, options: DaprErrorOptions) => DaprError;

/** The error that a failed answer means, and what to do about it. */
export function errorOfAnswer(answer: FailedAnswer): DaprError {
  const { operation, status, errorCode, message, details } = answer;
  const ofActor = actorFailure(answer);
  if (ofActor) return ofActor;
  const code = errorCode === undefined ? '' : `${errorCode}, `;
  const advice = adviceFor(answer);
  return new (classOf(answer))(
    `${operation} failed: ${message ?? 'the sidecar gives no reason'} (${code}status ${status}).${advice && ` ${advice}`}`,
    {
      operation,
      status,
      ...(errorCode !== undefined && { errorCode }),
      ...(details && { details }),
    },
  );
}

function classOf(answer: FailedAnswer): ErrorClass {
  const { status, errorCode = '', message = '' } = answer;
  if (isEtagMismatch(answer)) return EtagMismatchError;
  // Dapr sends these with 400, 401, 404 and 500.
  if (/_NOT_(FOUND|CONFIGURED)$/.test(errorCode)) return DaprNotFoundError;
  if (NOT_FOUND_MESSAGES[errorCode]?.test(message)) return DaprNotFoundError;
  if (UNKNOWN_CALL.test(message)) return DaprNotFoundError;
  const ofCrypto = cryptoFailure(answer);
  if (ofCrypto) return ofCrypto.errorClass;
  // Dapr sends these with 429 and 500, too.
  if (errorCode === 'ERR_PUBSUB_CLOUD_EVENTS_SER') return DaprBadRequestError;
  if (TOO_LARGE.test(message)) return DaprBadRequestError;
  if (status === 404) return DaprNotFoundError;
  if (status === 401 || status === 403) return DaprPermissionError;
  if (status === 400 || status === 413 || status === 431)
    return DaprBadRequestError;
  // Over gRPC their codes say other things.
  if (MISUSE.has(errorCode)) return DaprBadRequestError;
  if (status === 503) return SidecarUnavailableError;
  // What gRPC calls cancelled: as daprd writes it, and as others do.
  if (status === 408 || status === 499) return DaprCancelledError;
  if (status === 504) return DaprTimeoutError;
  return DaprError;
}

/**
 * What daprd says over gRPC of a call that it does not know, which it takes for one of an app, or that its Configuration
 * denies (dapr/dapr pkg/diagnostics/grpc_tracing.go, pkg/grpc/proxy, pkg/grpc/endpoints.go).
 */
export const UNKNOWN_CALL =
  /^(?:(?:cannot|failed to) proxy request: .*dapr-app-id|unknown (?:method|service) .*dapr\.proto\.runtime\.v1\.Dapr$|requested endpoint is not available$)/;

const NO_INSTANCE = /no such instance exists/;

// Of a secret, not of a host or a namespace: the words of local.file and kubernetes, of vault, AWS, Azure and GCP.
const NO_SECRET =
  /: secrets? .* not found$|: getSecret .* failed secret key or version not exist$|\b(?:ResourceNotFoundException|ParameterNotFound): |\bERROR CODE: SecretNotFound\b|code = NotFound desc = Secret /;

// The limit of daprd's --max-body-size, over HTTP and over gRPC.
const TOO_LARGE =
  /stream too large|grpc: (received|trying to send) message larger than max/;

const MISUSE: ReadonlySet<string> = new Set([
  'ERR_ACTOR_INSTANCE_MISSING',
  'ERR_ACTOR_NO_PLACEMENT',
]);

// What is missing shows in the text only.
const NOT_FOUND_MESSAGES: Readonly<Record<string, RegExp>> = {
  ERR_INVOKE_OUTPUT_BINDING: /couldn't find output binding/,
  DAPR_SCHEDULER_GET_JOB: /code = NotFound/,
  ERR_PAUSE_WORKFLOW: NO_INSTANCE,
  ERR_RESUME_WORKFLOW: NO_INSTANCE,
  ERR_RAISE_EVENT_WORKFLOW: NO_INSTANCE,
  ERR_ACTOR_INVOKE_METHOD: /did not find address|actor method not found/,
  ERR_SECRET_GET: NO_SECRET,
};

function isEtagMismatch(answer: FailedAnswer): boolean {
  const { status, errorCode = '', message = '' } = answer;
  if (!/^ERR_STATE_(SAVE|DELETE|TRANSACTION)$/.test(errorCode)) return false;
  // A transaction answers 500 for every failure.
  return status === 409 || /etag mismatch/i.test(message);
}

const FROM_ACTOR = /error from actor service: \((\d+)\) ?([^]*)$/;

/** daprd turns every answer of an actor but 200 into a 500 with the answer in its text, which may hold anything: it goes into `data`. */
function actorFailure(answer: FailedAnswer): ActorInvocationError | undefined {
  const { operation, errorCode, message = '' } = answer;
  if (errorCode !== 'ERR_ACTOR_INVOKE_METHOD') return undefined;
  const [, status, body = ''] = FROM_ACTOR.exec(message) ?? [];
  if (status === undefined) return undefined;
  return new ActorInvocationError(
    `${operation} failed: the application that hosts the actor answered with status ${status} instead of 200.`,
    {
      operation,
      status: Number(status),
      errorCode,
      data: body === '' ? undefined : jsonOrText(body),
    },
  );
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const COMPONENT_ADVICE =
  "Check the name, that the component is among the sidecar's resources, and that its scopes allow this app.";

const ADVICE: Readonly<Record<string, string>> = {
  ERR_STATE_STORE_NOT_SUPPORTED:
    'https://docs.dapr.io/reference/components-reference/supported-state-stores/ lists what each store can do.',
  ERR_PUBSUB_FORBIDDEN:
    "Check publishingScopes, allowedTopics and protectedTopics in the component's metadata.",
  ERR_INVOKE_OUTPUT_BINDING:
    'Check that the component is loaded and knows the operation.',
  ERR_SECRET_GET:
    'Check the name of the secret, and what the store says of it.',
  ERR_PERMISSION_DENIED:
    "Check spec.secrets.scopes in the sidecar's Configuration.",
  ERR_APP_CHANNEL_NIL:
    'Start the sidecar with --app-port, or use a client with communicationProtocol: CommunicationProtocolEnum.GRPC.',
  ERR_TRY_LOCK: 'Check that the lock store can be reached.',
  ERR_UNLOCK: 'Check that the lock store can be reached.',
  ERR_CONFIGURATION_GET:
    'Check that the configuration store can be reached, and that it takes these keys.',
  ERR_CONFIGURATION_SUBSCRIBE:
    'Check that the configuration store can be reached, and that it takes these keys.',
  ERR_DIRECT_INVOKE:
    'Check the app id, and that the app and its sidecar are running.',
  ERR_ACTOR_NO_PLACEMENT:
    'Start daprd with --placement-host-address; "dapr init" installs the placement service.',
  ERR_ACTOR_INSTANCE_MISSING:
    "An actor's state can be changed only while the actor is active on the app behind this sidecar: from within a call of it.",
  ERR_ACTOR_REMINDER_NON_HOSTED:
    'Only an app that hosts the actor type can deal with its reminders.',
  ERR_ACTOR_INVOKE_METHOD:
    'Check that an app that hosts the actor type is running, is healthy, and has the method.',
  ERR_ACTOR_STACK_DEPTH:
    "The calls of actors go deeper than the type's reentrancy.maxStackDepth.",
};

// For what is wrong shows in the text only.
const ADVICE_BY_MESSAGE: readonly (readonly [RegExp, string])[] = [
  [
    TOO_LARGE,
    'Send less at a time, or start daprd with a larger --max-body-size (default 4Mi).',
  ],
  [
    /^Received HTTP status code/,
    "What listens there is no gRPC API: check that the port is the sidecar's gRPC port (50001 by default), not that of its HTTP API.",
  ],
  [
    /job already exists/,
    'Give it another name, or take the place of the other with overwrite: true.',
  ],
  [
    /scheduler clients are disabled/,
    'Start daprd with --scheduler-host-address; "dapr init" installs the scheduler service.',
  ],
  [
    /did not find address for actor 'dapr\.internal\./,
    'Check that a workflow worker of the app is connected to this sidecar.',
  ],
  [
    /without the "ActorStateTTL" feature/,
    "Add { name: ActorStateTTL, enabled: true } to spec.features of the sidecar's Configuration.",
  ],
];

function adviceFor(answer: FailedAnswer): string {
  const { status, errorCode = '', message = '' } = answer;
  if (isEtagMismatch(answer))
    return 'Read the value and its etag again, then decide whether to write.';
  if (
    (status === 404 && errorCode === 'ERR_DIRECT_INVOKE') ||
    UNKNOWN_CALL.test(message)
  )
    return 'This sidecar does not know the call: it is too old, or its Configuration denies the API.';
  if (status === 401 && errorCode === '')
    return 'Set DAPR_API_TOKEN, or the option apiToken, to the token that the sidecar was started with.';
  if (
    /_NOT_(FOUND|CONFIGURED)$/.test(errorCode) &&
    !/^ERR_(ACTOR|INSTANCE_ID)_/.test(errorCode)
  )
    return COMPONENT_ADVICE;
  const known = ADVICE_BY_MESSAGE.find(([text]) => text.test(message));
  return cryptoFailure(answer)?.advice ?? known?.[1] ?? ADVICE[errorCode] ?? '';
}
