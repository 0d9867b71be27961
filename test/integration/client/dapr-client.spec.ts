import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import {
  createServer as createTcpServer,
  Server as TcpServer,
  type AddressInfo,
} from 'node:net';
import { networkInterfaces } from 'node:os';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import type {
  ClientInternals,
  DaprClientOptions,
} from '../../../lib/client/options.js';
import { DaprBadRequestError } from '../../../lib/errors/dapr-bad-request.error.js';
import { DaprError } from '../../../lib/errors/dapr.error.js';
import { DaprTimeoutError } from '../../../lib/errors/dapr-timeout.error.js';
import { SidecarUnavailableError } from '../../../lib/errors/sidecar-unavailable.error.js';
import { until } from '../../support/until.js';
import { ManualClock } from './manual-clock.js';
import {
  freePort,
  startServer,
  type Answerer,
  type TestServer,
} from './server.js';

const ok: Answerer = (_, response) => void response.writeHead(204).end();

describe('DaprClient', () => {
  const cleanups: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  function clientOf(
    options: DaprClientOptions,
    internals?: ClientInternals,
  ): DaprClient {
    const client = new DaprClient(options, internals);
    cleanups.unshift(() => client.stop());
    return client;
  }

  async function serverOf(
    answer: Answerer,
    port?: number,
  ): Promise<TestServer> {
    const server = await startServer(answer, port);
    cleanups.push(() => server.close());
    return server;
  }

  /** A server that lets calls hang, and tells when one has arrived. */
  async function hangingServer() {
    let arrived = (): void => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    return { ...(await serverOf(() => arrived())), arrival };
  }

  describe('whose sidecar is down, slow or gone', () => {
    it('ends a call that gets no answer within its timeout [C8]', async () => {
      const clock = new ManualClock();
      const { url, arrival } = await hangingServer();
      const client = clientOf({ httpEndpoint: url, timeout: 5_000 }, { clock });
      const got = client.state.get('store', 'key');
      await arrival;
      clock.advance(5_000);
      await expect(got).rejects.toThrow(DaprTimeoutError);
      await expect(got).rejects.toThrow(
        `state.get "store" key "key" got no answer from the sidecar at ${url} within 5000 ms.`,
      );
      expect(clock.pending).toBe(0);
    });

    it('takes a timeout per call [C8]', async () => {
      const clock = new ManualClock();
      const { url, arrival } = await hangingServer();
      const client = clientOf({ httpEndpoint: url }, { clock });
      const published = client.pubsub.publish('p', 't', 1, { timeout: 20 });
      await arrival;
      clock.advance(20);
      await expect(published).rejects.toThrow(DaprTimeoutError);
    });

    it.each([NaN, -1, '5'])(
      'refuses the timeout %p of a call',
      async (value) => {
        const server = await serverOf(ok);
        const client = clientOf({ httpEndpoint: server.url });
        const timeout = value as number;
        for (const [operation, call] of [
          ['state.get', () => client.state.get('s', 'k', { timeout })],
          [
            'health.waitUntilReady',
            () => client.health.waitUntilReady({ timeout }),
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
        expect(server.requests).toEqual([]);
      },
    );

    it("rejects an aborted call with the signal's reason, and cuts it [C8]", async () => {
      const { url, arrival, sockets } = await hangingServer();
      const client = clientOf({ httpEndpoint: url });
      const stop = new AbortController();
      const got = client.actor.invoke('T', '1', 'm', 1, {
        signal: stop.signal,
      });
      await arrival;
      const closed = once([...sockets][0]!, 'close');
      const reason = new Error('enough');
      stop.abort(reason);
      await expect(got).rejects.toBe(reason);
      await closed;
    });

    it('sends nothing for a signal that is aborted already [C8]', async () => {
      const server = await serverOf(ok);
      const client = clientOf({ httpEndpoint: server.url });
      const reason = new Error('too late');
      const got = client.metadata.get({ signal: AbortSignal.abort(reason) });
      await expect(got).rejects.toBe(reason);
      expect(server.requests).toEqual([]);
    });

    it('waits for a sidecar that is about to listen', async () => {
      const port = await freePort();
      const client = clientOf({ daprPort: port });
      const calls = Array.from({ length: 40 }, (_, index) =>
        index % 2
          ? client.state.get('store', `key-${index}`)
          : client.pubsub.publish('p', 't', index),
      );
      const server = await serverOf(ok, port);
      await Promise.all(calls);
      expect(server.requests.length).toBe(40);
    });

    it('gives up waiting in time, and names the address and the remedy [C8]', async () => {
      const clock = new ManualClock();
      const port = await freePort();
      const client = clientOf(
        { daprPort: port, readyTimeout: 10_000 },
        { clock },
      );
      const got = client.state.get('store', 'key');
      while (clock.pending < 2) await new Promise(setImmediate);
      clock.advance(10_000);
      await expect(got).rejects.toThrow(SidecarUnavailableError);
      await expect(got).rejects.toThrow(
        `no Dapr sidecar answers at http://127.0.0.1:${port} (ECONNREFUSED). Start the app with "dapr run"`,
      );
      expect(clock.pending).toBe(0);
    });

    it('gives a call that waits for a free connection its whole timeout, though it waited for the sidecar first', async () => {
      const clock = new ManualClock();
      const port = await freePort();
      const client = clientOf(
        { daprPort: port, readyTimeout: 10_000 },
        { clock },
      );
      const calls = Promise.all(
        Array.from({ length: 80 }, (_, index) =>
          client.state.get('store', `key-${index}`),
        ),
      );
      while (clock.pending < 160) await new Promise(setImmediate);
      const held: (() => void)[] = [];
      let isHeld = true;
      await serverOf((_, response) => {
        const answer = () => void response.writeHead(204).end();
        if (isHeld) held.push(answer);
        else answer();
      }, port);
      while (held.length < 64) await new Promise(setImmediate);
      clock.advance(10_000);
      isHeld = false;
      for (const answer of held) answer();
      await expect(calls).resolves.toHaveLength(80);
    });

    it('never waits longer than the timeout of the call [C8]', async () => {
      const client = clientOf({ daprPort: await freePort() });
      const got = client.state.get('store', 'key', { timeout: 20 });
      await expect(got).rejects.toBeInstanceOf(DaprError);
    });

    it('stops waiting with the signal [C8]', async () => {
      const client = clientOf({ daprPort: await freePort() });
      const stop = new AbortController();
      const got = client.state.get('s', 'k', { signal: stop.signal });
      const reason = new Error('enough');
      stop.abort(reason);
      await expect(got).rejects.toBe(reason);
    });

    it('says of a call that was cut short that it may have had its effect', async () => {
      const server = await serverOf((_, response) => void response.destroy());
      const client = clientOf({ httpEndpoint: server.url });
      const saved = client.state.save('store', [{ key: 'k', value: 1 }]);
      await expect(saved).rejects.toThrow(SidecarUnavailableError);
      await expect(saved).rejects.toThrow(/may have had its effect/);
      expect(server.requests.length).toBe(1);
    });

    it('reads again where the connection ended without an answer', async () => {
      let cut = true;
      const server = await serverOf((_, response) => {
        if (!cut) return void response.writeHead(204).end();
        cut = false;
        response.destroy();
      });
      const client = clientOf({ httpEndpoint: server.url });
      expect(await client.state.get('store', 'key')).toBeUndefined();
    });

    it('reads again once the sidecar listens, and not on a connection that it is about to close', async () => {
      const held: ServerResponse[] = [];
      let isStopping = false;
      const old = createServer((_, response) => {
        if (isStopping) response.destroy();
        else held.push(response);
      });
      await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
      const { port } = old.address() as AddressInfo;
      const client = clientOf({ daprPort: port });
      const read = (): Promise<unknown> => client.state.get('store', 'key');
      const first = read();
      await until(() => held.length === 1);
      const again = read();
      await until(() => held.length === 2);
      held[0]?.writeHead(204).end();
      await first;
      // It listens no more before it closes what stands, which http.Server.close would do at once.
      isStopping = true;
      TcpServer.prototype.close.call(old);
      let attempts = 0;
      const count = (): void => void (attempts += 1);
      subscribe('net.client.socket', count);
      held[1]?.destroy();
      await Promise.race([again, until(() => attempts > 0)]);
      unsubscribe('net.client.socket', count);
      old.closeAllConnections();
      await serverOf(ok, port);
      expect(await again).toBeUndefined();
    });

    it.each([60_000, 0])(
      'reads again with a readyTimeout of %i ms',
      async (readyTimeout) => {
        const server = await serverOf((_, response) => {
          if (server.requests.length > 1)
            void ok(server.requests[1]!, response);
          else response.destroy();
        });
        const client = clientOf({ httpEndpoint: server.url, readyTimeout });
        expect(await client.state.get('store', 'key')).toBeUndefined();
      },
    );

    it('forgets the part of an answer that it got before it reads again', async () => {
      let cut = true;
      const server = await serverOf((_, response) => {
        response.writeHead(200, { 'content-length': 7 });
        if (!cut) return void response.end('"whole"');
        cut = false;
        response.write('"wh', () => response.destroy());
      });
      const client = clientOf({ httpEndpoint: server.url });
      expect(await client.state.get('store', 'key')).toBe('whole');
      expect(server.requests.length).toBe(2);
    });

    it('goes on with a sidecar that restarted between calls', async () => {
      const port = await freePort();
      const client = clientOf({ daprPort: port });
      for (let restart = 0; restart < 5; restart += 1) {
        const server = await serverOf(ok, port);
        await client.state.save('store', [{ key: 'k', value: restart }]);
        await client.pubsub.publish('p', 't', restart);
        await server.close();
        // By now the client's side of the connections has closed, too.
        expect(await client.health.isHealthy()).toBe(false);
      }
      await serverOf(ok, port);
      await client.state.save('store', [{ key: 'k', value: 'last' }]);
    });

    it('keeps the connections that calls waited for and gave up', async () => {
      const sockets = new Set<unknown>();
      const held: (() => void)[] = [];
      const server = await serverOf((_, response) => {
        sockets.add(response.socket);
        held.push(() => void response.writeHead(204).end());
      });
      const client = clientOf({ httpEndpoint: server.url });
      const gets = (signal?: AbortSignal) =>
        Array.from({ length: 64 }, (_, index) =>
          client.state.get('store', `${index}`, signal && { signal }),
        );
      const first = Promise.all(gets());
      while (held.length < 64) await new Promise(setImmediate);
      const impatient = new AbortController();
      const given = Promise.allSettled(gets(impatient.signal));
      impatient.abort();
      await given;
      for (const answer of held.splice(0)) answer();
      await first;
      const second = Promise.all(gets());
      while (held.length < 64) await new Promise(setImmediate);
      for (const answer of held) answer();
      await second;
      expect(server.requests.length).toBe(128);
      expect(sockets.size).toBe(64);
    });

    it('uses a connection again', async () => {
      const server = await serverOf(ok);
      const client = clientOf({ httpEndpoint: server.url });
      for (let call = 0; call < 20; call += 1)
        await client.state.get('store', `${call}`);
      // undici frees a connection a moment after the answer, so that the next call may find only another.
      expect(server.sockets.size).toBeLessThanOrEqual(2);
    });
  });

  describe('stopped', () => {
    it('leaves no connection open', async () => {
      const server = await serverOf(ok);
      const client = clientOf({ httpEndpoint: server.url });
      await Promise.all([
        client.state.get('store', 'key'),
        client.pubsub.publish('p', 't', 1),
      ]);
      const closed = [...server.sockets].map((one) => once(one, 'close'));
      expect(closed.length).toBe(2);
      await client.stop();
      await client.stop();
      await Promise.all(closed);
    });

    it('ends the calls under way and refuses new ones', async () => {
      const { url, arrival } = await hangingServer();
      const client = clientOf({ httpEndpoint: url });
      const running = client.state.get('store', 'key');
      const caught = expect(running).rejects.toThrow('the client was stopped');
      await arrival;
      await client.stop();
      await caught;
      const late = client.state.get('store', 'key');
      await expect(late).rejects.toThrow('the client was stopped');
    });

    it('ends the calls that wait for a free connection', async () => {
      const { url, arrival } = await hangingServer();
      const client = clientOf({ httpEndpoint: url });
      const waiting = Promise.allSettled(
        Array.from({ length: 100 }, () => client.state.get('store', 'key')),
      );
      await arrival;
      await client.stop();
      for (const end of await waiting)
        expect(end).toMatchObject({
          status: 'rejected',
          reason: { message: expect.stringContaining('client was stopped') },
        });
    });

    it('ends the calls that wait for a sidecar', async () => {
      const client = clientOf({ daprPort: await freePort() });
      const waiting = client.state.get('store', 'key');
      const caught = expect(waiting).rejects.toThrow('the client was stopped');
      await new Promise(setImmediate);
      await client.stop();
      await caught;
    });

    it('ends a connection that is still being made', async () => {
      const server = createTcpServer();
      await new Promise<void>((resolve) =>
        server.listen(0, '127.0.0.1', resolve),
      );
      const { port } = server.address() as AddressInfo;
      const client = clientOf({ httpEndpoint: `https://127.0.0.1:${port}` });
      const got = client.state.get('store', 'key');
      const caught = expect(got).rejects.toThrow('the client was stopped');
      const [socket] = (await once(server, 'connection')) as [
        import('node:net').Socket,
      ];
      socket.resume();
      const closed = once(socket, 'close');
      await client.stop();
      await Promise.all([caught, closed]);
      await new Promise((resolve) => server.close(resolve));
    });

    it("leaves another client's calls alone [C7]", async () => {
      let answer = (): void => undefined;
      const slow = await serverOf((_, response) => {
        answer = () => void response.end('"one"');
      });
      const quick = await serverOf((_, response) => void response.end('"two"'));
      const first = clientOf({ httpEndpoint: slow.url, apiToken: 'first' });
      const second = clientOf({ httpEndpoint: quick.url, apiToken: 'second' });
      const running = first.state.get('store', 'key');
      expect(await second.state.get('store', 'key')).toBe('two');
      await second.stop();
      while (slow.requests.length === 0) await new Promise(setImmediate);
      answer();
      expect(await running).toBe('one');
      expect(slow.requests[0]?.headers['dapr-api-token']).toBe('first');
      expect(quick.requests[0]?.headers['dapr-api-token']).toBe('second');
    });
  });

  describe('with many calls at once', () => {
    it('never lets calls that wait for the app hold up calls that the app makes', async () => {
      // Each publish is answered only when state calls made meanwhile are.
      let client: DaprClient | undefined;
      const server = await serverOf(async ({ url }, response) => {
        if (url.startsWith('/v1.0/publish'))
          await client?.state.get('store', url);
        response.writeHead(204).end();
      });
      client = clientOf({ httpEndpoint: server.url });
      const dapr = client;
      await Promise.all(
        Array.from({ length: 1_000 }, (_, index) =>
          dapr.pubsub.publish('p', `topic-${index}`, index),
        ),
      );
      expect(server.requests.length).toBe(2_000);
    });
  });

  describe('and what it sends along', () => {
    it('hands on the trace of the current call, and to actors the reentrancy id', async () => {
      const server = await serverOf(ok);
      const client = clientOf(
        { httpEndpoint: server.url, apiToken: 'token' },
        {
          scopeHeaders: (target) => ({
            traceparent: '00-0af7-b7ad-01',
            ...(target === 'actor' && { 'dapr-reentrancy-id': 'r1' }),
          }),
        },
      );
      await client.pubsub.publish('p', 't', 1);
      await client.actor.stateGet('T', '1', 'k');
      await client.actor.invoke('T', '1', 'm');
      const seen = server.requests.map(({ headers }) => [
        headers['dapr-api-token'],
        headers['traceparent'],
        headers['dapr-reentrancy-id'],
      ]);
      expect(seen).toEqual([
        ['token', '00-0af7-b7ad-01', undefined],
        ['token', '00-0af7-b7ad-01', undefined],
        ['token', '00-0af7-b7ad-01', 'r1'],
      ]);
    });

    it('lets the headers of a call come before those of the current one', async () => {
      const server = await serverOf(ok);
      const client = clientOf(
        { httpEndpoint: server.url },
        { scopeHeaders: () => ({ traceparent: 'inherited' }) },
      );
      await client.invoker.invoke('app', 'x', 'GET', undefined, {
        headers: { TraceParent: 'own' },
      });
      expect(server.requests[0]?.headers['traceparent']).toBe('own');
    });

    it('refuses headers that HTTP does not take, in words', async () => {
      const server = await serverOf(ok);
      const client = clientOf({ httpEndpoint: server.url });
      const invoked = client.invoker.invoke('app', 'x', 'GET', undefined, {
        headers: { 'x-bad': 'a\nsecret' },
      });
      await expect(invoked).rejects.toThrow(DaprBadRequestError);
      await expect(invoked).rejects.toThrow(/x-bad header/);
      await expect(invoked).rejects.not.toThrow(/secret/);
    });
  });

  describe('and where it sends', () => {
    it('keeps the path of its endpoint for every call [C9]', async () => {
      const server = await serverOf(ok);
      const client = clientOf({ httpEndpoint: `${server.url}/gate/dapr/` });
      await client.state.get('s', 'k');
      await client.actor.invoke('T', '1', 'm');
      await client.invoker.invoke('app', 'x');
      expect(server.requests.map(({ url }) => url)).toEqual([
        '/gate/dapr/v1.0/state/s/k',
        '/gate/dapr/v1.0/actors/T/1/method/m',
        '/gate/dapr/v1.0/invoke/app/method/x',
      ]);
    });

    it('speaks TLS to an https endpoint, for actors too [C9]', async () => {
      const firstBytes: number[] = [];
      const server = createTcpServer((socket) => {
        socket.once('data', (data) => {
          firstBytes.push(data[0]!);
          // An alert: the handshake is refused.
          socket.end(Buffer.from('15030300020228', 'hex'));
        });
      });
      await new Promise<void>((resolve) =>
        server.listen(0, '127.0.0.1', resolve),
      );
      const { port } = server.address() as AddressInfo;
      const client = clientOf({ httpEndpoint: `https://127.0.0.1:${port}` });
      await expect(client.state.get('s', 'k')).rejects.toThrow(
        SidecarUnavailableError,
      );
      await expect(client.actor.invoke('T', '1', 'm')).rejects.toThrow(
        SidecarUnavailableError,
      );
      // The type of a TLS handshake record.
      expect(firstBytes).toEqual([0x16, 0x16]);
      await new Promise((resolve) => server.close(resolve));
    });

    it('finds a sidecar whose address is known only later, and follows it', async () => {
      const [first, second] = [await serverOf(ok), await serverOf(ok)];
      let address: string | undefined;
      const client = clientOf(
        {},
        {
          httpEndpoint: () => {
            if (address === undefined) throw new Error('still starting');
            return address;
          },
        },
      );
      const early = client.state.get('s', 'k');
      address = first.url;
      await early;
      address = second.url;
      await client.state.get('s', 'k');
      expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
    });
  });

  it('shows no token when it is printed, nor do its errors [C6]', async () => {
    const client = clientOf(
      { daprPort: await freePort(), apiToken: 'hush-hush', readyTimeout: 0 },
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
});

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1');

(hasIpv6 ? describe : describe.skip)('DaprClient on IPv6', () => {
  it('finds its sidecar [C9]', async () => {
    const server = createServer((_, response) => response.end('"six"'));
    server.listen(0, '::1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (const options of [
      { httpEndpoint: `http://[::1]:${port}` },
      { daprHost: '::1', daprPort: port },
      { daprHost: '[::1]', daprPort: port },
    ]) {
      const client = new DaprClient(options);
      expect(await client.state.get('s', 'k')).toBe('six');
      await client.stop();
    }
    const closed = once(server, 'close');
    server.close();
    await closed;
  });
});
