import {
  BadRequestException,
  Controller,
  Injectable,
  Module,
  type INestApplicationContext,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Actor,
  ActorInvocationError,
  ActorProxyFactory,
  ActorType,
  CommunicationProtocolEnum,
  DaprClient,
  daprMicroservice,
  DaprModule,
  DaprPermissionError,
  getDaprClientToken,
  InputBinding,
  Invocable,
  OnReminder,
  OnTimer,
  ServerDapr,
  Subscribe,
  type DaprModuleOptions,
  type OnActivate,
} from '../../../lib/index.js';
import { EmbeddedSidecar } from '../../../lib/testing/index.js';
import { call } from '../../conformance/wire.js';
import { freePort } from '../../dapr/ports.js';
import { CapturedLog } from '../../support/captured-log.js';
import { until } from '../../support/until.js';

const ran: unknown[] = [];

const handles = (): number =>
  process
    .getActiveResourcesInfo()
    .filter((name) => name.startsWith('TCP') || name === 'Timeout').length;

let before: number;
beforeEach(() => {
  ran.length = 0;
  before = handles();
});
const expectNothingLeft = () => until(() => handles() <= before);

describe('the sidecar that an app brings itself', () => {
  @Controller()
  class Handlers {
    @Subscribe('pubsub', 'orders', { deadLetterTopic: 'dead' })
    onOrder(@Payload() order: unknown): void {
      ran.push(order);
    }
  }

  function appModule(
    options?: DaprModuleOptions,
    providers: Type[] = [],
  ): Type {
    @Module({
      imports: [DaprModule.forRoot(options)],
      controllers: [Handlers],
      providers,
    })
    class AppModule {}
    return AppModule;
  }

  let log: CapturedLog;
  let app: INestApplicationContext | undefined;
  beforeEach(() => {
    log = new CapturedLog();
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    for (const name of ['APP_ID', 'DAPR_API_TOKEN', 'APP_API_TOKEN'])
      delete process.env[name];
  });

  const create = (module: Type) =>
    NestFactory.create(module, new ExpressAdapter(), {
      logger: log,
      abortOnError: false,
    });

  const start = async (
    options?: DaprModuleOptions,
    providers?: Type[],
  ): Promise<DaprClient> => {
    const created = await create(appModule(options, providers));
    await created.listen(0, '127.0.0.1');
    app = created;
    return created.get(DaprClient);
  };

  const lines = () => log.of('log', 'Running as app');
  const portOf = (line = ''): number =>
    Number(/127\.0\.0\.1:(\d+)/.exec(line)?.[1]);

  const expectDelivery = async (client: DaprClient): Promise<void> => {
    await client.pubsub.publish('pubsub', 'orders', 'an order');
    await until(() => ran.length > 0);
    expect(ran).toEqual(['an order']);
  };

  it('starts with it where NODE_ENV is "test", says so in one line, and ends with it', async () => {
    // Not Dapr's own port, which another spec of this run could take when this app has ended.
    const client = await start({ embedded: { httpPort: await freePort() } });
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toMatch(
      /app "app" at http:\/\/127\.0\.0\.1:\d+ because NODE_ENV=test.*in memory.*in production run Dapr/,
    );
    await expectDelivery(client);
    expect(await client.health.isHealthy()).toBe(true);
    const httpPort = portOf(lines()[0]);
    const metadata = await call({ httpPort }, 'GET', '/v1.0/metadata');
    expect(metadata.status).toBe(200);
    await app?.close();
    await expect(
      call({ httpPort }, 'GET', '/v1.0/metadata'),
    ).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expectNothingLeft();
  });

  // Another spec of this run may have it for a moment.
  it("takes Dapr's own port where that is free", async () => {
    await until(async () => {
      await app?.close();
      await start();
      return portOf(lines().at(-1)) === 3500;
    });
  });

  it("takes another one where Dapr's own is taken", async () => {
    await until(async () => {
      await app?.close();
      const other = createServer().listen(3500, '127.0.0.1');
      // It may be taken already, which is as good as long as that lasts.
      await once(other, 'listening').catch(() => undefined);
      const client = await start();
      other.close();
      if (portOf(lines().at(-1)) === 3500) return false;
      await expectDelivery(client);
      return true;
    });
  });

  it('takes its id and its port from the options', async () => {
    const port = await freePort();
    const client = await start({ embedded: { appId: 'shop', httpPort: port } });
    expect(portOf(lines()[0])).toBe(port);
    expect((await client.metadata.get()).id).toBe('shop');
  });

  it('takes its id and its tokens from the environment', async () => {
    process.env['APP_ID'] = 'shop';
    process.env['DAPR_API_TOKEN'] = 'of-the-sidecar';
    process.env['APP_API_TOKEN'] = 'of-the-app';
    const client = await start();
    expect((await client.metadata.get()).id).toBe('shop');
    await expectDelivery(client);
    const httpPort = portOf(lines()[0]);
    const stranger = await call({ httpPort }, 'GET', '/v1.0/metadata');
    expect(stranger.status).toBe(401);
    expect(log.all()).not.toContain('of-the-');
  });

  it.each([
    ['http', CommunicationProtocolEnum.HTTP],
    ['grpc', CommunicationProtocolEnum.GRPC],
  ])(
    'serves a further client without an address, over %s',
    async (name, communicationProtocol) => {
      const main = await start({
        apiToken: 'of-the-sidecar',
        clients: { [name]: { communicationProtocol } },
      });
      const further = app!.get<DaprClient>(getDaprClientToken(name));
      await further.state.save('statestore', [{ key: 'a', value: name }]);
      expect(await further.state.get('statestore', 'a')).toBe(name);
      expect(await main.state.get('statestore', 'a')).toBe(name);
      await app?.close();
      await expectNothingLeft();
    },
  );

  it('warns of handlers of components that it does not have', async () => {
    @Controller()
    class Misspelt {
      @Subscribe('pubsubx', 'orders', { deadLetterTopic: 'dead' })
      onOrder(): void {}

      @InputBinding('inbox')
      onMail(): void {}
    }
    @Module({ imports: [DaprModule.forRoot()], controllers: [Misspelt] })
    class MisspeltModule {}
    const created = await create(MisspeltModule);
    await created.listen(0, '127.0.0.1');
    app = created;
    await until(() => log.of('warn').length > 1);
    const [pubsub, binding] = log.of('warn');
    expect(pubsub).toContain(
      'gets nothing of topic "orders" on "pubsubx": there is no pub/sub component "pubsubx" (there is "pubsub")',
    );
    expect(binding).toContain('no binding component "inbox" (it has none)');
  });

  it('says nothing of what it can not ask an app any more that closes', async () => {
    const created = await create(appModule());
    await created.listen(0, '127.0.0.1');
    await created.close();
    await expectNothingLeft();
    expect([...log.of('error'), ...log.of('warn')]).toEqual([]);
  });

  it('is there for hooks of the app, before it listens', async () => {
    @Injectable()
    class Early implements OnModuleInit, OnApplicationBootstrap {
      constructor(private readonly client: DaprClient) {}

      async onModuleInit(): Promise<void> {
        await this.client.state.save('statestore', [{ key: 'a', value: 1 }]);
      }

      async onApplicationBootstrap(): Promise<void> {
        ran.push(await this.client.state.get('statestore', 'a'));
        await this.client.pubsub.publish('pubsub', 'orders', 'early');
      }
    }
    await start({}, [Early]);
    await until(() => ran.length > 1);
    expect(ran).toEqual([1, 'early']);
  });

  @ActorType('Greeter')
  class GreeterActor extends Actor {
    greet(): string {
      return 'hello';
    }
  }

  it('lets calls of actors wait for an app that still starts', async () => {
    @Injectable()
    class Early implements OnApplicationBootstrap {
      early: Promise<string> | undefined;

      constructor(private readonly actors: ActorProxyFactory) {}

      onApplicationBootstrap(): void {
        this.early = this.actors.get(GreeterActor, 'a').greet();
      }
    }
    await start({}, [GreeterActor, Early]);
    const actors = app!.get(ActorProxyFactory);
    expect(await actors.get(GreeterActor, 'b').greet()).toBe('hello');
    expect(await app!.get(Early).early).toBe('hello');
    await expect(
      actors.get<GreeterActor>('Nobody', 'a').greet(),
    ).rejects.toThrow(/did not find address/);
  });

  it('says in words that it is not there yet in a constructor', async () => {
    @Injectable()
    class TooEarly {
      constructor(client: DaprClient) {
        ran.push(
          client.state
            .get('statestore', 'a')
            .catch((error: unknown) => String(error)),
        );
      }
    }
    await start({}, [TooEarly]);
    expect(await ran[0]).toMatch(/not running.*Call Dapr from onModuleInit on/);
  });

  it('calls the app on the port that Dapr has for its own', async () => {
    await expectDelivery(await start({ server: { port: 0 } }));
  });

  it('calls a port that a hybrid app opens by hand, late', async () => {
    const created = await create(appModule());
    created.connectMicroservice(daprMicroservice({ port: 0 }));
    await created.listen(0, '127.0.0.1');
    app = created;
    await created.startAllMicroservices();
    await expectDelivery(created.get(DaprClient));
  });

  it('calls a standalone microservice', async () => {
    const created = await NestFactory.createMicroservice(appModule(), {
      ...daprMicroservice({ port: 0 }),
      logger: log,
    });
    await created.listen();
    app = created;
    expect(created.get(ServerDapr).port).toBeGreaterThan(0);
    await expectDelivery(created.get(DaprClient));
    await created.close();
    await expectNothingLeft();
  });

  it('reads the resources of the app', async () => {
    const client = await start({
      embedded: { resources: 'sample/01-shop/components' },
    });
    const { components } = await client.metadata.get();
    expect(components.map(({ name }) => name).sort()).toEqual([
      'pubsub',
      'statestore',
      'stocktaking',
    ]);
  });
});

interface CartState {
  items: string[];
}

@Injectable()
class Prices {
  of(sku: string): number {
    return sku.length;
  }
}

@ActorType('Cart', { idleTimeout: '5m' })
class CartActor extends Actor<CartState> implements OnActivate {
  constructor(private readonly prices: Prices) {
    super();
  }

  onActivate(): void {
    ran.push(`activated ${this.id}`);
  }

  async add(sku: string): Promise<number> {
    const items = [...(await this.state.get('items', [])), sku];
    this.state.set('items', items);
    await this.reminders.set('abandoned', {
      dueTime: '24h',
      data: { customer: this.id },
    });
    return items.reduce((total, item) => total + this.prices.of(item), 0);
  }

  async size(): Promise<number> {
    return (await this.state.get('items', [])).length;
  }

  async tick(): Promise<void> {
    await this.timers.set('ticker', { dueTime: '10s', period: '10s' });
  }

  refuse(): void {
    throw new BadRequestException('no more of that');
  }

  @OnTimer('ticker')
  onTick(): void {
    ran.push('tick');
  }

  @OnReminder('abandoned')
  abandon(data: { customer: string }): void {
    ran.push(data);
    this.state.remove('items');
  }
}

@Controller()
class ShopHandlers {
  @Subscribe('pubsub', 'orders', { deadLetterTopic: 'orders-dead' })
  onOrder(@Payload() order: string): void {
    ran.push(order);
    if (order === 'poison') throw new BadRequestException('poison');
  }

  @Invocable('who')
  who(): string {
    return 'the shop';
  }

  @InputBinding('stocktaking')
  count(): void {
    ran.push('stocktaking');
  }
}

@Module({
  imports: [
    DaprModule.forRoot({ server: { bodyLimit: 1000 } }),
    DaprModule.forFeature([CartActor]),
  ],
  controllers: [ShopHandlers],
  providers: [CartActor, Prices],
})
class ShopModule {}

@Controller()
class AuditHandlers {
  @Subscribe('pubsub', 'orders', { deadLetterTopic: 'orders-dead' })
  onOrder(@Payload() order: string): void {
    ran.push(`audited ${order}`);
  }

  @Invocable('who')
  who(): string {
    return 'the audit';
  }
}

@Module({ imports: [DaprModule.forRoot()], controllers: [AuditHandlers] })
class AuditModule {}

describe('the test kit', () => {
  /** The shop, with a log that keeps what is meant to fail to itself. */
  const shop = () =>
    Test.createTestingModule({ imports: [ShopModule] }).setLogger(
      new CapturedLog(),
    );

  it('runs a spec of an app as the documentation shows it', async () => {
    await using dapr = await EmbeddedSidecar.start({
      resources: 'sample/01-shop/components',
    });
    const app = await dapr.run(shop());
    expect(await dapr.actor(CartActor, 'alice').add('book')).toBe(4);
    await dapr.clock.advance('24h');
    expect(ran).toContainEqual({ customer: 'alice' });
    expect(await dapr.actor(CartActor, 'alice').size()).toBe(0);

    dapr.faults.failNext('state.write');
    await expect(dapr.actor(CartActor, 'alice').add('pen')).rejects.toThrow(
      ActorInvocationError,
    );
    expect(await dapr.actor(CartActor, 'alice').size()).toBe(0);

    await dapr.client.pubsub.publish('pubsub', 'orders', 'an order');
    await dapr.idle();
    expect(dapr.transcript.of('topic').map((entry) => entry.outcome)).toEqual([
      'SUCCESS',
    ]);
    expect(app.get(DaprClient).options).toBeDefined();
    // A day of the cron binding's ticks, every one a real call.
  }, 180_000);

  it('closes what it runs at the end of the block, and leaves nothing', async () => {
    let closed = 0;
    {
      await using dapr = await EmbeddedSidecar.start();
      const app = await dapr.run(ShopModule);
      const close = app.close.bind(app);
      app.close = async () => {
        closed += 1;
        await close();
      };
      await dapr.actor(CartActor, 'alice').add('book');
      await dapr.actor(CartActor, 'alice').tick();
    }
    expect(closed).toBe(1);
    await expectNothingLeft();
  });

  it('runs a module class, on the adapter that it is given, after the spec has set it up', async () => {
    await using dapr = await EmbeddedSidecar.start();
    const app = await dapr.run(ShopModule, {
      adapter: new FastifyAdapter(),
      configure: (created) => void created.setGlobalPrefix('api'),
    });
    expect(app.getHttpAdapter().getType()).toBe('fastify');
    expect(await dapr.actor(CartActor, 'alice').add('book')).toBe(4);
    await dapr.client.pubsub.publish('pubsub', 'orders', 'an order');
    await dapr.idle();
    expect(ran).toContain('an order');
  });

  it('lets a spec override the providers of the app', async () => {
    await using dapr = await EmbeddedSidecar.start();
    await dapr.run(
      shop()
        .overrideProvider(Prices)
        .useValue({ of: () => 100 }),
    );
    expect(await dapr.actor(CartActor, 'alice').add('book')).toBe(100);
  });

  it("lays its options over those of the app's own module", async () => {
    await using dapr = await EmbeddedSidecar.start();
    await dapr.run(shop(), {
      options: { server: { outcome: () => 'RETRY' } },
    });
    const publish = async (order: string) => {
      await dapr.client.pubsub.publish('pubsub', 'orders', order);
      await dapr.idle();
      return dapr.transcript.of('topic').at(-1)?.outcome;
    };
    // Of the options here, and of the body limit there.
    expect(await publish('poison')).toBe('RETRY');
    ran.length = 0;
    await publish('x'.repeat(2000));
    expect(ran).toEqual([]);
  });

  it('hands its tokens to the apps that it runs', async () => {
    await using dapr = await EmbeddedSidecar.start({
      apiToken: 'of-the-sidecar',
      appToken: 'of-the-app',
    });
    const app = await dapr.run(ShopModule);
    const { port } = app.getHttpServer().address() as AddressInfo;
    const answer = await call({ httpPort: port }, 'GET', '/dapr/config');
    expect(answer.status).toBe(401);
    expect(await dapr.actor(CartActor, 'alice').add('book')).toBe(4);
    await app.get(DaprClient).pubsub.publish('pubsub', 'orders', 'an order');
    await dapr.idle();
    expect(ran).toContain('an order');
    const stranger = new DaprClient({ httpEndpoint: dapr.httpEndpoint });
    await expect(stranger.metadata.get()).rejects.toThrow(DaprPermissionError);
    await stranger.stop();
  });

  it('runs another app under another id', async () => {
    await using dapr = await EmbeddedSidecar.start({ appId: 'shop' });
    const first = await dapr.run(ShopModule);
    const audit = await dapr.run(AuditModule, { appId: 'audit' });
    await dapr.client.pubsub.publish('pubsub', 'orders', 'an order');
    await dapr.idle();
    expect([...ran].sort()).toEqual(['an order', 'audited an order']);
    const ask = (from: typeof first, appId: string) =>
      from.get(DaprClient).invoker.invoke(appId, 'who');
    expect(await ask(first, 'audit')).toBe('the audit');
    expect(await ask(audit, 'shop')).toBe('the shop');
    const { actor } = audit.get(DaprClient);
    expect(await actor.invoke('Cart', 'alice', 'add', 'book')).toBe(4);
    const ids = await Promise.all(
      [first, audit].map((app) => app.get(DaprClient).metadata.get()),
    );
    expect(ids.map(({ id }) => id)).toEqual(['shop', 'audit']);
  });

  it('runs a second replica under the same id while the first one runs', async () => {
    await using dapr = await EmbeddedSidecar.start();
    await dapr.run(ShopModule);
    await dapr.run(ShopModule);
    await dapr.client.pubsub.publish('pubsub', 'orders', 'an order');
    await dapr.idle();
    expect(ran).toEqual(['an order']);
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f'])
      expect(await dapr.actor(CartActor, id).add('book')).toBe(4);
    expect(await dapr.actor(CartActor, 'a').add('pen')).toBe(7);
  });

  it('restarts an app under the same id after the first one has closed', async () => {
    await using dapr = await EmbeddedSidecar.start();
    const first = await dapr.run(ShopModule);
    await dapr.actor(CartActor, 'alice').add('book');
    await first.close();
    const endpoint = dapr.httpEndpoint;
    await dapr.client.pubsub.publish('pubsub', 'orders', 'meanwhile');
    expect(ran).toEqual(['activated alice']);

    await dapr.run(ShopModule);
    await dapr.idle();
    expect(dapr.httpEndpoint).toBe(endpoint);
    expect(ran).toContain('meanwhile');
    expect(await dapr.actor(CartActor, 'alice').size()).toBe(1);
    expect(ran.filter((each) => each === 'activated alice')).toHaveLength(2);
    await dapr.clock.advance('24h');
    expect(ran).toContainEqual({ customer: 'alice' });
  });

  it('moves time from tick to tick', async () => {
    await using dapr = await EmbeddedSidecar.start({ now: 0 });
    await dapr.run(ShopModule);
    await dapr.actor(CartActor, 'alice').tick();
    await dapr.clock.advance('1m');
    expect(ran.filter((each) => each === 'tick')).toHaveLength(6);
    expect(dapr.clock.now()).toBe(60_000);
    expect(
      dapr.transcript.of('actor-timer').map(({ at, outcome }) => [at, outcome]),
    ).toEqual([10, 20, 30, 40, 50, 60].map((at) => [at * 1000, '200']));
  });

  it('ticks the cron bindings of its resources', async () => {
    await using dapr = await EmbeddedSidecar.start({
      resources: 'sample/01-shop/components',
    });
    await dapr.run(ShopModule);
    await dapr.clock.advance('1m');
    expect(ran.filter((each) => each === 'stocktaking').length).toBeGreaterThan(
      0,
    );
  });

  it('shows what became of each message', async () => {
    await using dapr = await EmbeddedSidecar.start();
    await dapr.run(shop());
    await dapr.client.pubsub.publish('pubsub', 'orders', 'poison');
    await dapr.idle();
    const [entry] = dapr.transcript.of('topic');
    expect(entry).toMatchObject({
      appId: 'app',
      name: 'orders',
      outcome: 'DROP',
    });
    expect(JSON.stringify(dapr.transcript.all())).not.toContain('poison');
  });

  it('throws what an actor throws, with its status', async () => {
    await using dapr = await EmbeddedSidecar.start();
    await dapr.run(ShopModule);
    await expect(dapr.actor(CartActor, 'alice').refuse()).rejects.toMatchObject(
      {
        name: 'BadRequestException',
        message: 'no more of that',
        status: 400,
      },
    );
  });

  it('connects an app that is not built with Nest', async () => {
    const paths: unknown[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url);
      response.setHeader('content-type', 'application/json');
      response.end(request.url === '/dapr/subscribe' ? '[]' : '{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    {
      await using dapr = await EmbeddedSidecar.start();
      await dapr.run(ShopModule);
      const { port } = server.address() as AddressInfo;
      await dapr.connect({ port, appId: 'other' });
      expect(paths).toEqual(['/dapr/config', '/dapr/subscribe']);
      await dapr.client.invoker.invoke('other', 'hello');
      expect(paths).toContain('/hello');
    }
    server.close();
  });

  it('gives back why an app does not start, and runs the next one', async () => {
    @Module({
      imports: [DaprModule.forRoot(), DaprModule.forFeature([CartActor])],
    })
    class Homeless {}
    @Module({})
    class Plain {}
    await using dapr = await EmbeddedSidecar.start();
    await expect(dapr.run(Homeless)).rejects.toThrow('no module provides');
    await expect(dapr.run(Plain)).rejects.toThrow('does not import DaprModule');
    await dapr.run(ShopModule);
    expect(await dapr.actor(CartActor, 'alice').add('book')).toBe(4);
    expect((await dapr.client.metadata.get()).id).toBe('app');
  });

  it('does not start with resources that are wrong, and leaves nothing', async () => {
    await expect(
      EmbeddedSidecar.start({ resources: 'no/such/folder' }),
    ).rejects.toThrow('no/such/folder');
    await expectNothingLeft();
  });

  it('keeps two of its kind apart', async () => {
    await using one = await EmbeddedSidecar.start();
    await using two = await EmbeddedSidecar.start();
    await one.run(ShopModule);
    await two.run(ShopModule);
    await one.actor(CartActor, 'alice').add('book');
    await one.clock.advance('1h');
    expect(await two.actor(CartActor, 'alice').size()).toBe(0);
    expect(one.clock.now() - two.clock.now()).toBe(3_600_000);
  });

  it('ends an app at once, whatever its drain delay', async () => {
    @Module({
      imports: [DaprModule.forRoot({ server: { drainDelay: 60_000 } })],
    })
    class Patient {}
    await using dapr = await EmbeddedSidecar.start();
    const app = await dapr.run(Patient);
    await app.close();
    expect(await dapr.client.health.isHealthy()).toBe(false);
  });

  it('runs the shutdown hooks of an app that the spec closes itself only once', async () => {
    let ended = 0;
    @Injectable()
    class Ending implements OnModuleDestroy {
      onModuleDestroy(): void {
        ended += 1;
      }
    }
    @Module({ imports: [DaprModule.forRoot()], providers: [Ending] })
    class Closing {}
    const dapr = await EmbeddedSidecar.start();
    const app = await dapr.run(Closing);
    await app.close();
    await dapr.close();
    expect(ended).toBe(1);
  });

  it('may be closed twice', async () => {
    const dapr = await EmbeddedSidecar.start();
    const app = await dapr.run(ShopModule);
    await app.close();
    await dapr.close();
    await dapr.close();
    await expectNothingLeft();
  });
});
