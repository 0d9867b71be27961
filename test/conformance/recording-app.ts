import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the application received, byte for byte. */
export interface Received {
  readonly verb: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Name, value, name, value: shows doubled headers. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
  readonly json: unknown;
  /** When it arrived, in milliseconds of a clock that only goes forward. */
  readonly at: number;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  /** An object is sent as JSON. */
  readonly body?: string | Buffer | object;
}

/** `cut` closes the connection without an answer. */
export type Answering =
  | Answer
  | 'cut'
  | ((received: Received) => Answer | 'cut' | Promise<Answer | 'cut'>);

// Less than a test may take, so that a wait in vain can tell what came instead.
const PATIENCE = 20_000;

/**
 * An application of node:http that keeps what it received and answers what it was told. Endpoints are named by verb and
 * path, such as `POST /orders`; what was not told of is answered 404.
 */
export class RecordingApp {
  private readonly answers = new Map<string, Answering>();
  private readonly arrived = new Map<string, Received[]>();
  private readonly taken = new Map<string, number>();
  private readonly waiting = new Set<() => void>();
  private readonly server = createServer(
    // Node's own 5 s would close idle connections just as the sidecar uses them again.
    { maxHeaderSize: 256 * 1024, keepAliveTimeout: 0 },
    (request, response) => void this.handle(request, response),
  );

  /** Resolves when it listens; port 0 is any free one. */
  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => resolve());
    });
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on the endpoint answers this. */
  on(endpoint: string, answering: Answering): this {
    this.answers.set(endpoint, answering);
    return this;
  }

  /** Everything that the endpoint received so far. */
  received(endpoint: string): readonly Received[] {
    return this.arrived.get(endpoint) ?? [];
  }

  /** The endpoints that were called, in order of their first call. */
  get endpoints(): readonly string[] {
    return [...this.arrived.keys()];
  }

  /** Each request of an endpoint once, in order; waits for it. */
  async next(endpoint: string, patience = PATIENCE): Promise<Received> {
    const index = this.taken.get(endpoint) ?? 0;
    this.taken.set(endpoint, index + 1);
    await this.until(
      () => this.received(endpoint).length > index,
      `${endpoint}, request ${index + 1}`,
      patience,
    );
    return this.received(endpoint)[index] as Received;
  }

  /** Waits until the endpoint has received `count` requests in all. */
  async count(
    endpoint: string,
    count: number,
    patience = PATIENCE,
  ): Promise<readonly Received[]> {
    await this.until(
      () => this.received(endpoint).length >= count,
      `${count} requests of ${endpoint}`,
      patience,
    );
    return this.received(endpoint);
  }

  /** Waits until `holds`, which is asked again after each request. */
  until(
    holds: () => boolean,
    what: string,
    patience = PATIENCE,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!holds()) return;
        clearTimeout(timer);
        this.waiting.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting.delete(check);
        reject(
          new Error(
            `waited ${patience} ms in vain for ${what}; there came ${this.summary()}`,
          ),
        );
      }, patience);
      this.waiting.add(check);
      check();
    });
  }

  /** Forgets what was received, not what to answer. */
  forget(): void {
    this.arrived.clear();
    this.taken.clear();
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async handle(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const received = describe(request, Buffer.concat(chunks));
    const path = received.url.split('?')[0] as string;
    const endpoint = `${received.verb} ${path}`;
    const list = this.arrived.get(endpoint) ?? [];
    this.arrived.set(endpoint, [...list, received]);
    for (const check of this.waiting) check();
    const answering = this.answers.get(endpoint) ?? { status: 404 };
    const answer =
      typeof answering === 'function' ? await answering(received) : answering;
    if (answer === 'cut') request.socket.destroy();
    else respond(response, answer);
  }

  private summary(): string {
    const counts = [...this.arrived].map(
      ([endpoint, list]) => `${endpoint} (${list.length})`,
    );
    return counts.join(', ') || 'nothing';
  }
}

function describe(request: IncomingMessage, body: Buffer): Received {
  const text = body.toString('utf8');
  return {
    verb: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    body,
    text,
    get json(): unknown {
      return JSON.parse(text);
    },
    at: performance.now(),
  };
}

function respond(response: ServerResponse, answer: Answer): void {
  const { status = 200, headers = {}, body } = answer;
  if (body === undefined) response.writeHead(status, headers).end();
  else if (typeof body === 'string' || Buffer.isBuffer(body))
    response.writeHead(status, headers).end(body);
  else
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body));
}
