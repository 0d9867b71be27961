/**
 * The marked answer that our actor proxies ask for with the header `x-nestjs-dapr: 1`: daprd throws away the body of a
 * non-200 and gRPC shows no headers, so result and error both travel in the body of a 200.
 */
export const ENVELOPE_VERSION = 1;

export interface RemoteError {
  readonly name: string;
  readonly message: string;
  readonly status?: number;
  readonly details?: unknown;
  readonly stack?: string;
}

export type Envelope =
  | { readonly 'x-nestjs-dapr': number; readonly result?: unknown }
  | { readonly 'x-nestjs-dapr': number; readonly error: RemoteError };

export function isEnvelope(value: unknown): value is Envelope {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Envelope)['x-nestjs-dapr'] === 'number'
  );
}
