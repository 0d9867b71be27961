import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  ActorCall,
  ActorReply,
} from '../../../lib/actors/runtime/actor-call.js';
import type { ActorStateOperation } from '../../../lib/client/actor.js';
import type { HeaderBag } from '../../../lib/protocol/headers.js';

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

type Operation = 'state.read' | 'state.write' | 'metadata';

/**
 * The actor part of a sidecar's API, over a real socket: method calls go on to `app`, state is kept, all else is
 * noted. It has no locks and no idle actors: what it lets through at once, a real one may, too.
 */
export class FakeSidecar {
  /** JSON text by `Type/id/key`. */
  readonly stored = new Map<string, string>();
  /** Every request but method calls and those of the metadata, as `POST Cart/a/state`, in order. */
  readonly requests: string[] = [];
  /** Every change of state, in order. */
  readonly operations: ActorStateOperation[] = [];
  /** What the metadata tells. */
  readonly enabledFeatures: string[] = [];
  /** How often the metadata was asked for. */
  metadataReads = 0;
  /** When values end, by `Type/id/key`, where the store tells. */
  readonly ends = new Map<string, Date>();
  /** Bodies of timers and reminders by `Type/id/timers/name`. */
  readonly scheduled = new Map<string, unknown>();
  /** Headers of the method calls, in order. */
  readonly callHeaders: HeaderBag[] = [];
  app: (call: ActorCall) => Promise<ActorReply> = () =>
    Promise.reject(new Error('no app'));
  hasReentrancy: (actorType: string) => boolean = () => false;
  private readonly failures: Operation[] = [];
  private readonly gates = new Map<Operation, Promise<void>>();
  private readonly server: Server;
  private readonly arrivals = new Map<Operation, () => void>();

  constructor() {
    this.server = createServer((request, response) => {
      void this.answer(request, new AbortController().signal).then(
        ({ status, headers, body }) => {
          response.writeHead(status, headers);
          response.end(body);
        },
      );
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  listen(): Promise<void> {
    // A thousand connections at once are more than Node's own backlog of 511 takes.
    const options = { port: 0, host: '127.0.0.1', backlog: 4096 };
    return new Promise((resolve) => this.server.listen(options, resolve));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The next request of that kind is answered as Dapr answers when the store fails. */
  failNext(operation: Operation): void {
    this.failures.push(operation);
  }

  /** Requests of that kind wait, from now until the returned function is called. */
  hold(operation: Operation): () => void {
    let open!: () => void;
    this.gates.set(operation, new Promise((resolve) => (open = resolve)));
    return () => {
      this.gates.delete(operation);
      open();
    };
  }

  /** Resolves when a request of that kind has arrived. */
  arrival(operation: Operation): Promise<void> {
    return new Promise((resolve) => this.arrivals.set(operation, resolve));
  }

  /** What is stored for an actor. */
  stateOf(actor: string): Record<string, unknown> {
    return Object.fromEntries(
      [...this.stored]
        .filter(([key]) => key.startsWith(`${actor}/`))
        .map(([key, text]) => [
          key.slice(actor.length + 1),
          JSON.parse(text) as unknown,
        ]),
    );
  }

  private async answer(
    request: IncomingMessage,
    signal: AbortSignal,
  ): Promise<Answer> {
    const [path = '', query = ''] = (request.url ?? '').split('?');
    if (path === '/v1.0/metadata') return this.metadata();
    const [actorType = '', actorId = '', kind = '', name = ''] = path
      .replace('/v1.0/actors/', '')
      .split('/')
      .map(decodeURIComponent);
    const body = await read(request);
    if (kind === 'method')
      return this.forward({
        kind: 'method',
        actorType,
        actorId,
        name,
        body,
        query,
        headers: request.headers,
        signal,
      });
    const actor = `${actorType}/${actorId}`;
    this.requests.push(
      `${request.method} ${[actor, kind, name].filter(Boolean).join('/')}`,
    );
    if (kind === 'state') return this.state(request, actor, name, body);
    return this.schedule(request, `${actor}/${kind}/${name}`, body);
  }

  private async forward(call: ActorCall): Promise<Answer> {
    this.callHeaders.push(call.headers);
    const reply = await this.app({
      ...call,
      headers: {
        ...(this.hasReentrancy(call.actorType) && {
          'dapr-reentrancy-id': randomUUID(),
        }),
        ...call.headers,
      },
    });
    if (reply.status === 200) return reply;
    const reason =
      reply.status === 404
        ? `actor method not found: actors/${call.actorType}/${call.actorId}/method/${call.name}`
        : `error from actor service: (${reply.status}) ${String(reply.body)}`;
    return failure(
      500,
      'ERR_ACTOR_INVOKE_METHOD',
      `error invoke actor method: ${reason}`,
    );
  }

  private async metadata(): Promise<Answer> {
    this.metadataReads += 1;
    await this.pass('metadata');
    if (this.fails('metadata'))
      return failure(403, 'ERR_PERMISSION_DENIED', 'not allowed');
    const { enabledFeatures } = this;
    return json(JSON.stringify({ id: 'app', enabledFeatures }));
  }

  private async state(
    { method }: IncomingMessage,
    actor: string,
    key: string,
    body: Buffer,
  ): Promise<Answer> {
    if (method === 'GET') {
      await this.pass('state.read');
      if (this.fails('state.read'))
        return failure(500, 'ERR_ACTOR_STATE_GET', 'the store is down');
      const text = this.stored.get(`${actor}/${key}`);
      if (text === undefined) return { status: 204 };
      const end = this.ends.get(`${actor}/${key}`)?.toISOString();
      const { headers, ...answer } = json(text);
      return {
        ...answer,
        headers: { ...headers, ...(end && { 'metadata.ttlexpiretime': end }) },
      };
    }
    await this.pass('state.write');
    if (this.fails('state.write'))
      return failure(
        500,
        'ERR_ACTOR_STATE_TRANSACTION_SAVE',
        'the store is down',
      );
    const operations = JSON.parse(body.toString()) as ActorStateOperation[];
    this.operations.push(...operations);
    for (const { operation, request } of operations)
      if (operation === 'delete') this.stored.delete(`${actor}/${request.key}`);
      else
        this.stored.set(
          `${actor}/${request.key}`,
          JSON.stringify(request.value),
        );
    return { status: 204 };
  }

  private schedule(
    { method }: IncomingMessage,
    path: string,
    body: Buffer,
  ): Answer {
    if (method === 'GET')
      return this.scheduled.has(path)
        ? json(
            JSON.stringify({
              actorType: path.split('/')[0],
              actorID: path.split('/')[1],
              ...(this.scheduled.get(path) as object),
            }),
          )
        : failure(404, 'ERR_ACTOR_REMINDER_NOT_FOUND', 'none');
    if (method === 'DELETE') this.scheduled.delete(path);
    else this.scheduled.set(path, JSON.parse(body.toString()));
    return { status: 204 };
  }

  private async pass(operation: Operation): Promise<void> {
    this.arrivals.get(operation)?.();
    await this.gates.get(operation);
  }

  private fails(operation: Operation): boolean {
    const index = this.failures.indexOf(operation);
    if (index >= 0) this.failures.splice(index, 1);
    return index >= 0;
  }
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function json(body: string): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}

function failure(status: number, errorCode: string, message: string): Answer {
  return { ...json(JSON.stringify({ errorCode, message })), status };
}
