import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Metadata,
  status,
  type CallOptions,
  type ServiceError,
} from '@grpc/grpc-js';
import { once } from 'node:events';
import { inspect } from 'node:util';
import {
  CommunicationProtocolEnum,
  DaprBadRequestError,
  DaprClient,
  type DaprClientOptions,
} from '../../lib/index.js';
import type { ClientInternals } from '../../lib/client/options.js';
import { readStatusDetails } from '../../lib/protocol/grpc-status.js';
import { freePort } from '../dapr/ports.js';
import {
  GreeterClient,
  startGreeter,
  type Greeter,
  type GreeterApp,
  type Greeting,
} from '../support/greeter.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { until } from '../support/until.js';

const APP_TOKEN = 'token-of-the-app';
const API_TOKEN = 'token-of-the-sidecar';
const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

interface Outcome {
  readonly greeting: Greeting | undefined;
  readonly error: ServiceError | null;
  readonly headers: Metadata | undefined;
  readonly trailers: Metadata | undefined;
}

describe('a client of an app that speaks gRPC', () => {
  let app: GreeterApp;
  let target: Sidecar;
  let sidecar: Sidecar;
  const clients: DaprClient[] = [];

  beforeAll(async () => {
    // A port that no outgoing connection takes while the app is away.
    app = await startGreeter(await freePort());
    target = await startSidecar({
      appId: 'greeter',
      app: { port: app.port },
      appProtocol: 'grpc',
      appToken: APP_TOKEN,
      apiToken: API_TOKEN,
    });
    sidecar = await startSidecar({
      appId: 'guest',
      app: (_request, response) => response.writeHead(404).end(),
      beside: target,
      apiToken: API_TOKEN,
    });
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.stop()));
    await sidecar?.stop();
    await target?.stop();
    app?.close();
  });

  function connect(
    options: DaprClientOptions = {},
    internals: ClientInternals = {},
  ): DaprClient {
    const client = new DaprClient(
      {
        httpEndpoint: sidecar.url,
        grpcEndpoint: `127.0.0.1:${sidecar.grpcPort}`,
        apiToken: API_TOKEN,
        ...options,
      },
      internals,
    );
    clients.push(client);
    return client;
  }

  const greeterOf = (client = connect(), appId = 'greeter') =>
    client.proxy.create(GreeterClient, { appId });

  function greet(
    greeter: Greeter,
    name = 'Ada',
    metadata = new Metadata(),
    options: CallOptions = {},
  ): Promise<Outcome> {
    return new Promise((resolve) => {
      let headers: Metadata | undefined;
      let answer: Pick<Outcome, 'greeting' | 'error'>;
      greeter
        .greet({ name }, metadata, options, (error, greeting) => {
          answer = { error, greeting };
        })
        .on('metadata', (received: Metadata) => (headers = received))
        .on('status', (end: { metadata: Metadata }) =>
          resolve({ ...answer, headers, trailers: end.metadata }),
        );
    });
  }

  const seen = (name: string) => app.calls.at(-1)?.get(name);

  it('is called with the token of the client, though the metadata that are handed on have one', async () => {
    const metadata = new Metadata();
    metadata.set('dapr-api-token', APP_TOKEN);
    const { greeting } = await greet(await greeterOf(), 'Ada', metadata);
    expect(greeting).toEqual({ text: 'Hello, Ada' });
    expect(metadata.getMap()).toEqual({ 'dapr-api-token': APP_TOKEN });
  });

  it('is an instance of its class, whatever the protocol of the client', async () => {
    for (const protocol of [
      CommunicationProtocolEnum.HTTP,
      CommunicationProtocolEnum.GRPC,
    ]) {
      const client = connect({ communicationProtocol: protocol });
      const greeter = await greeterOf(client);
      expect(greeter).toBeInstanceOf(GreeterClient);
      expect(await greet(greeter)).toMatchObject({
        greeting: { text: 'Hello, Ada' },
        error: null,
      });
    }
  });

  it('finds the app by the metadata of a call, too', async () => {
    const greeter = await connect().proxy.create<Greeter>(GreeterClient);
    const metadata = new Metadata();
    metadata.set('dapr-app-id', 'greeter');
    const { greeting } = await greet(greeter, 'Bea', metadata);
    expect(greeting).toEqual({ text: 'Hello, Bea' });
    expect(metadata.getMap()).toEqual({ 'dapr-app-id': 'greeter' });
    expect(await greet(greeter)).toMatchObject({
      error: {
        code: status.UNKNOWN,
        details:
          'cannot proxy request: missing dapr-callee-app-id or dapr-app-id metadata',
      },
    });
  });

  it('hands on metadata both ways, with the app token for the API token, the caller and its trace', async () => {
    const client = connect(
      {},
      { scopeHeaders: () => ({ traceparent: TRACE }) },
    );
    const metadata = new Metadata();
    metadata.set('x-mine', 'mine');
    metadata.set('x-mine-bin', Buffer.from([0, 255]));
    const outcome = await greet(await greeterOf(client), 'Ada', metadata);
    expect(outcome.headers?.get('x-app')).toEqual(['greeter']);
    expect(outcome.headers?.get('x-raw-bin')).toEqual([Buffer.from([255, 0])]);
    expect(outcome.trailers?.get('x-trail')).toEqual(['end']);
    expect(seen('x-mine')).toEqual(['mine']);
    expect(seen('x-mine-bin')).toEqual([Buffer.from([0, 255])]);
    expect(seen('dapr-api-token')).toEqual([APP_TOKEN]);
    expect(seen('dapr-app-id')).toEqual([]);
    expect(seen('dapr-caller-app-id')).toEqual(['guest']);
    expect(seen('dapr-callee-app-id')).toEqual(['greeter']);
    // daprd says the trace of another app's call twice.
    expect(String(seen('traceparent')).split(', ')).toContain(TRACE);
  });

  it('may call the service of its own app, which is told no caller', async () => {
    const client = connect({
      grpcEndpoint: `127.0.0.1:${target.grpcPort}`,
    });
    const { greeting } = await greet(await greeterOf(client));
    expect(greeting).toEqual({ text: 'Hello, Ada' });
    expect(seen('dapr-caller-app-id')).toEqual([]);
    expect(seen('dapr-callee-app-id')).toEqual([]);
    expect(seen('dapr-api-token')).toEqual([APP_TOKEN]);
  });

  it('gets a stream of answers', async () => {
    const stream = (await greeterOf()).greetOften({ name: 'Ada' });
    const texts: string[] = [];
    for await (const { text } of stream as AsyncIterable<Greeting>)
      texts.push(text);
    expect(texts).toEqual(['Hello, Ada, 0', 'Hello, Ada, 1', 'Hello, Ada, 2']);
  });

  it('sends a stream of requests', async () => {
    const greeter = await greeterOf();
    const greeting = await new Promise((resolve, reject) => {
      const stream = greeter.greetAll(new Metadata(), (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
      for (const name of ['Ada', 'Bea', 'Cleo']) stream.write({ name });
      stream.end();
    });
    expect(greeting).toEqual({ text: 'Hello, Ada,Bea,Cleo' });
  });

  it('talks both ways, each answer before the next request', async () => {
    const stream = (await greeterOf()).talk();
    const answers = stream[Symbol.asyncIterator]() as AsyncIterator<Greeting>;
    for (const name of ['Ada', 'Bea']) {
      stream.write({ name });
      const { value } = await answers.next();
      expect(value).toEqual({ text: `Hello, ${name}` });
    }
    stream.end();
    expect((await answers.next()).done).toBe(true);
  });

  it('lets an app write no faster than it reads', async () => {
    const stream = (await greeterOf()).greetOften({ name: 'endless' });
    const ended = once(stream, 'error');
    // grpc-js keeps whatever comes before the first is read.
    await once(stream, 'data');
    stream.pause();
    const before = await settled(() => app.written);
    stream.resume();
    await until(() => app.written > 3 * before);
    stream.cancel();
    await ended;
  });

  it.each(['greet', 'greetAll', 'greetOften', 'talk'] as const)(
    'gets the error of %s with its details and trailers',
    async (method) => {
      const greeter = await greeterOf();
      const error = await failureOf(greeter, method);
      expect(error).toMatchObject({
        code: status.NOT_FOUND,
        details: 'nobody is here',
      });
      expect(error.metadata.get('x-trail')).toEqual(['end']);
      const [packed] = error.metadata.get('grpc-status-details-bin');
      expect(readStatusDetails(packed as Buffer)).toMatchObject([
        { reason: 'NOBODY' },
      ]);
    },
  );

  it('gives up at a deadline, and the app is told', async () => {
    const greeter = await greeterOf();
    let told = 0;
    await until(async () => {
      const before = app.calls.length;
      const cancelled = app.cancelled();
      const { error } = await greet(greeter, 'slow', new Metadata(), {
        deadline: Date.now() + 100,
      });
      expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
      // On a busy machine it may end before it has come to the app, which is told nothing then.
      if (app.calls.length === before) return false;
      expect(await cancelled).toBe('greet');
      told += 1;
      return told === 5;
    });
  });

  it('is cancelled, and the app is told', async () => {
    const greeter = await greeterOf();
    const cancelled = app.cancelled();
    const stream = greeter.talk();
    stream.write({ name: 'Ada' });
    await once(stream, 'data');
    stream.cancel();
    const [error] = (await once(stream, 'error')) as [ServiceError];
    expect(error.code).toBe(status.CANCELLED);
    expect(await cancelled).toBe('talk');
  });

  it('learns that an app is not there, or speaks no gRPC', async () => {
    const client = connect();
    const nowhere = await greet(await greeterOf(client, 'nowhere'));
    expect(nowhere.error).toMatchObject({
      code: status.UNKNOWN,
      details: 'no host found with the given ID',
    });
    const web = await greet(await greeterOf(client, 'guest'));
    expect(web.error?.code).toBe(status.UNAVAILABLE);
  });

  it('sends and gets no message of more than 4 MiB, as is the default of Dapr', async () => {
    const { error } = await greet(await greeterOf(), 'x'.repeat(4 << 20));
    expect(error).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: 'grpc: received message larger than max (4194309 vs. 4194304)',
    });
  });

  it('shows the API token to the sidecar, and to nobody who prints it', async () => {
    const refused = await greet(
      await greeterOf(connect({ apiToken: 'wrong' })),
    );
    expect(refused.error?.code).toBe(status.UNAUTHENTICATED);
    const greeter = await greeterOf();
    await greet(greeter);
    const everything = { depth: Infinity, showHidden: true };
    expect(inspect(greeter, everything)).not.toContain(API_TOKEN);
  });

  it('ends with the client that made it, and so do its calls', async () => {
    const client = connect();
    const greeter = await greeterOf(client);
    const other = await greeterOf(connect());
    const cancelled = app.cancelled();
    const stream = greeter.talk();
    stream.write({ name: 'Ada' });
    await once(stream, 'data');
    const ended = once(stream, 'error') as Promise<[ServiceError]>;
    await client.stop();
    expect((await ended)[0].code).toBe(status.CANCELLED);
    expect(await cancelled).toBe('talk');
    expect(() => greeter.talk()).toThrow(/client was stopped/);
    await expect(greeterOf(client)).rejects.toThrow(/client was stopped/);
    expect((await greet(other)).error).toBeNull();
  });

  it('may be made before the address of the sidecar is known', async () => {
    let address: string | undefined;
    const greeter = await greeterOf(
      connect(
        {},
        {
          grpcEndpoint() {
            if (address === undefined) throw new Error('not started yet');
            return address;
          },
        },
      ),
    );
    expect(() => greeter.talk()).toThrow('not started yet');
    address = `127.0.0.1:${sidecar.grpcPort}`;
    expect((await greet(greeter)).error).toBeNull();
  });

  it('tells at once that no sidecar listens, and waits where it is told to', async () => {
    const port = await freePort();
    const greeter = await greeterOf(
      connect({ grpcEndpoint: `127.0.0.1:${port}` }),
    );
    expect((await greet(greeter)).error?.code).toBe(status.UNAVAILABLE);
    const patient = new Metadata({ waitForReady: true });
    const { error } = await greet(greeter, 'Ada', patient, {
      deadline: Date.now() + 200,
    });
    expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
  });

  it('takes the options of grpc-js, and interceptors of a call beside its own metadata', async () => {
    const greeter = await connect().proxy.create(GreeterClient, {
      appId: 'greeter',
      'grpc.max_receive_message_length': 5,
    });
    const { error } = await greet(greeter, 'Ada', new Metadata(), {
      interceptors: [],
    });
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(seen('dapr-callee-app-id')).toEqual(['greeter']);
  });

  it('is refused for what is no class', async () => {
    const wrong = connect().proxy.create({} as never);
    await expect(wrong).rejects.toThrow(DaprBadRequestError);
  });

  it('finds an app again that came back', async () => {
    const greeter = await greeterOf();
    const { port } = app;
    app.close();
    await until(
      async () => (await greet(greeter)).error?.code === status.UNAVAILABLE,
    );
    app = await startGreeter(port);
    await until(async () => (await greet(greeter)).error === null);
  });
});

/** The value of what has stopped growing. */
async function settled(read: () => number): Promise<number> {
  let value = 0;
  let unchanged = 0;
  await until(() => {
    const now = read();
    unchanged = now > 0 && now === value ? unchanged + 1 : 0;
    value = now;
    return unchanged > 50;
  });
  return value;
}

function failureOf(
  greeter: Greeter,
  method: 'greet' | 'greetAll' | 'greetOften' | 'talk',
): Promise<ServiceError> {
  const request = { name: 'nobody' };
  return new Promise((resolve) => {
    const end = (error: ServiceError | null): void =>
      resolve(error as ServiceError);
    if (method === 'greet') greeter.greet(request, new Metadata(), {}, end);
    else if (method === 'greetAll')
      greeter.greetAll(new Metadata(), end).write(request);
    else if (method === 'greetOften')
      greeter.greetOften(request).on('error', end).resume();
    else {
      const stream = greeter.talk().on('error', end).resume();
      stream.write(request);
    }
  });
}
