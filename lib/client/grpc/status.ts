import type { Metadata, StatusObject } from '@grpc/grpc-js';
import { errorOfStatus } from '../../errors/error-of-status.js';
import type { ErrorDetail } from '../../protocol/error-codes.js';
import { GrpcCode, httpStatusOf } from '../../protocol/grpc-code.js';
import {
  readStatusDetails,
  STATUS_DETAILS,
} from '../../protocol/grpc-status.js';
import type { HeaderBag } from '../../protocol/headers.js';
import { cutError, unavailableError } from '../transport-error.js';
import type { GrpcCall } from './channel.js';
import type { Link } from './link.js';

// What grpc-js itself says of connections; a sidecar that is unavailable has words of its own.
const UNREACHED = /^(No connection established|Name resolution failed)/;
const CUT =
  /^(Connection dropped|Received RST_STREAM|read |write |The service is|Channel )/i;

/** The error of a call that ended with a status other than OK. */
export function failureOf(
  call: GrpcCall,
  link: Link,
  error: StatusObject,
): Error {
  const { operation, errorCode } = call;
  const { code, details: message } = error;
  if (code === GrpcCode.unavailable && UNREACHED.test(message))
    return unavailableError(
      operation,
      link.description,
      'gRPC',
      new Error(message),
    );
  if (isCut(error))
    return cutError(operation, link.description, new Error(message));
  return errorOfStatus({
    operation,
    status: httpStatusOf(code),
    message,
    details: detailsOf(error),
    errorCode,
  });
}

/** Whether the connection ended before the answer. */
export function isCut({ code, details }: StatusObject): boolean {
  return (
    CUT.test(details) &&
    (code === GrpcCode.unavailable ||
      code === GrpcCode.internal ||
      code === GrpcCode.cancelled)
  );
}

/** Metadata as Node reports headers. */
export function headersOf(metadata: Metadata): HeaderBag {
  const headers: Record<string, string | string[]> = {};
  for (const name of Object.keys(metadata.getMap())) {
    if (name.endsWith('-bin')) continue;
    const values = metadata.get(name) as string[];
    headers[name] = values.length === 1 ? (values[0] as string) : values;
  }
  return headers;
}

function detailsOf({ metadata }: StatusObject): ErrorDetail[] {
  const [bytes] = metadata?.get(STATUS_DETAILS) ?? [];
  return Buffer.isBuffer(bytes) ? readStatusDetails(bytes) : [];
}
