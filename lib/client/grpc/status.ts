import type { StatusObject } from '@grpc/grpc-js';
import { errorOfStatus } from '../../errors/error-of-status.js';
import type { ErrorDetail } from '../../protocol/error-codes.js';
import { GrpcCode, httpStatusOf } from '../../protocol/grpc-code.js';
import {
  readStatusDetails,
  STATUS_DETAILS,
} from '../../protocol/grpc-status.js';
import { cutError, unavailableError } from '../transport-error.js';
import type { GrpcCall } from './channel.js';
import type { Link } from './link.js';

// What grpc-js itself says of connections; a sidecar that is unavailable has words of its own.
const UNREACHED =
  /^(?:No connection established\. Last error: (?:Error: )?([^]*?)(?: \([-:.\dTZ]+\))?\s*\. Resolution note:|No connection established|Name resolution failed)/;
const UNSENT = /^(Stream refused by server|Channel closed before call started)/;
const CUT =
  /^(Connection dropped|Received RST_STREAM|Call cancelled|read |write )/;

/** The error of a call that ended with a status other than OK. */
export function failureOf(
  call: GrpcCall,
  link: Link,
  end: StatusObject,
): Error {
  const { operation, errorCode } = call;
  const { description } = link;
  const obstacle = obstacleOf(end);
  if (obstacle)
    return unavailableError(operation, description, 'gRPC', obstacle);
  const { code, details: message } = end;
  if (isCut(end) || isUnsent(end))
    return cutError(operation, description, new Error(message));
  return errorOfStatus({
    operation,
    status: httpStatusOf(code),
    message,
    details: detailsOf(end),
    errorCode,
  });
}

/** Why no connection could be made, where that is what the status says. */
export function obstacleOf({ code, details }: StatusObject): Error | undefined {
  if (code !== GrpcCode.unavailable) return undefined;
  const found = UNREACHED.exec(details);
  if (!found) return undefined;
  const reason = found[1] || details;
  const [, errno] = /\b(E[A-Z]{4,})\b/.exec(reason) ?? [];
  return Object.assign(new Error(reason), errno && { code: errno });
}

/** Whether a failed attempt to connect may succeed later; one that a certificate was refused for, or with something that speaks no gRPC, will not. */
export function mayPass(obstacle: Error): boolean {
  return !/certificate|altnames|SSL|Protocol error/i.test(obstacle.message);
}

/** Whether the sidecar has not begun with the call. */
export function isUnsent({ code, details }: StatusObject): boolean {
  return code === GrpcCode.unavailable && UNSENT.test(details);
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

function detailsOf({ metadata }: StatusObject): ErrorDetail[] {
  const [bytes] = metadata?.get(STATUS_DETAILS) ?? [];
  return Buffer.isBuffer(bytes) ? readStatusDetails(bytes) : [];
}
