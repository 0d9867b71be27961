/** A value that can't be sent as it is, or a body that is not what its content type says. */
export class PayloadError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PayloadError';
  }
}

/** The bytes of a value and what they are. */
export interface EncodedPayload {
  readonly body: string | Buffer;
  readonly contentType: string;
}

export function toJson(value: unknown): string {
  return JSON.stringify(value);
}

export function encodePayload(
  value: unknown,
  contentType?: string,
): EncodedPayload | undefined {
  if (value === undefined) return undefined;
  return {
    body: toJson(value),
    contentType: contentType ?? 'application/json',
  };
}

export function decodePayload(
  body: Buffer,
  contentType: string | undefined,
): unknown {
  return contentType === undefined ? decodeLenient(body) : undefined;
}

export function decodeLenient(body: Buffer): unknown {
  return body;
}
