import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http';

export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  readonly json: unknown;
}

/**
 * One HTTP call, sent as written: the path is not cleaned and no header is added but those of node:http. A body that is
 * neither text nor bytes is sent as JSON.
 */
export function call(
  sidecar: { readonly httpPort: number },
  verb: string,
  path: string,
  body?: unknown,
  headers: OutgoingHttpHeaders = {},
): Promise<WireAnswer> {
  const raw =
    body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = raw ? (body ?? '') : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port: sidecar.httpPort,
        method: verb,
        path,
        agent: false,
        headers: {
          ...(!raw && { 'content-type': 'application/json' }),
          ...(body !== undefined && {
            'content-length': Buffer.byteLength(bytes),
          }),
          ...headers,
        },
      },
      (response) => {
        isAnswered = true;
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve(
            answerOf(
              response.statusCode ?? 0,
              response.headers,
              Buffer.concat(chunks),
            ),
          ),
        );
      },
    );
    // Who refuses a large body need not read all of it: then it fails to be sent, and the answer is good.
    request.on('error', (error) => {
      if (!isAnswered) reject(error);
    });
    request.end(bytes);
  });
}

function answerOf(
  status: number,
  headers: IncomingHttpHeaders,
  body: Buffer,
): WireAnswer {
  const text = body.toString('utf8');
  return {
    status,
    headers,
    body,
    text,
    get json(): unknown {
      return JSON.parse(text);
    },
  };
}

/** What an error answer says: its status, Dapr's code, and the reason of its details where there is one. */
export function errorOf(answer: WireAnswer): {
  status: number;
  errorCode: unknown;
  reason?: unknown;
} {
  const body = answer.json as Record<string, unknown>;
  const details = (body.details ?? []) as Record<string, unknown>[];
  const reason = details.find((detail) => 'reason' in detail)?.reason;
  return {
    status: answer.status,
    errorCode: body.errorCode,
    ...(reason !== undefined && { reason }),
  };
}

/** The message of an error answer. */
export function messageOf(answer: WireAnswer): unknown {
  return (answer.json as Record<string, unknown>).message;
}
