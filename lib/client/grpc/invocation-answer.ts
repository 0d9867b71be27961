import { Readable } from 'node:stream';
import { DaprError } from '../../errors/dapr.error.js';
import { headerOf, type HeaderBag } from '../../protocol/headers.js';
import { PREFIXED_HEADERS } from '../../protocol/prefixed-headers.js';
import { decodeAnswer } from '../invocation.js';

/** What an app answered, as far as daprd tells it. */
export interface Answer {
  readonly status: number;
  readonly headers: HeaderBag;
  readonly contentType: string;
  readonly body: Buffer;
  /** False where the body may go on: of a failed answer daprd tells the beginning only. */
  readonly isWhole: boolean;
}

/** The metadata that holds the app's own status. */
export const STATUS = 'dapr-http-status';

/** The app's own headers under their own names. */
export function answeredHeaders(metadata: HeaderBag): HeaderBag {
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(metadata)) {
    if (value === undefined || name === STATUS) continue;
    const plain = name.replace(/^dapr-/, '');
    const isPrefixed = plain !== name && PREFIXED_HEADERS.has(plain);
    // What is not prefixed of these is gRPC's: its content type.
    if (isPrefixed) headers[plain] = value;
    else if (!PREFIXED_HEADERS.has(name)) headers[name] = value;
  }
  return headers;
}

// daprd's limit of what it tells (dapr/dapr pkg/messaging/v1/util.go).
const EXCERPT = 63;

export function failedAnswer(
  status: number,
  metadata: HeaderBag,
  { details }: DaprError,
): Answer {
  const headers = answeredHeaders(metadata);
  const info = details.find((detail) => 'metadata' in detail)?.['metadata'];
  const excerpt = (info as Record<string, string> | undefined)?.[
    'http.error_message'
  ];
  const body = Buffer.from(excerpt ?? '');
  return {
    status,
    headers,
    contentType: headerOf(headers, 'content-type') ?? '',
    body,
    isWhole: excerpt !== undefined && body.length < EXCERPT,
  };
}

export function valueOf({ status, contentType, body }: Answer): unknown {
  return decodeAnswer(status, contentType, body);
}

/** The value where the body is whole, else the beginning of its text. */
export function excerptOf(answer: Answer): unknown {
  try {
    if (answer.isWhole) return valueOf(answer);
  } catch {
    // Not what its type says.
  }
  return answer.body.toString();
}

export function bodyOf(
  operation: string,
  { status, body, isWhole }: Answer,
): Readable {
  if (isWhole) return Readable.from(body.length > 0 ? [body] : []);
  return new Readable({
    read() {
      this.push(body);
      this.destroy(cutShort(operation, status));
    },
  });
}

export function cutShort(operation: string, status: number): DaprError {
  return new DaprError(
    `${operation} failed: the app answered with status ${status}, and of such an answer daprd tells over gRPC only the first ${EXCERPT} bytes. A client that speaks HTTP gets all of it.`,
    { operation, status },
  );
}
