import type { Readable } from 'node:stream';
import type { ErrorBody, ErrorDetail } from '../../protocol/error-codes.js';
import type { HeaderBag } from '../../protocol/headers.js';

/** A call of an application to its sidecar, decoded as far as every block needs it. */
export interface ApiCall {
  /** The app id of the sidecar that was called: state keys and the source of events carry it. */
  readonly appId: string;
  /** Tells that sidecar from those of other replicas of the app. */
  readonly instanceId: string;
  readonly verb: string;
  /** Unescaped as daprd does: a `+` is a space. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** As it came, without the question mark; for what is passed on. */
  readonly rawQuery: string;
  readonly headers: HeaderBag;
  readonly body: Buffer;
  /** Aborts when the caller closes its connection. */
  readonly signal: AbortSignal;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer | Readable;
}

/** One operation of the sidecar's HTTP API. */
export interface ApiRoute {
  readonly verbs: readonly string[];
  /** `/v1.0/state/:store/:key`; a last segment `*rest` takes the remaining path with its slashes. */
  readonly path: string;
  handle(call: ApiCall): Promise<ApiAnswer> | ApiAnswer;
  /** The answer to a body over the limit, where it is not the common one. */
  tooLarge?(call: Pick<ApiCall, 'appId' | 'params'>, reason: string): ApiError;
}

/** An answer in Dapr's error form. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly errorCode: string,
    message: string,
    readonly details?: readonly ErrorDetail[],
  ) {
    super(message);
    this.name = 'ApiError';
  }

  toAnswer(): ApiAnswer {
    const { errorCode, message, details } = this;
    const body: ErrorBody = { errorCode, message, ...(details && { details }) };
    return json(this.status, body);
  }
}

export function json(
  status: number,
  body: unknown,
  headers?: Record<string, string>,
): ApiAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

export const NO_CONTENT: ApiAnswer = { status: 204 };

/** Request metadata of an API call: the query parameters `metadata.<key>=<value>`; the first value wins. */
export function queryMetadata(query: URLSearchParams): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [key, value] of query) {
    if (!key.startsWith('metadata.')) continue;
    const name = key.slice('metadata.'.length);
    if (!(name in metadata)) metadata[name] = value;
  }
  return metadata;
}
