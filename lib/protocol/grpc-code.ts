/** @see https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const GrpcCode = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

export type GrpcCode = (typeof GrpcCode)[keyof typeof GrpcCode];

// As daprd maps them (pkg/messaging/v1/util.go).
const HTTP_STATUS: Readonly<Record<GrpcCode, number>> = {
  0: 200,
  1: 408,
  2: 500,
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  11: 400,
  12: 501,
  13: 500,
  14: 503,
  15: 500,
  16: 401,
};

/** The HTTP status that means what a gRPC code means. */
export function httpStatusOf(code: number): number {
  return HTTP_STATUS[code as GrpcCode] ?? 500;
}

// As daprd maps them where an application answers over HTTP (pkg/messaging/v1/util.go).
const CODES: Readonly<Record<number, GrpcCode>> = {
  400: GrpcCode.internal,
  401: GrpcCode.unauthenticated,
  403: GrpcCode.permissionDenied,
  404: GrpcCode.notFound,
  408: GrpcCode.cancelled,
  409: GrpcCode.alreadyExists,
  429: GrpcCode.resourceExhausted,
  501: GrpcCode.unimplemented,
  503: GrpcCode.unavailable,
  504: GrpcCode.deadlineExceeded,
};

/** The gRPC code that stands for an application's HTTP status. */
export function grpcCodeOf(httpStatus: number): GrpcCode {
  if (httpStatus >= 200 && httpStatus <= 299) return GrpcCode.ok;
  return CODES[httpStatus] ?? GrpcCode.unknown;
}
