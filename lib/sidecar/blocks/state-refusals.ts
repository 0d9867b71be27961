import type { ErrorDetail } from '../../protocol/error-codes.js';
import { GrpcCode } from '../../protocol/grpc-code.js';
import { Refusal } from '../refusal.js';

/** The answers of dapr/dapr pkg/api/errors/state.go. */

/** @param appId told over HTTP, but for queries */
export function storeNotConfigured(name: string, appId?: string): Refusal {
  return new Refusal(
    'ERR_STATE_STORE_NOT_CONFIGURED',
    `state store ${name} is not configured`,
    500,
    GrpcCode.failedPrecondition,
    [errorInfo('DAPR_STATE_NOT_CONFIGURED', appId)],
  );
}

/** @param appId told over HTTP, but for queries */
export function storeNotFound(name: string, appId?: string): Refusal {
  return new Refusal(
    'ERR_STATE_STORE_NOT_FOUND',
    `state store ${name} is not found`,
    400,
    GrpcCode.invalidArgument,
    [errorInfo('DAPR_STATE_NOT_FOUND', appId)],
  );
}

/** @param field the key, where daprd still knows it */
export function illegalKey(
  store: string,
  field: string,
  message: string,
): Refusal {
  return new Refusal(
    'ERR_MALFORMED_REQUEST',
    message,
    400,
    GrpcCode.invalidArgument,
    [
      {
        '@type': 'type.googleapis.com/google.rpc.BadRequest',
        field_violations: [{ ...(field && { field }), description: message }],
      },
      resourceInfo(store),
      errorInfo('DAPR_STATE_ILLEGAL_KEY'),
    ],
  );
}

export function queryUnsupported(store: string): Refusal {
  return new Refusal(
    'ERR_STATE_STORE_NOT_SUPPORTED',
    'state store does not support querying',
    500,
    GrpcCode.internal,
    [resourceInfo(store), errorInfo('DAPR_STATE_QUERYING_NOT_SUPPORTED')],
  );
}

export function queryFailed(store: string, reason: string): Refusal {
  return new Refusal(
    'ERR_STATE_QUERY',
    `state store ${store} query failed: ${reason}`,
    500,
    GrpcCode.internal,
    [resourceInfo(store), errorInfo('DAPR_STATE_QUERY_FAILED')],
  );
}

function errorInfo(reason: string, appId?: string): ErrorDetail {
  return {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    domain: 'dapr.io',
    metadata: appId === undefined ? null : { appID: appId },
    reason,
  };
}

function resourceInfo(name: string): ErrorDetail {
  return {
    '@type': 'type.googleapis.com/google.rpc.ResourceInfo',
    description: '',
    owner: '',
    resource_name: name,
    resource_type: 'state',
  };
}
