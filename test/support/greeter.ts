import {
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type CallOptions,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ClientWritableStream,
  type requestCallback,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { EventEmitter, once } from 'node:events';
import { writeStatusDetails } from '../../lib/protocol/grpc-status.js';

export interface Name {
  readonly name: string;
}

export interface Greeting {
  readonly text: string;
}

/** What proto-loader makes of the service. */
export interface Greeter extends Client {
  greet(
    request: Name,
    metadata: Metadata,
    options: CallOptions,
    callback: requestCallback<Greeting>,
  ): ClientUnaryCall;
  greetAll(
    metadata: Metadata,
    callback: requestCallback<Greeting>,
  ): ClientWritableStream<Name>;
  greetOften(
    request: Name,
    metadata?: Metadata,
  ): ClientReadableStream<Greeting>;
  talk(metadata?: Metadata): ClientDuplexStream<Name, Greeting>;
}

const definition = loadPackageDefinition(
  loadSync('test/fixtures/greeter.proto'),
) as unknown as {
  greeter: {
    Greeter: (new (
      ...args: ConstructorParameters<typeof Client>
    ) => Greeter) & { service: ServiceDefinition };
  };
};

/** As proto-loader's generated types have it. */
export const GreeterClient = definition.greeter.Greeter;

/** An app that serves the greeter with grpc-js, and keeps what it saw. */
export interface GreeterApp {
  readonly port: number;
  /** The metadata of every call, in order. */
  readonly calls: readonly Metadata[];
  /** How many messages it has written in reply to the name `endless`. */
  readonly written: number;
  /** Resolves with the name of the method whose next call its caller gives up. */
  cancelled(): Promise<string>;
  close(): void;
}

export async function startGreeter(port = 0): Promise<GreeterApp> {
  const calls: Metadata[] = [];
  const events = new EventEmitter();
  let written = 0;
  const server = new Server();
  const greetForever = async (
    call: ServerWritableStream<Name, Greeting>,
  ): Promise<void> => {
    const gone = once(call, 'cancelled');
    while (!call.cancelled) {
      written += 1;
      if (!call.write({ text: 'Hello'.padEnd(10_000) }))
        await Promise.race([once(call, 'drain'), gone]);
    }
  };
  const seen = (
    method: string,
    call: EventEmitter & {
      metadata: Metadata;
      cancelled: boolean;
      sendMetadata(metadata: Metadata): void;
    },
  ): void => {
    calls.push(call.metadata);
    call.once('cancelled', () => events.emit('cancelled', method));
    if (call.metadata.get('no-headers').length > 0) return;
    const headers = new Metadata();
    headers.set('x-app', 'greeter');
    headers.set('x-raw-bin', Buffer.from([0xff, 0]));
    call.sendMetadata(headers);
  };
  server.addService(GreeterClient.service, {
    greet(
      call: ServerUnaryCall<Name, Greeting>,
      answer: sendUnaryData<Greeting>,
    ) {
      seen('greet', call);
      const { name } = call.request;
      if (name === 'nobody') return answer(refusal());
      if (name === 'slow') return;
      answer(null, { text: `Hello, ${name}` }, trailer());
    },
    greetAll(
      call: ServerReadableStream<Name, Greeting>,
      answer: sendUnaryData<Greeting>,
    ) {
      seen('greetAll', call);
      const names: string[] = [];
      call.on('data', ({ name }: Name) => {
        names.push(name);
        if (name === 'nobody') answer(refusal());
      });
      call.on('end', () =>
        answer(null, { text: `Hello, ${names.join()}` }, trailer()),
      );
    },
    greetOften(call: ServerWritableStream<Name, Greeting>) {
      seen('greetOften', call);
      const { name } = call.request;
      if (name === 'nobody') return call.emit('error', refusal());
      if (name === 'endless') void greetForever(call);
      else {
        for (const index of [0, 1, 2])
          call.write({ text: `Hello, ${name}, ${index}` });
        call.end(trailer());
      }
    },
    talk(call: ServerDuplexStream<Name, Greeting>) {
      seen('talk', call);
      call.on('data', ({ name }: Name) => {
        if (name === 'nobody') call.emit('error', refusal());
        else call.write({ text: `Hello, ${name}` });
      });
      call.on('end', () => call.end(trailer()));
    },
  } as never);
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(
      `127.0.0.1:${port}`,
      ServerCredentials.createInsecure(),
      (error, actual) => (error ? reject(error) : resolve(actual)),
    ),
  );
  return {
    port: bound,
    calls,
    get written() {
      return written;
    },
    async cancelled() {
      const [method] = (await once(events, 'cancelled')) as [string];
      return method;
    },
    close: () => server.forceShutdown(),
  };
}

function trailer(): Metadata {
  const metadata = new Metadata();
  metadata.set('x-trail', 'end');
  return metadata;
}

function refusal() {
  const metadata = trailer();
  metadata.set(
    'grpc-status-details-bin',
    writeStatusDetails(status.NOT_FOUND, 'nobody is here', [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'NOBODY',
        domain: 'greeter',
        metadata: {},
      },
    ]),
  );
  return { code: status.NOT_FOUND, details: 'nobody is here', metadata };
}
