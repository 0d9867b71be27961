import type { ErrorDetail } from '../../protocol/error-codes.js';
import { ApiError } from './api.js';

/** The errors of the state API that carry details (dapr/dapr pkg/api/errors/state.go). */

export function storeNotConfigured(name: string, appId?: string): ApiError {
  return new ApiError(
    500,
    'ERR_STATE_STORE_NOT_CONFIGURED',
    `state store ${name} is not configured`,
    [errorInfo('DAPR_STATE_NOT_CONFIGURED', appId)],
  );
}

export function storeNotFound(name: string, appId?: string): ApiError {
  return new ApiError(
    400,
    'ERR_STATE_STORE_NOT_FOUND',
    `state store ${name} is not found`,
    [errorInfo('DAPR_STATE_NOT_FOUND', appId)],
  );
}

export function illegalKey(
  store: string,
  field: string,
  reason: string,
): ApiError {
  // daprd wraps its own error, prefix and all.
  const message = `api error: code = InvalidArgument desc = ${reason}`;
  return new ApiError(400, 'ERR_MALFORMED_REQUEST', message, [
    {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      field_violations: [{ ...(field && { field }), description: message }],
    },
    resourceInfo(store),
    errorInfo('DAPR_STATE_ILLEGAL_KEY'),
  ]);
}

export function queryUnsupported(store: string): ApiError {
  return new ApiError(
    500,
    'ERR_STATE_STORE_NOT_SUPPORTED',
    'state store does not support querying',
    [resourceInfo(store), errorInfo('DAPR_STATE_QUERYING_NOT_SUPPORTED')],
  );
}

export function queryFailed(store: string, reason: string): ApiError {
  return new ApiError(
    500,
    'ERR_STATE_QUERY',
    `state store ${store} query failed: ${reason}`,
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
