import type { Metadata } from '@grpc/grpc-js';
import { DaprBadRequestError } from '../../errors/dapr-bad-request.error.js';
import type { HeaderBag } from '../../protocol/headers.js';

type Headers = Readonly<Record<string, string | undefined>>;

// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
const NAME = /^[0-9a-z_.-]+$/i;
const VALUE = /^[ -~]*$/;

/** Headers that are not the caller's to correct, such as those of the trace: what gRPC can't carry is left out. */
export function setWhatCanBe(
  metadata: Metadata,
  headers: Headers | undefined,
): void {
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && canBeSent(name, value))
      metadata.set(name, value);
  }
}

/** The headers of a call. @throws {@link DaprBadRequestError} for what gRPC can't carry */
export function setOwn(
  metadata: Metadata,
  operation: string,
  headers: Headers | undefined,
): void {
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    if (!canBeSent(name, value))
      throw new DaprBadRequestError(
        `${operation} can't be sent: the header "${name}" holds what gRPC metadata can't carry.`,
        { operation },
      );
    metadata.set(name, value);
  }
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

function canBeSent(name: string, value: string): boolean {
  return NAME.test(name) && !/-bin$/i.test(name) && VALUE.test(value);
}
