import { status as GrpcStatus } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  CommunicationProtocolEnum,
  DaprCancelledError,
  DaprClient,
  DaprError,
  DaprTimeoutError,
  SidecarUnavailableError,
  type DaprClientOptions,
} from '../../../lib/index.js';
import { startGrpcServer } from './grpc-server.js';
import { freePort, startServer } from './server.js';

/** A sidecar of whose calls none ends well, and a client of it. */
interface Played {
  readonly client: DaprClient;
  /** When a call has arrived. */
  readonly arrived: Promise<void>;
}

const cleanups: (() => Promise<void>)[] = [];

function connect(options: DaprClientOptions): DaprClient {
  const client = new DaprClient(options);
  cleanups.unshift(() => client.stop());
  return client;
}

/** @param ending when the sidecar answers that the call was cancelled; never, unless it is said */
async function playHttp(ending?: Promise<void>): Promise<Played> {
  let arrive = (): void => undefined;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const server = await startServer(async (_, response) => {
    arrive();
    if (!ending) return;
    await ending;
    response
      .writeHead(499, { 'content-type': 'application/json' })
      .end('{"errorCode":"ERR_STATE_GET","message":"context canceled"}');
  });
  cleanups.push(() => server.close());
  return { client: connect({ httpEndpoint: server.url }), arrived };
}

async function playGrpc(ending?: Promise<void>): Promise<Played> {
  let arrive = (): void => undefined;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const server = await startGrpcServer({
    getState: async () => {
      arrive();
      await (ending ?? new Promise(() => undefined));
      throw Object.assign(new Error('context canceled'), {
        code: GrpcStatus.CANCELLED,
      });
    },
  });
  cleanups.push(() => server.close());
  const communicationProtocol = CommunicationProtocolEnum.GRPC;
  const grpcEndpoint = server.address;
  return { client: connect({ grpcEndpoint, communicationProtocol }), arrived };
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

describe.each([
  ['HTTP', playHttp],
  ['GRPC', playGrpc],
] as const)('a call over %s', (protocol, play) => {
  const communicationProtocol = CommunicationProtocolEnum[protocol];

  it('that the sidecar cancels rejects with a DaprCancelledError', async () => {
    const { client } = await play(Promise.resolve());
    const got = client.state.get('store', 'key');
    await expect(got).rejects.toThrow(DaprCancelledError);
    await expect(got).rejects.toMatchObject({
      name: 'DaprCancelledError',
      operation: 'state.get "store" key "key"',
      errorCode: 'ERR_STATE_GET',
      status: protocol === 'HTTP' ? 499 : 408,
      message: expect.stringContaining('context canceled'),
    });
  });

  it('of a client that is stopped rejects with a DaprCancelledError, under way or not yet made', async () => {
    const { client, arrived } = await play();
    const got = client.state.get('store', 'key');
    const caught = expect(got).rejects.toThrow(DaprCancelledError);
    await arrived;
    await client.stop();
    await caught;
    for (const call of [got, client.state.get('store', 'key')])
      await expect(call).rejects.toMatchObject({
        status: undefined,
        message: expect.stringContaining('the client was stopped'),
      });
  });

  it('of a client that is stopped while it waits for a sidecar rejects with a DaprCancelledError', async () => {
    const client = connect({
      daprPort: await freePort(),
      communicationProtocol,
    });
    const got = client.state.get('store', 'key');
    const caught = expect(got).rejects.toThrow(DaprCancelledError);
    await new Promise(setImmediate);
    await client.stop();
    await caught;
  });

  it.each<[string, unknown]>([
    ['an error of the caller', new Error('enough')],
    ['no error at all', 'enough'],
    ['what AbortController gives', undefined],
    ['what AbortSignal.timeout gives', new DOMException('', 'TimeoutError')],
  ])('that is aborted rejects with the reason, be it %s', async (_, reason) => {
    const { client, arrived } = await play();
    const caller = new AbortController();
    const { signal } = caller;
    const got = client.state.get('store', 'key', { signal });
    const caught = got.catch((error: unknown) => error);
    await arrived;
    caller.abort(reason);
    expect(await caught).toBe(signal.reason);
    expect(signal.reason).not.toBeInstanceOf(DaprError);
    const late = client.state.get('store', 'key', { signal });
    await expect(late).rejects.toBe(signal.reason);
  });

  it('that gets no answer in time rejects with a DaprTimeoutError', async () => {
    const { client } = await play();
    const got = client.state.get('store', 'key', { timeout: 50 });
    await expect(got).rejects.toThrow(DaprTimeoutError);
  });

  it('that nobody takes rejects with a SidecarUnavailableError', async () => {
    const client = connect({
      daprPort: await freePort(),
      readyTimeout: 0,
      communicationProtocol,
    });
    const got = client.state.get('store', 'key');
    await expect(got).rejects.toThrow(SidecarUnavailableError);
  });
});
