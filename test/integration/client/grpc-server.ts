import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import {
  Server,
  ServerCredentials,
  status,
  type Metadata,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { DaprDefinition } from '../../../lib/protocol/proto/generated/dapr.js';
import type { DaprMethod } from '../../../lib/protocol/proto/methods.js';
import { joinSockets } from '../../support/join-sockets.js';

/** A call as it arrived. */
export interface SeenCall {
  readonly method: DaprMethod;
  readonly metadata: Metadata;
  readonly request: unknown;
  /** Whether its caller has given it up. */
  readonly isCancelled: boolean;
}

/**
 * The answer of a method; a rejection with a `code` is a status, and a promise that never resolves a call that hangs. An
 * async iterable is the messages of a stream.
 */
export type GrpcAnswerer = (call: SeenCall) => unknown;

/** A grpc-js server of Dapr's API on a free port that keeps what it was asked, and counts its connections. */
export interface TestGrpcServer {
  readonly port: number;
  readonly address: string;
  readonly calls: readonly SeenCall[];
  /** That are open. */
  readonly sockets: ReadonlySet<Socket>;
  /** Of all times. */
  readonly accepted: number;
  /** Ends every connection as a crash does. */
  cut(): void;
  close(): Promise<void>;
}

export async function startGrpcServer(
  answerers: { readonly [K in DaprMethod]?: GrpcAnswerer },
  { port = 0, host = '127.0.0.1' } = {},
): Promise<TestGrpcServer> {
  const calls: SeenCall[] = [];
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(SERVICE, implementation(answerers, calls));
  const inner = await new Promise<number>((resolve, reject) =>
    server.bindAsync(
      '127.0.0.1:0',
      ServerCredentials.createInsecure(),
      (error, bound) => (error ? reject(error) : resolve(bound)),
    ),
  );
  const sockets = new Set<Socket>();
  let accepted = 0;
  const front = createServer((outside) => {
    accepted += 1;
    const inside = connect(inner, '127.0.0.1');
    sockets.add(outside);
    outside.once('close', () => sockets.delete(outside));
    joinSockets(outside, inside);
  });
  front.listen({ port, host });
  await once(front, 'listening');
  const bound = (front.address() as AddressInfo).port;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: bound,
    address: host.includes(':') ? `[${host}]:${bound}` : `${host}:${bound}`,
    calls,
    sockets,
    get accepted() {
      return accepted;
    },
    cut,
    async close() {
      const closed = once(front, 'close');
      front.close();
      cut();
      server.forceShutdown();
      await closed;
    },
  };
}

const SERVICE = Object.fromEntries(
  Object.entries(DaprDefinition.methods).map(([key, method]) => {
    const { name, requestType, responseType } = method;
    return [
      key,
      {
        path: `/${DaprDefinition.fullName}/${name}`,
        requestStream: method.requestStream,
        responseStream: method.responseStream,
        requestSerialize: () => Buffer.alloc(0),
        requestDeserialize: (bytes: Buffer) => requestType.decode(bytes),
        // Bytes go out as they are, for answers that are no messages.
        responseSerialize: (message: unknown) =>
          Buffer.isBuffer(message)
            ? message
            : Buffer.from(responseType.encode(message as never).finish()),
        responseDeserialize: (bytes: Buffer) => bytes,
      },
    ];
  }),
) as unknown as ServiceDefinition;

interface ServerCall {
  readonly request: unknown;
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  write(message: unknown): void;
  emit(event: 'error', error: unknown): void;
  end(): void;
}

function messagesOf(answer: unknown): AsyncIterable<unknown> | unknown[] {
  const isSeveral =
    typeof answer === 'object' &&
    answer !== null &&
    Symbol.asyncIterator in answer;
  return isSeveral ? (answer as AsyncIterable<unknown>) : [answer];
}

function implementation(
  answerers: { readonly [K in DaprMethod]?: GrpcAnswerer },
  calls: SeenCall[],
): UntypedServiceImplementation {
  const entries = Object.entries(DaprDefinition.methods).map(
    ([key, { responseStream }]) => {
      const method = key as DaprMethod;
      const seen = (call: ServerCall): SeenCall => {
        const entry: SeenCall = {
          method,
          metadata: call.metadata,
          request: call.request,
          get isCancelled() {
            return call.cancelled;
          },
        };
        calls.push(entry);
        return entry;
      };
      const answerOf = async (call: ServerCall): Promise<unknown> => {
        const answerer = answerers[method];
        if (answerer) return answerer(seen(call));
        throw Object.assign(new Error('not played here'), {
          code: status.UNIMPLEMENTED,
        });
      };
      // A stream sends the one answer as its first message, or each of an answer's messages, and stays open.
      const stream = async (call: ServerCall): Promise<void> => {
        try {
          for await (const message of messagesOf(await answerOf(call)))
            call.write(message);
        } catch (error) {
          call.emit('error', error);
        }
      };
      const unary = (
        call: ServerCall,
        done: (error: unknown, message?: unknown) => void,
      ): void =>
        void answerOf(call).then((message) => done(null, message), done);
      return [method, responseStream ? stream : unary];
    },
  );
  return Object.fromEntries(entries) as UntypedServiceImplementation;
}
