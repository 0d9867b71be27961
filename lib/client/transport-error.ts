import { DaprCancelledError } from '../errors/dapr-cancelled.error.js';
import { DaprTimeoutError } from '../errors/dapr-timeout.error.js';
import { SidecarUnavailableError } from '../errors/sidecar-unavailable.error.js';

const PASSING = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/** Whether a failed attempt to connect may succeed later; one that a certificate was refused for will not. */
export function mayPass(code: string): boolean {
  return PASSING.has(code);
}

const SETTINGS = {
  HTTP: 'DAPR_HTTP_PORT, DAPR_HTTP_ENDPOINT or the options daprHost, daprPort and httpEndpoint',
  gRPC: 'DAPR_GRPC_PORT, DAPR_GRPC_ENDPOINT or the options daprHost, daprGrpcPort and grpcEndpoint',
} as const;

/** Nothing listens at the address, or nothing can be reached there. */
export function unavailableError(
  operation: string,
  address: string,
  api: 'HTTP' | 'gRPC',
  obstacle: Error | undefined,
): SidecarUnavailableError {
  const reason = obstacle ? ` (${reasonOf(obstacle)})` : '';
  return new SidecarUnavailableError(
    `${operation} failed: no Dapr sidecar answers at ${address}${reason}. ` +
      `Start the app with "dapr run", or say where its sidecar is with ${SETTINGS[api]}.`,
    { operation, cause: obstacle },
  );
}

/** The request was sent, but its answer did not come or not wholly. */
export function cutError(
  operation: string,
  address: string,
  cause: Error,
): SidecarUnavailableError {
  return new SidecarUnavailableError(
    `${operation} failed: the sidecar at ${address} closed the connection before its answer was complete (${reasonOf(cause)}). ` +
      'The call may have had its effect.',
    { operation, cause },
  );
}

export function timeoutError(
  operation: string,
  address: string,
  timeout: number,
): DaprTimeoutError {
  return new DaprTimeoutError(
    `${operation} got no answer from the sidecar at ${address} within ${timeout} ms. ` +
      'It may still have its effect. Look at the log of the sidecar, or allow more time with the option timeout.',
    { operation },
  );
}

/** Why a call of a stopped client fails. */
export function stopError(operation: string): DaprCancelledError {
  return new DaprCancelledError(
    `${operation} failed: the client was stopped. A stopped client stays stopped; make another one.`,
    { operation },
  );
}

function reasonOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
