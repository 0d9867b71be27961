import {
  BadRequestException,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type INestApplication,
  type INestApplicationContext,
  type INestMicroservice,
  type LoggerService,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import {
  FastifyAdapter,
  type NestFastifyApplication,
} from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import {
  Actor,
  ActorProxyFactory,
  ActorType,
  DaprClient,
  daprMicroservice,
  DaprModule,
  DropMessageException,
  InjectDaprClient,
  ServerDapr,
  Subscribe,
  type DaprModuleOptions,
  type DaprOptionsFactory,
} from '../../lib/index.js';
import { call } from '../conformance/wire.js';
import { freePort } from '../dapr/ports.js';
import { CapturedLog } from '../support/captured-log.js';
import { cloudEvent, NO_SIDECAR, routeOf } from '../support/nest-app.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

const ran: unknown[] = [];
const events: string[] = [];

@ActorType('Counter')
class CounterActor extends Actor {
  count(): number {
    ran.push('actor');
    return 1;
  }
}

@Controller()
class Handlers {
  @Subscribe('pubsub', 'orders', { deadLetterTopic: 'dead' })
  onOrder(@Payload() order: string): void {
    ran.push(order);
    if (order === 'refused') throw new BadRequestException('refused');
    if (order === 'dropped') throw new DropMessageException('dropped');
    if (order === 'failing') throw new Error('failing');
  }

  @Get('own')
  own(): string {
    return 'own';
  }
}

/** Its hooks run after those of a global module. */
@Injectable()
class Slow implements OnApplicationBootstrap {
  async onApplicationBootstrap(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    events.push('bootstrapped');
  }
}

/** The app module, its `DaprModule` by `forRoot` or as given. */
function appModule(options: DaprModuleOptions | DynamicModule = {}) {
  @Module({
    imports: [
      'module' in options
        ? (options as DynamicModule)
        : DaprModule.forRoot({ ...NO_SIDECAR, ...options }),
    ],
    controllers: [Handlers],
    providers: [CounterActor, Slow],
  })
  class AppModule {}
  return AppModule;
}

/** What is running, and where Dapr calls it. */
interface Running {
  readonly app: INestApplicationContext;
  readonly port: number;
}

type Start = (
  adapter: AbstractHttpAdapter,
  log: LoggerService,
) => Promise<Running>;

const quiet = (log: LoggerService) => ({ logger: log, abortOnError: false });

function portOf(app: INestApplication): number {
  const server: Server = app.getHttpServer();
  return (server.address() as AddressInfo).port;
}

const create = (
  adapter: AbstractHttpAdapter,
  log: LoggerService,
  options?: DaprModuleOptions,
) => NestFactory.create(appModule(options), adapter, quiet(log));

const testModule = (log: LoggerService, options?: DaprModuleOptions) =>
  Test.createTestingModule({ imports: [appModule(options)] })
    .setLogger(log)
    .compile();

async function listening(app: INestApplication): Promise<Running> {
  await app.listen(0, '127.0.0.1');
  return { app, port: portOf(app) };
}

function ownPort(app: INestApplicationContext): Running {
  return { app, port: app.get(ServerDapr).port as number };
}

const onAnyPlatform: [string, Start][] = [
  ['NestFactory.create', async (...args) => listening(await create(...args))],
  [
    'createNestApplication of @nestjs/testing',
    async (adapter, log) =>
      listening((await testModule(log)).createNestApplication(adapter)),
  ],
  [
    'connectMicroservice, started before it listens',
    async (...args) => {
      const app = await create(...args);
      app.connectMicroservice(daprMicroservice());
      await app.startAllMicroservices();
      return listening(app);
    },
  ],
  [
    'connectMicroservice, started after it listens',
    async (...args) => {
      const app = await create(...args);
      app.connectMicroservice(daprMicroservice());
      const running = await listening(app);
      await app.startAllMicroservices();
      return running;
    },
  ],
  [
    'connectMicroservice, never started',
    async (...args) => {
      const app = await create(...args);
      app.connectMicroservice(daprMicroservice());
      return listening(app);
    },
  ],
  [
    'connectMicroservice with the configuration of the app, initialised late',
    async (...args) => {
      const app = await create(...args);
      app.connectMicroservice(daprMicroservice(), {
        inheritAppConfig: true,
        deferInitialization: true,
      });
      await app.startAllMicroservices();
      return listening(app);
    },
  ],
];

const onItsOwnPort: [string, Start][] = [
  [
    'connectMicroservice with a port, started before it listens',
    async (...args) => {
      const app = await create(...args);
      app.connectMicroservice(daprMicroservice({ port: 0 }));
      await app.startAllMicroservices();
      await listening(app);
      return ownPort(app);
    },
  ],
  [
    'connectMicroservice with a port, started after it listens',
    async (...args) => {
      const app = await create(...args);
      app.connectMicroservice(daprMicroservice({ port: 0 }));
      await listening(app);
      await app.startAllMicroservices();
      return ownPort(app);
    },
  ],
  [
    'the option server.port',
    async (adapter, log) => {
      const app = await create(adapter, log, { server: { port: 0 } });
      await listening(app);
      return ownPort(app);
    },
  ],
];

const standalone: [string, Start][] = [
  [
    'NestFactory.createMicroservice',
    async (_adapter, log) => {
      const app = await NestFactory.createMicroservice(appModule(), {
        ...daprMicroservice({ port: 0 }),
        ...quiet(log),
      });
      await app.listen();
      return ownPort(app);
    },
  ],
  [
    'createNestMicroservice of @nestjs/testing',
    async (_adapter, log) => {
      const module = await testModule(log);
      const app = module.createNestMicroservice(daprMicroservice({ port: 0 }));
      await app.listen();
      return ownPort(app);
    },
  ],
  [
    'NestFactory.createMicroservice with the port of the environment',
    async (_adapter, log) => {
      process.env['APP_PORT'] = String(await freePort());
      const app = await NestFactory.createMicroservice(appModule(), {
        ...daprMicroservice(),
        ...quiet(log),
      });
      await app.listen();
      const port = Number(process.env['APP_PORT']);
      delete process.env['APP_PORT'];
      return { app, port };
    },
  ],
];

let running: Running | undefined;
let log = new CapturedLog();

afterEach(async () => {
  await running?.app.close();
  running = undefined;
  log = new CapturedLog();
  ran.length = 0;
  events.length = 0;
});

/** The same whoever attached the transport, and however. */
async function expectSameOutcomes({ port }: Running): Promise<void> {
  const app = { httpPort: port };
  const orders = await routeOf(app, 'orders');
  const deliver = async (order: string) =>
    (await call(app, 'POST', orders, cloudEvent(order))).json;
  expect(await deliver('fine')).toEqual({ status: 'SUCCESS' });
  expect(await deliver('refused')).toEqual({ status: 'DROP' });
  expect(await deliver('dropped')).toEqual({ status: 'DROP' });
  expect(await deliver('failing')).toEqual({ status: 'RETRY' });
  const counter = '/actors/Counter/a/method/count';
  expect((await call(app, 'PUT', counter)).text).toBe('1');
  expect(ran).toEqual(['fine', 'refused', 'dropped', 'failing', 'actor']);
  const config = (await call(app, 'GET', '/dapr/config')).json;
  expect(config).toMatchObject({ entities: ['Counter'] });
  expect((await call(app, 'GET', '/healthz')).status).toBe(200);
  expect(log.of('warn', 'Handlers.onOrder refused')).toHaveLength(2);
  expect(log.of('error', 'Handlers.onOrder failed')).toHaveLength(1);
}

describe.each(platforms)(
  'on %s, the outcomes are the same by',
  (_, adapter) => {
    it.each(onAnyPlatform)('%s [H10]', async (_mode, start) => {
      running = await start(adapter(), log);
      await expectSameOutcomes(running);
      const own = await call({ httpPort: running.port }, 'GET', '/own');
      expect(own.text).toBe('own');
    });

    it.each(onItsOwnPort)('%s [H10]', async (_mode, start) => {
      running = await start(adapter(), log);
      await expectSameOutcomes(running);
      const apps = { httpPort: portOf(running.app as INestApplication) };
      for (const path of ['/dapr/config', '/dapr/subscribe', '/healthz'])
        expect((await call(apps, 'GET', path)).status).toBe(404);
      expect((await call(apps, 'GET', '/own')).text).toBe('own');
      const dapr = { httpPort: running.port };
      expect((await call(dapr, 'GET', '/own')).status).toBe(404);
    });

    it('an app that listens on every address, by each of them [H10]', async () => {
      const app = await create(adapter(), log);
      await app.listen(0);
      running = { app, port: portOf(app) };
      await expectSameOutcomes(running);
      const addresses = await lookup('localhost', { all: true });
      for (const { address } of addresses) {
        const host = address.includes(':') ? `[${address}]` : address;
        const url = `http://${host}:${running.port}/dapr/config`;
        expect((await fetch(url)).status).toBe(200);
      }
    });

    it('the port of its own answers only when every module has started', async () => {
      const app = await create(adapter(), log);
      app.connectMicroservice(daprMicroservice({ port: 0 }));
      await app.startAllMicroservices();
      running = ownPort(app);
      const dapr = { httpPort: running.port };
      const answer = call(dapr, 'GET', '/dapr/config').then(({ status }) => {
        events.push(`answered ${status}`);
      });
      await app.listen(0, '127.0.0.1');
      await answer;
      expect(events).toEqual(['bootstrapped', 'answered 200']);
    });

    it('one that gives up waiting for that port holds nothing up', async () => {
      const app = await create(adapter(), log);
      app.connectMicroservice(daprMicroservice({ port: 0 }));
      await app.startAllMicroservices();
      const { port } = ownPort(app);
      const server = app.get(ServerDapr).unwrap<Server>();
      const socket = connect({ host: '127.0.0.1', port });
      socket.write('GET /dapr/config HTTP/1.1\r\nhost: app\r\n\r\n');
      const [, response] = (await once(server, 'request')) as [
        unknown,
        NodeJS.EventEmitter,
      ];
      socket.destroy();
      await once(response, 'close');
      await app.listen(0, '127.0.0.1');
      await app.close();
    });

    it('listen() rejects where the port is taken [H19]', async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      const app = await create(adapter(), log);
      await expect(app.listen(port, '127.0.0.1')).rejects.toMatchObject({
        code: 'EADDRINUSE',
      });
      await app.close();
      other.close();
    });

    it('listen() binds only the host that it is given [H19]', async () => {
      const app = await create(adapter(), log);
      await app.listen(0, '127.0.0.1');
      running = { app, port: portOf(app) };
      const socket = connect({ host: '127.0.0.2', port: running.port });
      const [error] = await once(socket, 'error');
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    });

    it('nothing is started by the preview mode', async () => {
      const app = await NestFactory.create(appModule(), adapter(), {
        ...quiet(log),
        preview: true,
      });
      expect(app.get(ServerDapr)).toBeFalsy();
      await app.close();
    });
  },
);

describe('the outcomes are the same by', () => {
  it.each(standalone)('%s [H10]', async (_mode, start) => {
    running = await start(platforms[0]![1](), log);
    await expectSameOutcomes(running);
  });

  // As inject() does, whose own requests Jest can't load on every Node.
  it('requests that Fastify is handed by somebody else [H10]', async () => {
    const app: NestFastifyApplication = await NestFactory.create(
      appModule(),
      new FastifyAdapter(),
      quiet(log),
    );
    await app.init();
    const fastify = app.getHttpAdapter().getInstance();
    await fastify.ready();
    const server = createServer((request, response) =>
      fastify.routing(request, response),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    running = { app, port: (server.address() as AddressInfo).port };
    await expectSameOutcomes(running);
    server.close();
  });

  it('a microservice rejects where its port is taken, and may try again [H19]', async () => {
    const other = createServer().listen(0);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const app: INestMicroservice = await NestFactory.createMicroservice(
      appModule(),
      { ...daprMicroservice({ port }), ...quiet(log) },
    );
    running = { app, port };
    await expect(app.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    other.close();
    await once(other, 'close');
    await app.listen();
    await expectSameOutcomes(running);
  });
});

describe('an application context', () => {
  it.each<[string, DaprModuleOptions]>([
    ['external', NO_SIDECAR],
    ['embedded', { sidecar: 'embedded', httpEndpoint: undefined }],
  ])(
    'with an %s sidecar opens nothing and waits for nothing',
    async (_, dapr) => {
      const sockets = () =>
        process
          .getActiveResourcesInfo()
          .filter((name) => name.startsWith('TCP')).length;
      const before = sockets();
      const app = await NestFactory.createApplicationContext(
        appModule(dapr),
        quiet(log),
      );
      running = { app, port: 0 };
      // One of the spec before may take a moment to close.
      await until(() => sockets() <= before);
      expect(app.get(ServerDapr).port).toBeUndefined();
      const client = app.get(DaprClient);
      expect(await client.health.isHealthy()).toBe(false);
      await expect(
        client.state.get('statestore', 'a', { timeout: 50 }),
      ).rejects.toThrow(/dapr run|createApplicationContext/);
    },
  );
});

describe('the options of DaprModule', () => {
  @Injectable()
  class Settings {
    readonly port = 4001;
  }

  @Module({ providers: [Settings], exports: [Settings] })
  class SettingsModule {}

  @Injectable()
  class DaprOptions implements DaprOptionsFactory {
    constructor(private readonly settings: Settings) {}

    createDaprOptions(): DaprModuleOptions {
      return { sidecar: 'external', daprPort: this.settings.port };
    }
  }

  @Module({
    imports: [SettingsModule],
    providers: [DaprOptions],
    exports: [DaprOptions],
  })
  class OptionsModule {}

  it.each<[string, DynamicModule]>([
    [
      'a factory with what it injects',
      DaprModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async ({ port }: Settings) => {
          await Promise.resolve();
          return { sidecar: 'external', daprPort: port };
        },
      }),
    ],
    [
      'a class',
      DaprModule.forRootAsync({
        imports: [SettingsModule],
        useClass: DaprOptions,
      }),
    ],
    [
      'an existing provider',
      DaprModule.forRootAsync({
        imports: [OptionsModule],
        useExisting: DaprOptions,
      }),
    ],
    ['forRoot', DaprModule.forRoot({ sidecar: 'external', daprPort: 4001 })],
  ])('come from %s', async (_from, dapr) => {
    running = await listening(
      await NestFactory.create(appModule(dapr), platforms[0]![1](), quiet(log)),
    );
    const { httpEndpoint } = running.app.get(DaprClient).options;
    expect(httpEndpoint).toBe('http://127.0.0.1:4001');
    await expectSameOutcomes(running);
  });

  it.each<[string, (options: DaprModuleOptions) => DynamicModule]>([
    ['forRoot', (options) => DaprModule.forRoot(options)],
    [
      'forRootAsync',
      (options) =>
        DaprModule.forRootAsync({
          clientNames: ['reports', 'archive'],
          useFactory: () => options,
        }),
    ],
  ])('name further clients by %s, in every module', async (_by, dapr) => {
    @Injectable()
    class Reports {
      constructor(
        readonly main: DaprClient,
        @InjectDaprClient('reports') readonly reports: DaprClient,
        @InjectDaprClient('archive') readonly archive: DaprClient,
      ) {}
    }
    @Module({ providers: [Reports], exports: [Reports] })
    class ReportsModule {}
    const options: DaprModuleOptions = {
      ...NO_SIDECAR,
      clients: { reports: { daprPort: 4002 }, archive: { daprPort: 4003 } },
    };
    @Module({ imports: [dapr(options), ReportsModule] })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(
      AppModule,
      quiet(log),
    );
    const { main, reports, archive } = app.get(Reports, { strict: false });
    const ports = [main, reports, archive].map(
      (client) => new URL(client.options.httpEndpoint).port,
    );
    expect(ports).toEqual(['1', '4002', '4003']);
    await app.close();
    await expect(reports.metadata.get()).rejects.toThrow('stopped');
  });

  it('may keep its providers to the module that imports it', async () => {
    @Injectable()
    class Inside {
      constructor(
        readonly client: DaprClient,
        readonly actors: ActorProxyFactory,
      ) {}
    }
    @Injectable()
    class Outside {
      constructor(@Inject(DaprClient) readonly client: DaprClient) {}
    }
    const dapr = DaprModule.forRoot({ ...NO_SIDECAR, isGlobal: false });
    @Module({ imports: [dapr], providers: [Inside] })
    class InsideModule {}
    const start = (metadata: object) => {
      @Module(metadata)
      class AppModule {}
      return NestFactory.createApplicationContext(AppModule, quiet(log));
    };
    const app = await start({ imports: [InsideModule] });
    expect(app.get(Inside, { strict: false }).client).toBeInstanceOf(
      DaprClient,
    );
    await app.close();
    await expect(
      start({ imports: [InsideModule], providers: [Outside] }),
    ).rejects.toThrow('DaprClient');
  });
});
