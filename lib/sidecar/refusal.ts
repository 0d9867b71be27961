import type { ErrorDetail } from '../protocol/error-codes.js';
import type { GrpcCode } from '../protocol/grpc-code.js';

/** An answer that is no success, as daprd words it once for both of its APIs (dapr pkg/messages/predefined.go). */
export class Refusal extends Error {
  constructor(
    readonly errorCode: string,
    message: string,
    /** Of HTTP. */
    readonly status: number,
    readonly grpcCode: GrpcCode,
    readonly details?: readonly ErrorDetail[],
  ) {
    super(message);
    this.name = 'Refusal';
  }
}
