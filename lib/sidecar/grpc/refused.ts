import { Refusal } from '../refusal.js';
import { errorInfo, GrpcError } from './api.js';

/** Runs `work`; a refusal becomes a status, for some calls with the code of the HTTP API in its details. */
export function orRefused<T>(work: () => T, hasDetails = false): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { grpcCode, message, errorCode } = error;
    if (error.details) throw grpcErrorOf(error);
    throw new GrpcError(
      grpcCode,
      message,
      hasDetails ? [errorInfo(errorCode)] : [],
    );
  }
}

/** The status of a refusal that has details of its own. */
export function grpcErrorOf(refusal: Refusal): GrpcError {
  return new GrpcError(refusal.grpcCode, refusal.message, refusal.details);
}
