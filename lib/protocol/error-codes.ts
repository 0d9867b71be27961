/** One member of an error body's `details`, as Dapr writes it (google.rpc.ErrorInfo, ResourceInfo, BadRequest, Help). */
export type ErrorDetail = Readonly<Record<string, unknown>>;

/** @see https://docs.dapr.io/developing-applications/error-codes/error-codes-reference/ */
export interface ErrorBody {
  readonly errorCode: string;
  readonly message: string;
  readonly details?: readonly ErrorDetail[];
}

/** The `errorCode`, `message` and `details` of an error answer of the sidecar, as far as the body holds them. */
export function readErrorBody(body: string): Partial<ErrorBody> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return body === '' ? {} : { message: body.trim() };
  }
  if (typeof json !== 'object' || json === null) return {};
  const { errorCode, message, details } = json as Record<string, unknown>;
  return {
    ...(typeof errorCode === 'string' && { errorCode }),
    ...(typeof message === 'string' && { message }),
    ...(Array.isArray(details) && { details: details as ErrorDetail[] }),
  };
}
