import { once } from 'node:events';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Socket,
} from 'node:net';
import { inspect } from 'node:util';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { CommunicationProtocolEnum } from '../../../lib/client/communication-protocol.js';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import { GrpcChannel } from '../../../lib/client/grpc/channel.js';
import type {
  ClientInternals,
  DaprClientOptions,
} from '../../../lib/client/options.js';
import { DaprBadRequestError } from '../../../lib/errors/dapr-bad-request.error.js';
import { DaprConfigurationError } from '../../../lib/errors/dapr-configuration.error.js';
import { DaprError } from '../../../lib/errors/dapr.error.js';
import { DaprNotFoundError } from '../../../lib/errors/dapr-not-found.error.js';
import { DaprTimeoutError } from '../../../lib/errors/dapr-timeout.error.js';
import { SidecarUnavailableError } from '../../../lib/errors/sidecar-unavailable.error.js';
import { systemClock } from '../../../lib/protocol/clock.js';
import { until } from '../../support/until.js';
import {
  startGrpcServer,
  type GrpcAnswerer,
  type TestGrpcServer,
} from './grpc-server.js';
import { ManualClock } from './manual-clock.js';
import { freePort } from './server.js';

const hangs: GrpcAnswerer = () => new Promise(() => undefined);
const EMPTY = { data: Buffer.alloc(0), etag: '', metadata: {} };

describe('DaprClient over gRPC', () => {
  const cleanups: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  function clientOf(
    options: DaprClientOptions,
    internals?: ClientInternals,
  ): DaprClient {
    const client = new DaprClient(
      { communicationProtocol: CommunicationProtocolEnum.GRPC, ...options },
      internals,
    );
    cleanups.unshift(() => client.stop());
    return client;
  }

  async function serverOf(
    answerers: Parameters<typeof startGrpcServer>[0],
    where?: Parameters<typeof startGrpcServer>[1],
  ): Promise<TestGrpcServer> {
    const server = await startGrpcServer(answerers, where);
    cleanups.push(() => server.close());
    return server;
  }

  const stateServer = (
    answerer: GrpcAnswerer = () => EMPTY,
    where?: Parameters<typeof startGrpcServer>[1],
  ) => serverOf({ getState: answerer, saveState: () => ({}) }, where);

  async function arrival(server: TestGrpcServer, count = 1): Promise<void> {
    await until(() => server.calls.length >= count);
  }

  describe('whose sidecar is down, slow or gone', () => {
    it('ends a call that gets no answer within its timeout [C8]', async () => {
      const clock = new ManualClock();
      const server = await stateServer(hangs);
      const client = clientOf(
        { grpcEndpoint: server.address, timeout: 5_000 },
        { clock },
      );
      const got = client.state.get('store', 'key');
      const caught = expect(got).rejects.toThrow(DaprTimeoutError);
      await arrival(server);
      clock.advance(5_000);
      await caught;
      await expect(got).rejects.toThrow(
        `state.get "store" key "key" got no answer from the sidecar at ${server.address} within 5000 ms.`,
      );
      expect(clock.pending).toBe(0);
      await until(() => server.calls[0]!.isCancelled);
    });

    it('takes a timeout per call [C8]', async () => {
      const clock = new ManualClock();
      const server = await stateServer(hangs);
      const client = clientOf({ grpcEndpoint: server.address }, { clock });
      const got = client.state.get('store', 'key', { timeout: 20 });
      const caught = expect(got).rejects.toThrow(DaprTimeoutError);
      await arrival(server);
      clock.advance(20);
      await caught;
    });

    it.each([NaN, -1, '5'])(
      'refuses the timeout %p of a call',
      async (value) => {
        const server = await serverOf({});
        const client = clientOf({ grpcEndpoint: server.address });
        const timeout = value as number;
        for (const [operation, call] of [
          ['state.get', () => client.state.get('s', 'k', { timeout })],
          [
            'health.waitUntilReady',
            () => client.health.waitUntilReady({ timeout }),
          ],
          [
            'configuration.subscribe',
            () => client.configuration.subscribe('c', () => {}, { timeout }),
          ],
          [
            'crypto.decrypt',
            () =>
              client.crypto.decrypt(Buffer.from('x'), {
                componentName: 'c',
                timeout,
              }),
          ],
        ] as const) {
          await expect(call()).rejects.toThrow(DaprBadRequestError);
          await expect(call()).rejects.toThrow(
            new RegExp(
              `^${operation} .*failed: the option timeout is ${value}; milliseconds are due, or Infinity for no limit\\.$`,
            ),
          );
        }
        expect(await client.health.isHealthy({ timeout })).toBe(false);
        expect(server.calls).toEqual([]);
      },
    );

    it("rejects an aborted call with the signal's reason, and cuts it [C8]", async () => {
      const server = await stateServer(hangs);
      const client = clientOf({ grpcEndpoint: server.address });
      const stop = new AbortController();
      const got = client.state.get('s', 'k', { signal: stop.signal });
      await arrival(server);
      const reason = new Error('enough');
      stop.abort(reason);
      await expect(got).rejects.toBe(reason);
      await until(() => server.calls[0]!.isCancelled);
    });

    it('sends nothing for a signal that is aborted already [C8]', async () => {
      const server = await stateServer();
      const client = clientOf({ grpcEndpoint: server.address });
      const reason = new Error('too late');
      const signal = AbortSignal.abort(reason);
      await expect(client.state.get('s', 'k', { signal })).rejects.toBe(reason);
      expect(server.calls).toEqual([]);
    });

    it('waits for a sidecar that is about to listen', async () => {
      const port = await freePort();
      const client = clientOf({ daprGrpcPort: port });
      const calls = Array.from({ length: 40 }, (_, index) =>
        client.state.get('store', `key-${index}`),
      );
      const server = await stateServer(() => EMPTY, { port });
      await Promise.all(calls);
      expect(server.calls.length).toBe(40);
      expect(server.accepted).toBe(1);
    });

    it('gives up waiting in time, and names the address and the remedy [C8]', async () => {
      const clock = new ManualClock();
      const port = await freePort();
      const client = clientOf(
        { daprGrpcPort: port, readyTimeout: 10_000 },
        { clock },
      );
      const got = client.state.get('store', 'key');
      const caught = expect(got).rejects.toThrow(SidecarUnavailableError);
      await until(() => clock.pending === 2);
      // The first attempt tells why it failed.
      await client.health.isHealthy({ timeout: Infinity });
      clock.advance(10_000);
      await caught;
      await expect(got).rejects.toThrow(
        `no Dapr sidecar answers at 127.0.0.1:${port} (ECONNREFUSED). Start the app with "dapr run"`,
      );
      await expect(got).rejects.toThrow(/DAPR_GRPC_PORT/);
      expect(clock.pending).toBe(0);
    });

    it('gives a call that is under way its whole timeout, though its sidecar takes no more calls', async () => {
      const clock = new ManualClock();
      const answers: (() => void)[] = [];
      const server = await stateServer(
        () => new Promise((resolve) => answers.push(() => resolve(EMPTY))),
      );
      const client = clientOf(
        { grpcEndpoint: server.address, readyTimeout: 10_000 },
        { clock },
      );
      const got = client.state.get('store', 'key');
      await arrival(server);
      clock.advance(10_000);
      answers[0]!();
      expect(await got).toBeUndefined();
    });

    it.each([[undefined], [{ timeout: undefined }]])(
      'is not healthy after a second without an answer, with the options %j [C8]',
      async (options) => {
        const clock = new ManualClock();
        const server = await serverOf({ getMetadata: hangs });
        const client = clientOf({ grpcEndpoint: server.address }, { clock });
        const healthy = client.health.isHealthy(options);
        await arrival(server);
        clock.advance(1_000);
        expect(await healthy).toBe(false);
      },
    );

    it('never waits longer than the timeout of the call [C8]', async () => {
      const client = clientOf({ daprGrpcPort: await freePort() });
      const got = client.state.get('store', 'key', { timeout: 20 });
      await expect(got).rejects.toThrow(SidecarUnavailableError);
    });

    it('stops waiting with the signal [C8]', async () => {
      const client = clientOf({ daprGrpcPort: await freePort() });
      const stop = new AbortController();
      const got = client.state.get('s', 'k', { signal: stop.signal });
      const reason = new Error('enough');
      stop.abort(reason);
      await expect(got).rejects.toBe(reason);
    });

    it('says of a write that was cut short that it may have had its effect, and does not repeat it', async () => {
      const server = await serverOf({ saveState: hangs });
      const client = clientOf({ grpcEndpoint: server.address });
      const saved = client.state.save('store', [{ key: 'k', value: 1 }]);
      const caught = expect(saved).rejects.toThrow(SidecarUnavailableError);
      await arrival(server);
      server.cut();
      await caught;
      await expect(saved).rejects.toThrow(/may have had its effect/);
      await client.state.get('s', 'k').catch(() => undefined);
      expect(server.calls.length).toBe(1);
    });

    it('reads again, once, where the connection ended without an answer', async () => {
      const server: TestGrpcServer = await stateServer((call) => {
        const { key } = call.request as { key: string };
        if (key === 'never' || server.calls.length === 1) server.cut();
        return EMPTY;
      });
      const client = clientOf({ grpcEndpoint: server.address });
      expect(await client.state.get('store', 'key')).toBeUndefined();
      expect(server.calls.length).toBe(2);
      const failed = client.state.get('store', 'never');
      await expect(failed).rejects.toThrow(SidecarUnavailableError);
      expect(server.calls.length).toBe(4);
    });

    it('goes on with a sidecar that restarted between calls', async () => {
      const port = await freePort();
      const client = clientOf({ daprGrpcPort: port });
      for (let restart = 0; restart < 5; restart += 1) {
        const server = await stateServer(() => EMPTY, { port });
        await client.state.save('store', [{ key: 'k', value: restart }]);
        await client.state.get('store', 'k');
        await server.close();
        // By now the client's side of the connection has closed, too.
        expect(await client.health.isHealthy()).toBe(false);
      }
      await stateServer(() => EMPTY, { port });
      await client.state.save('store', [{ key: 'k', value: 'last' }]);
    });

    it('is told where what listens speaks no gRPC', async () => {
      const server = createTcpServer((socket) => {
        socket.on('error', () => undefined);
        socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n');
      });
      const port = await listening(server);
      const client = clientOf({ daprGrpcPort: port });
      await expect(client.state.get('s', 'k')).rejects.toThrow(
        /no Dapr sidecar answers at .*Protocol error/,
      );
      await new Promise((resolve) => server.close(resolve));
    });

    it('tells an answer that is no message of Dapr', async () => {
      const server = await stateServer(() => Buffer.from('ffff', 'hex'));
      const client = clientOf({ grpcEndpoint: server.address });
      const got = client.state.get('store', 'key');
      await expect(got).rejects.toThrow(DaprError);
      await expect(got).rejects.toThrow(/state\.get.* is no message of Dapr/);
    });
  });

  describe('whose sidecar does not know a call', () => {
    const refusing = (code: number, words: string): GrpcAnswerer => {
      const error = Object.assign(new Error(words), { code });
      return () => Promise.reject(error);
    };

    it.each([
      [
        status.UNKNOWN,
        'cannot proxy request: missing dapr-callee-app-id or dapr-app-id metadata',
      ],
      [
        status.UNKNOWN,
        'failed to proxy request: required metadata dapr-callee-app-id or dapr-app-id not found',
      ],
      [
        status.UNIMPLEMENTED,
        'unknown method GetState for service dapr.proto.runtime.v1.Dapr',
      ],
      [status.UNIMPLEMENTED, 'unknown service dapr.proto.runtime.v1.Dapr'],
      [status.UNIMPLEMENTED, 'requested endpoint is not available'],
    ])('says so, as over HTTP: %i %s [C3]', async (code, words) => {
      const refuse = refusing(code, words);
      const server = await serverOf({
        getState: refuse,
        subscribeConfiguration: refuse,
      });
      const client = clientOf({ grpcEndpoint: server.address });
      const { configuration, state } = client;
      for (const [call, operation] of [
        [() => state.get('store', 'key'), 'state.get "store" key "key"'],
        [
          () => configuration.subscribe('store', () => undefined),
          'configuration.subscribe "store"',
        ],
      ] as const) {
        const failed = call();
        await expect(failed).rejects.toThrow(DaprNotFoundError);
        await expect(failed).rejects.toMatchObject({
          errorCode: 'ERR_DIRECT_INVOKE',
          message: expect.stringContaining(
            `${operation} failed: ${words} (ERR_DIRECT_INVOKE, status`,
          ),
        });
        await expect(failed).rejects.toThrow(
          /This sidecar does not know the call: it is too old/,
        );
      }
    });

    it('does not say so of an app that does not know it', async () => {
      const words = 'unknown service dapr.proto.runtime.v1.AppCallback';
      const server = await serverOf({
        invokeService: refusing(status.UNIMPLEMENTED, words),
      });
      const client = clientOf({ grpcEndpoint: server.address });
      const failed = client.invoker.invoke('shop', 'm');
      await expect(failed).rejects.toThrow(words);
      await expect(failed).rejects.not.toThrow(DaprNotFoundError);
    });
  });

  describe('stopped', () => {
    it('leaves no connection open', async () => {
      const server = await stateServer();
      const client = clientOf({ grpcEndpoint: server.address });
      await client.state.get('store', 'key');
      expect(server.sockets.size).toBe(1);
      await client.stop();
      await client.stop();
      await until(() => server.sockets.size === 0);
    });

    it('ends the calls under way and refuses new ones', async () => {
      const server = await stateServer(hangs);
      const client = clientOf({ grpcEndpoint: server.address });
      const running = client.state.get('store', 'key');
      const caught = expect(running).rejects.toThrow('the client was stopped');
      await arrival(server);
      await client.stop();
      await caught;
      await until(() => server.sockets.size === 0);
      const late = client.state.get('store', 'key');
      await expect(late).rejects.toThrow('the client was stopped');
    });

    it('ends the calls that wait for a sidecar', async () => {
      const client = clientOf({ daprGrpcPort: await freePort() });
      const waiting = client.state.get('store', 'key');
      const caught = expect(waiting).rejects.toThrow('the client was stopped');
      await new Promise(setImmediate);
      await client.stop();
      await caught;
    });

    it('before its first call has begun, makes none', async () => {
      const server = await stateServer();
      const client = clientOf({ grpcEndpoint: server.address });
      const got = client.state.get('store', 'key');
      const caught = expect(got).rejects.toThrow('the client was stopped');
      await client.stop();
      await caught;
      expect(server.accepted).toBe(0);
    });

    it.each(['', 'https://'])(
      'ends a connection to %j127.0.0.1 that is still being made',
      async (scheme) => {
        const server = createTcpServer();
        const port = await listening(server);
        const client = clientOf({ grpcEndpoint: `${scheme}127.0.0.1:${port}` });
        const got = client.state.get('store', 'key');
        const caught = expect(got).rejects.toThrow('the client was stopped');
        const [socket] = (await once(server, 'connection')) as [Socket];
        socket.resume();
        const closed = once(socket, 'close');
        await client.stop();
        await Promise.all([caught, closed]);
        await new Promise((resolve) => server.close(resolve));
      },
    );

    it("leaves another client's calls alone [C7]", async () => {
      const answers: (() => void)[] = [];
      const slow = await stateServer(
        () => new Promise((resolve) => answers.push(() => resolve(EMPTY))),
      );
      const other = await stateServer();
      const first = clientOf({ grpcEndpoint: slow.address, apiToken: 'first' });
      const same = clientOf({ grpcEndpoint: slow.address, apiToken: 'same' });
      const second = clientOf({ grpcEndpoint: other.address, apiToken: 'two' });
      const running = first.state.get('store', 'key');
      const ended = expect(same.state.get('store', 'key')).rejects.toThrow(
        'the client was stopped',
      );
      await second.state.get('store', 'key');
      await arrival(slow, 2);
      expect(slow.sockets.size).toBe(2);
      await second.stop();
      await same.stop();
      await ended;
      for (const answer of answers) answer();
      expect(await running).toBeUndefined();
      const tokens = [...slow.calls, ...other.calls].map(({ metadata }) =>
        metadata.get('dapr-api-token'),
      );
      expect(tokens.sort()).toEqual([['first'], ['same'], ['two']]);
    });
  });

  describe('with many calls at once', () => {
    it('has one connection, and none after its end [C14]', async () => {
      const answers: (() => void)[] = [];
      const server = await stateServer(
        () => new Promise((resolve) => answers.push(() => resolve(EMPTY))),
      );
      const client = clientOf({ grpcEndpoint: server.address });
      const calls = Array.from({ length: 1_000 }, (_, index) =>
        client.state.get('store', `${index}`),
      );
      await arrival(server, 1_000);
      expect(server.sockets.size).toBe(1);
      for (const answer of answers) answer();
      await Promise.all(calls);
      expect(server.accepted).toBe(1);
      await client.stop();
      await until(() => server.sockets.size === 0);
    });
  });

  describe('and what it sends along', () => {
    it('hands on the trace of the current call, and what gRPC can carry of the rest', async () => {
      const server = await stateServer();
      const client = clientOf(
        { grpcEndpoint: server.address, apiToken: 'token' },
        {
          scopeHeaders: () => ({
            traceparent: '00-0af7-b7ad-01',
            baggage: 'user=Zoë',
            tracestate: 'a=1',
          }),
        },
      );
      await client.state.get('s', 'k');
      const { metadata } = server.calls[0]!;
      expect(metadata.getMap()).toMatchObject({
        'dapr-api-token': 'token',
        traceparent: '00-0af7-b7ad-01',
        tracestate: 'a=1',
      });
      expect(metadata.get('baggage')).toEqual([]);
    });

    it.each([
      ['x-bad', 'a\nsecret'],
      ['x-name', 'secret Zoë'],
      ['x y', 'secret'],
      ['x-bin', 'secret'],
    ])(
      'refuses the header %s, and tells nothing of its value [C6]',
      async (name, value) => {
        const server = await serverOf({ shutdown: () => ({}) });
        const channel = channelOf(server);
        const failed = channel.unary(
          'shutdown',
          {},
          {
            operation: 'sidecar.shutdown',
            headers: { [name]: value },
          },
        );
        await expect(failed).rejects.toThrow(DaprBadRequestError);
        await expect(failed).rejects.toThrow(`the header "${name}"`);
        const error: unknown = await failed.catch((reason: unknown) => reason);
        expect(inspect(error, { depth: 9 })).not.toContain('secret');
        expect(server.calls).toEqual([]);
      },
    );

    it('lets the headers of a call come before those of the current one', async () => {
      const server = await serverOf({ shutdown: () => ({}) });
      const channel = channelOf(server, {
        scopeHeaders: () => ({ traceparent: 'inherited' }),
      });
      await channel.unary(
        'shutdown',
        {},
        {
          operation: 'sidecar.shutdown',
          headers: { TraceParent: 'own' },
        },
      );
      expect(server.calls[0]?.metadata.get('traceparent')).toEqual(['own']);
    });

    it('sends metadata of components of any letters', async () => {
      const server = await stateServer();
      const client = clientOf({ grpcEndpoint: server.address });
      const metadata = { größe: 'ü 🎉' };
      await client.state.get('s', 'k', { metadata });
      expect(server.calls[0]?.request).toMatchObject({ metadata });
    });

    it('refuses what no message can hold', async () => {
      const server = await serverOf({ getBulkState: () => ({ items: [] }) });
      const client = clientOf({ grpcEndpoint: server.address });
      const got = client.state.getBulk('s', ['k'], { parallelism: 1.5 });
      await expect(got).rejects.toThrow(DaprBadRequestError);
      await expect(got).rejects.toThrow(
        /state\.getBulk "s" key "k" can't be sent: /,
      );
      expect(server.calls).toEqual([]);
    });
  });

  describe('and where it sends', () => {
    it.each([
      'https://127.0.0.1:%',
      '127.0.0.1:%?tls=true',
      'grpcs://127.0.0.1:%',
    ])(
      'speaks TLS to %s, and does not wait where that is refused [C9]',
      async (endpoint) => {
        const firstBytes: number[] = [];
        const server = createTcpServer((socket) => {
          socket.once('data', (data) => {
            firstBytes.push(data[0]!);
            // An alert: the handshake is refused.
            socket.end(Buffer.from('15030300020228', 'hex'));
          });
        });
        const port = await listening(server);
        const grpcEndpoint = endpoint.replace('%', `${port}`);
        const client = clientOf({ grpcEndpoint });
        const got = client.state.get('s', 'k');
        await expect(got).rejects.toThrow(SidecarUnavailableError);
        await expect(got).rejects.toThrow(/alert handshake failure/);
        // The type of a TLS handshake record.
        expect(firstBytes[0]).toBe(0x16);
        await client.stop();
        await new Promise((resolve) => server.close(resolve));
      },
    );

    it('finds a sidecar on IPv6 [C9]', async () => {
      const server = await stateServer(() => EMPTY, { host: '::1' });
      const client = clientOf({ grpcEndpoint: server.address });
      expect(server.address).toMatch(/^\[::1\]:/);
      await client.state.get('s', 'k');
      const byHost = clientOf({ daprHost: '::1', daprGrpcPort: server.port });
      await byHost.state.get('s', 'k');
      expect(server.calls.length).toBe(2);
    });

    it('goes through no proxy, whatever the environment says', async () => {
      const nowhere = `http://127.0.0.1:${await freePort()}`;
      const server = await stateServer();
      const before = process.env.http_proxy;
      process.env.http_proxy = nowhere;
      try {
        const client = clientOf({ grpcEndpoint: server.address });
        await client.state.get('s', 'k', { timeout: 5_000 });
      } finally {
        if (before === undefined) delete process.env.http_proxy;
        else process.env.http_proxy = before;
      }
      expect(server.calls.length).toBe(1);
    });

    it('finds a sidecar whose address is known only later, and follows it', async () => {
      const [first, second] = [await stateServer(), await stateServer()];
      let address: string | undefined;
      const client = clientOf(
        {},
        {
          grpcEndpoint: () => {
            if (address === undefined) throw new Error('still starting');
            return address;
          },
        },
      );
      const early = client.state.get('s', 'k');
      const impatient = client.state.get('s', 'k', { timeout: 20 });
      await expect(impatient).rejects.toThrow(
        /no Dapr sidecar answers at an address that is not known yet \(still starting\)/,
      );
      expect(await client.health.isHealthy()).toBe(false);
      address = first.address;
      await early;
      address = second.address;
      await client.state.get('s', 'k');
      expect([first.calls.length, second.calls.length]).toEqual([1, 1]);
      await until(() => first.sockets.size === 0);
    });

    it('fails at once where no address will ever be known', async () => {
      const client = clientOf(
        {},
        {
          grpcEndpoint: () => {
            throw new DaprConfigurationError('there is none');
          },
        },
      );
      await expect(client.state.get('s', 'k')).rejects.toThrow('there is none');
    });
  });

  describe('with a stream', () => {
    const request = { storeName: 's', keys: [], metadata: {} };
    const call = { operation: 'configuration.subscribe "s"' };
    const streamServer = () =>
      serverOf({ subscribeConfiguration: () => ({ id: '1', items: {} }) });

    async function opened(
      channel: GrpcChannel,
      options?: { signal: AbortSignal },
    ) {
      const { stream, failure } = await channel.serverStream(
        'subscribeConfiguration',
        request,
        { ...call, options },
      );
      const failed = once(stream, 'error').then(
        ([error]) => failure(error as Error) as Error,
      );
      return { stream, failed };
    }

    it('tells that its sidecar went away', async () => {
      const server = await streamServer();
      const { stream, failed } = await opened(channelOf(server));
      await once(stream, 'data');
      server.cut();
      const error = await failed;
      expect(error).toBeInstanceOf(SidecarUnavailableError);
      expect(error.message).toMatch(
        /configuration\.subscribe "s" failed: the sidecar at/,
      );
    });

    it("ends it with the signal's reason [C8]", async () => {
      const server = await streamServer();
      const stop = new AbortController();
      const { stream, failed } = await opened(channelOf(server), stop);
      await once(stream, 'data');
      const reason = new Error('enough');
      stop.abort(reason);
      expect(await failed).toBe(reason);
      await until(() => server.calls[0]!.isCancelled);
      await expect(
        channelOf(server).serverStream('subscribeConfiguration', request, {
          ...call,
          options: { signal: stop.signal },
        }),
      ).rejects.toBe(reason);
    });

    it('ends it with the client, and leaves no connection open', async () => {
      const server = await streamServer();
      const channel = channelOf(server);
      const { stream, failed } = await opened(channel);
      await once(stream, 'data');
      await channel.stop();
      expect((await failed).message).toContain('the client was stopped');
      await until(() => server.sockets.size === 0);
      await expect(opened(channel)).rejects.toThrow('the client was stopped');
    });

    it('says at once that nothing listens where it is not to wait', async () => {
      const channel = channelOf({ address: `127.0.0.1:${await freePort()}` });
      const { stream, failure } = await channel.serverStream(
        'subscribeConfiguration',
        request,
        { ...call, readyTimeout: 0 },
      );
      const [error] = await once(stream, 'error');
      expect(failure(error as Error)).toMatchObject({
        name: 'SidecarUnavailableError',
        message: expect.stringContaining('(ECONNREFUSED)'),
      });
    });
  });

  it('shows no token when it is printed, nor do its errors [C6]', async () => {
    const client = clientOf(
      {
        daprGrpcPort: await freePort(),
        apiToken: 'hush-hush',
        readyTimeout: 0,
      },
      { scopeHeaders: () => ({ baggage: 'hush-hush' }) },
    );
    const error = await client.state
      .save('store', [{ key: 'k', value: 'hush-hush' }])
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SidecarUnavailableError);
    for (const printed of [client, client.options, error]) {
      expect(inspect(printed, { depth: 20 })).not.toContain('hush-hush');
      expect(JSON.stringify(printed)).not.toContain('hush-hush');
    }
  });

  function channelOf(
    { address }: { readonly address: string },
    { scopeHeaders }: Pick<ClientInternals, 'scopeHeaders'> = {},
  ): GrpcChannel {
    const channel = new GrpcChannel({
      address: () => address,
      apiToken: undefined,
      timeout: 60_000,
      readyTimeout: 60_000,
      clock: systemClock,
      scopeHeaders,
    });
    cleanups.unshift(() => channel.stop());
    return channel;
  }
});

function listening(
  server: ReturnType<typeof createTcpServer>,
): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve((server.address() as AddressInfo).port),
    ),
  );
}
