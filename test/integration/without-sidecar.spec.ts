import { Controller, Get } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import {
  Actor,
  ActorProxyFactory,
  ActorType,
  DaprClient,
  DaprTimeoutError,
  InputBinding,
  SidecarUnavailableError,
  Subscribe,
  type DaprModuleOptions,
} from '../../lib/index.js';
import { freePort } from '../dapr/ports.js';
import { Door } from '../support/door.js';
import { startNestApp, type NestApp } from '../support/nest-app.js';
import { IN_MEMORY, runNest } from '../support/nest-run.js';
import {
  startSidecar,
  type Sidecar,
  type SidecarOptions,
} from '../support/sidecar.js';
import { until } from '../support/until.js';

const ran: unknown[] = [];

/** Milliseconds: less than calls wait for a sidecar, more than a busy machine needs for anything. */
const NO_WAIT = 20_000;

@ActorType('Counter')
class CounterActor extends Actor<{ count: number }> {
  async count(): Promise<number> {
    const count = (await this.state.get('count', 0)) + 1;
    this.state.set('count', count);
    return count;
  }
}

@Controller()
class Handlers {
  @Subscribe('pubsub', 'orders', { deadLetterTopic: 'dead' })
  onOrder(@Payload() order: unknown): void {
    ran.push(order);
  }

  @Get('own')
  own(): string {
    return 'own';
  }
}

describe('an app', () => {
  let door: Door;
  let nest: NestApp;
  let client: DaprClient;
  let sidecar: Sidecar | undefined;

  beforeEach(async () => {
    ran.length = 0;
    door = await Door.create();
  });
  afterEach(async () => {
    await nest.close();
    await door.close();
    await sidecar?.stop();
    sidecar = undefined;
  });

  const start = async (
    dapr: DaprModuleOptions = {},
    port?: number,
  ): Promise<void> => {
    nest = await startNestApp({
      ...(port !== undefined && { port }),
      adapter: new ExpressAdapter(),
      controllers: [Handlers],
      providers: [CounterActor],
      dapr: { httpEndpoint: door.url, ...dapr },
    });
    client = nest.app.get(DaprClient);
  };

  /** A sidecar that asks the app for everything, like the first one or like one that takes its place. */
  const startOne = async (): Promise<void> => {
    sidecar = await startSidecar({
      appId: 'app',
      app: { port: nest.port },
      resources: IN_MEMORY,
      until: 'outbound',
    });
    await door.open(sidecar.httpPort);
    await sidecar.ready();
  };

  const milliseconds = async (work: () => Promise<unknown>) => {
    const begin = Date.now();
    await work();
    return Date.now() - begin;
  };

  const errors = () => nest.log.of('error', 'No Dapr sidecar answers');

  it('starts and serves at once where there is no sidecar, and says so in one actionable line [H21]', async () => {
    const elapsed = await milliseconds(async () => {
      await start();
      expect((await nest.call('GET', '/own')).text).toBe('own');
      expect((await nest.call('GET', '/healthz')).status).toBe(200);
    });
    expect(elapsed).toBeLessThan(NO_WAIT);
    // A sidecar that starts beside the app has a second, which a busy machine may have taken until here.
    if (elapsed < 1000) expect(errors()).toEqual([]);
    await until(() => errors().length > 0);
    expect(errors()).toEqual([
      expect.stringMatching(
        new RegExp(`${door.url}.*sidecar: 'external'.*dapr run.*NODE_ENV`),
      ),
    ]);
  });

  it('is told at once that it is not healthy [H21] [C8]', async () => {
    await start();
    const elapsed = await milliseconds(async () => {
      expect(await client.health.isHealthy()).toBe(false);
    });
    expect(elapsed).toBeLessThan(NO_WAIT);
  });

  it('gets one actionable error from a call that waited as long as it may [H21] [C8]', async () => {
    await start({ readyTimeout: 1000 });
    const call = client.state.get('statestore', 'a');
    await expect(call).rejects.toThrow(SidecarUnavailableError);
    await expect(call).rejects.toThrow(
      new RegExp(`state.get.*${door.url}.*ECONNREFUSED.*dapr run`),
    );
    const brief = client.state.get('statestore', 'a', { timeout: 500 });
    await expect(brief).rejects.toThrow(SidecarUnavailableError);
  });

  it('gets one from a call of an actor too [H21] [C8]', async () => {
    await start({ readyTimeout: 50 });
    const counter = nest.app
      .get(ActorProxyFactory)
      .get<CounterActor>('Counter', 'a');
    await expect(counter.count()).rejects.toThrow(SidecarUnavailableError);
  });

  it('may give up a call that waits [C8]', async () => {
    await start();
    const controller = new AbortController();
    const { signal } = controller;
    const call = client.state.get('statestore', 'a', { signal });
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
  });

  it('ends its waiting calls when it closes [C8]', async () => {
    await start();
    const call = client.state.get('statestore', 'a');
    const refused = expect(call).rejects.toThrow('stopped');
    await nest.close();
    await refused;
  });

  it('waits for no sidecar that hangs longer than it may [C8]', async () => {
    const sockets: Socket[] = [];
    const hung = createServer((socket) => sockets.push(socket));
    hung.listen(door.port, '127.0.0.1');
    await once(hung, 'listening');
    await start({ timeout: 200 });
    await expect(client.state.get('statestore', 'a')).rejects.toThrow(
      DaprTimeoutError,
    );
    const elapsed = await milliseconds(async () => {
      expect(await client.health.isHealthy()).toBe(false);
    });
    expect(elapsed).toBeLessThan(NO_WAIT);
    await until(() => errors().length === 1);
    for (const socket of sockets) socket.destroy();
    hung.close();
  });

  it('works as soon as its sidecar is there, with the calls that waited for it [H21]', async () => {
    await start();
    await until(() => errors().length > 0);
    const waiting = client.state.save('statestore', [{ key: 'a', value: 1 }]);
    await startOne();
    await waiting;
    expect(await client.state.get('statestore', 'a')).toBe(1);
    expect(await client.health.isHealthy()).toBe(true);
    await client.pubsub.publish('pubsub', 'orders', { id: 1 });
    await until(() => ran.length > 0);
    expect(ran).toEqual([{ id: 1 }]);
    expect(errors()).toHaveLength(1);
    expect(nest.log.of('warn')).toEqual([]);
  });

  it('is compared with its sidecar however late that comes [H21]', async () => {
    const earlier = createHttpServer((_request, response) =>
      response.writeHead(404).end(),
    ).listen(0, '127.0.0.1');
    await once(earlier, 'listening');
    const { port } = earlier.address() as AddressInfo;
    sidecar = await startSidecar({
      appId: 'app',
      app: { port },
      resources: IN_MEMORY,
    });
    earlier.close();
    earlier.closeAllConnections();
    await once(earlier, 'close');
    await start({ readyTimeout: 50 }, port);
    await until(() => errors().length > 0);
    await door.open(sidecar.httpPort);
    const lines = () => nest.log.of('warn', 'restart the sidecar');
    await until(() => lines().length > 0);
    expect(lines()[0]).toContain('does not know of topic "orders"');
  });

  describe('is told in words that its sidecar', () => {
    const startWith = async (options: SidecarOptions): Promise<string> => {
      await start();
      sidecar = await startSidecar({
        appId: 'app',
        resources: IN_MEMORY,
        until: 'outbound',
        ...options,
      });
      // daprd begins by itself to wait for its app.
      if (sidecar.kind === 'embedded')
        void sidecar.ready().catch(() => undefined);
      await door.open(sidecar.httpPort);
      await until(() => nest.log.of('warn').length > 0);
      const [line = '', ...others] = nest.log.of('warn');
      expect(others).toEqual([]);
      return line;
    };

    it('speaks gRPC to it [H21]', async () => {
      const port = await freePort();
      expect(await startWith({ app: { port }, appProtocol: 'grpc' })).toMatch(
        /speaks grpc to the app.*--app-protocol http/,
      );
    });

    it('waits for it at another port [H21]', async () => {
      const port = await freePort();
      expect(await startWith({ app: { port } })).toContain(
        `The sidecar calls the app at port ${port}, but the app listens at port ${nest.port}. ` +
          `Run the sidecar with --app-port ${nest.port}, or let the app listen at ${port}.`,
      );
    });

    it('has asked something else at another port [H21]', async () => {
      const line = await startWith({
        app: (_request, response) => void response.writeHead(404).end(),
      });
      expect(line).toContain(`--app-port ${nest.port}`);
    });

    it('never calls it [H21]', async () => {
      expect(await startWith({})).toContain(
        `The sidecar knows of no port of the app, so it never calls it. Run the sidecar with --app-port ${nest.port}, where the app listens.`,
      );
    });
  });

  it('recovers when its sidecar is gone and another one comes [H21]', async () => {
    await start();
    await startOne();
    const counter = nest.app
      .get(ActorProxyFactory)
      .get<CounterActor>('Counter', 'a');
    expect(await counter.count()).toBe(1);
    expect(await counter.count()).toBe(2);

    await door.close();
    await sidecar?.stop();
    expect(await client.health.isHealthy()).toBe(false);
    expect((await nest.call('GET', '/own')).text).toBe('own');
    const waiting = client.metadata.get();

    await startOne();
    expect((await waiting).id).toBe('app');
    expect(await client.health.isHealthy()).toBe(true);
    // The state store of the first one went with it, and what the app had cached of it counts no more.
    expect(await counter.count()).toBe(1);
    await client.pubsub.publish('pubsub', 'orders', 'again');
    await until(() => ran.length > 0);
    expect(ran).toEqual(['again']);
  });
});

it('an app is told which components of its decorators its sidecar does not have [H21]', async () => {
  @Controller()
  class Misspelt {
    @Subscribe('pubsubx', 'orders', { deadLetterTopic: 'dead' })
    onOrder(): void {}

    @InputBinding('inbox')
    onMail(): void {}
  }
  const nest = await runNest({
    adapter: new ExpressAdapter(),
    controllers: [Handlers, Misspelt],
  });
  const lines = () => nest.log.of('warn', 'The sidecar has no');
  await until(() => lines().length > 1);
  const [binding, pubsub] = lines();
  expect(binding).toMatch(/binding component "inbox" \(it has none\)/);
  expect(pubsub).toMatch(
    /pub\/sub component "pubsubx" \(it has "pubsub"\).*--resources-path/,
  );
  await nest.close();
});

it('an app whose sidecar was there first says nothing of it [H21]', async () => {
  const nest = await runNest({
    adapter: new ExpressAdapter(),
    controllers: [Handlers],
    providers: [CounterActor],
  });
  expect(await nest.client.health.isHealthy()).toBe(true);
  await nest.client.pubsub.publish('pubsub', 'orders', 'first');
  await until(() => ran.includes('first'));
  expect(nest.log.of('error')).toEqual([]);
  expect(nest.log.of('warn')).toEqual([]);
  await nest.close();
});
