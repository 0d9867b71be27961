import {
  Controller,
  Get,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type INestApplication,
  type INestApplicationContext,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type Type,
} from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import {
  afterEach,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import {
  Actor,
  ActorType,
  DaprClient,
  daprMicroservice,
  DaprModule,
  ServerDapr,
  Subscribe,
  type DaprModuleOptions,
  type OnDeactivate,
} from '../../lib/index.js';
import { call, type WireAnswer } from '../conformance/wire.js';
import { CapturedLog } from '../support/captured-log.js';
import { Gate } from '../support/gate.js';
import { cloudEvent, NO_SIDECAR, routeOf } from '../support/nest-app.js';
import { runNest } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

const events: string[] = [];
let gate = new Gate();

/** What handlers need, and what must not be gone while they run. */
@Injectable()
class Database
  implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown
{
  private isOpen = true;

  write(what: string): void {
    if (!this.isOpen) throw new Error('the database is closed');
    events.push(`wrote ${what}`);
  }

  onModuleDestroy(): void {
    this.isOpen = false;
    events.push('database closed');
  }

  beforeApplicationShutdown(): void {
    events.push('before shutdown');
  }

  onApplicationShutdown(): void {
    events.push('shutdown');
  }
}

@ActorType('Worker')
class WorkerActor extends Actor<{ done: string }> implements OnDeactivate {
  constructor(private readonly database: Database) {
    super();
  }

  async work(): Promise<string> {
    events.push('working');
    await gate.opened;
    this.database.write('by the actor');
    return 'worked';
  }

  async store(): Promise<void> {
    events.push('working');
    await gate.opened;
    this.state.set('done', 'yes');
  }

  quick(): string {
    return 'quick';
  }

  onDeactivate(): void {
    this.database.write('the end of the actor');
  }
}

@Controller()
class Handlers {
  constructor(private readonly database: Database) {}

  @Subscribe('pubsub', 'slow', { deadLetterTopic: 'dead' })
  async slow(@Payload() what: string): Promise<void> {
    events.push('working');
    await gate.opened;
    this.database.write(what);
  }

  @Subscribe('pubsub', 'quick', { deadLetterTopic: 'dead' })
  quick(@Payload() what: string): void {
    this.database.write(what);
  }

  @Get('own')
  own(): string {
    return 'own';
  }
}

@Module({ providers: [Database], exports: [Database] })
class DatabaseModule {}

function appModule(options: DaprModuleOptions = {}): Type {
  @Module({
    imports: [
      DaprModule.forRoot({ ...NO_SIDECAR, ...options }),
      DatabaseModule,
    ],
    controllers: [Handlers],
    providers: [WorkerActor],
  })
  class AppModule {}
  return AppModule;
}

interface Running {
  readonly app: INestApplicationContext;
  readonly port: number;
}

type Start = (
  adapter: AbstractHttpAdapter,
  options?: DaprModuleOptions,
) => Promise<Running>;

const quiet = () => ({ logger: new CapturedLog(), abortOnError: false });

const onAppPort: Start = async (adapter, options) => {
  const app = await NestFactory.create(appModule(options), adapter, quiet());
  await app.listen(0, '127.0.0.1');
  const server: Server = app.getHttpServer();
  return { app, port: (server.address() as AddressInfo).port };
};

const onOwnPort: Start = async (adapter, options) => {
  const server = { port: 0, ...options?.server };
  const app = await NestFactory.create(
    appModule({ ...options, server }),
    adapter,
    quiet(),
  );
  await app.listen(0, '127.0.0.1');
  return { app, port: app.get(ServerDapr).port as number };
};

const standalone: Start = async (_adapter, options) => {
  const app = await NestFactory.createMicroservice(appModule(options), {
    ...daprMicroservice({ port: 0 }),
    ...quiet(),
  });
  await app.listen();
  return { app, port: app.get(ServerDapr).port as number };
};

const modes: [string, Start, () => AbstractHttpAdapter][] = [
  ...platforms.map(([name, adapter]): [string, Start, typeof adapter] => [
    name,
    onAppPort,
    adapter,
  ]),
  ['a port of its own', onOwnPort, platforms[0]![1]],
  ['a standalone microservice', standalone, platforms[0]![1]],
];

/** The one that Dapr calls. */
function serverOf(app: INestApplicationContext): Server {
  return (
    app.get(ServerDapr).unwrap<Server | undefined>() ??
    (app as INestApplication).getHttpServer()
  );
}

const handles = (): number =>
  process
    .getActiveResourcesInfo()
    .filter((name) => name.startsWith('TCP') || name === 'Timeout').length;

beforeEach(() => {
  events.length = 0;
  gate = new Gate();
});

describe.each(modes)('an app that ends, on %s', (_mode, startMode, adapter) => {
  let running: Running;
  let slow: string;
  let quick: string;
  let before: number;

  const start = async (server?: DaprModuleOptions['server']): Promise<void> => {
    before = handles();
    running = await startMode(adapter(), { server: { ...server } });
    slow = await routeOf({ httpPort: running.port }, 'slow');
    quick = await routeOf({ httpPort: running.port }, 'quick');
  };

  const send = (
    verb: string,
    path: string,
    body?: unknown,
  ): Promise<WireAnswer> => call({ httpPort: running.port }, verb, path, body);

  const work = '/actors/Worker/a/method/work';

  const isHealthy = async () => (await send('GET', '/healthz')).status === 200;

  const expectNothingLeft = async (): Promise<void> => {
    const other = createServer().listen(running.port);
    await once(other, 'listening');
    other.close();
    await once(other, 'close');
    await until(() => handles() <= before);
  };

  it('during a delivery, ends it well, refuses later ones, and closes what it needs only then [H20]', async () => {
    await start();
    const answer = send('POST', slow, cloudEvent('the order'));
    await until(() => events.includes('working'));
    const closed = running.app.close();
    await until(async () => !(await isHealthy()));
    const later = await send('POST', quick, cloudEvent('too late'));
    expect(later.status).toBe(503);
    expect((await send('PUT', work)).status).toBe(503);
    expect(later.json).toEqual({
      statusCode: 503,
      message: 'the app is shutting down',
    });
    gate.open();
    expect((await answer).json).toEqual({ status: 'SUCCESS' });
    await closed;
    expect(events).toEqual([
      'working',
      'wrote the order',
      'database closed',
      'before shutdown',
      'shutdown',
    ]);
    await expectNothingLeft();
  });

  it('during a turn of an actor, ends it well, and deactivates the actor before it closes what that needs [H20]', async () => {
    await start();
    const answer = send('PUT', work);
    await until(() => events.includes('working'));
    const closed = running.app.close();
    await until(async () => !(await isHealthy()));
    for (const path of [work, '/actors/Worker/b/method/quick'])
      expect((await send('PUT', path)).status).toBe(503);
    gate.open();
    expect((await answer).text).toBe('"worked"');
    await closed;
    expect(events).toEqual([
      'working',
      'wrote by the actor',
      'wrote the end of the actor',
      'database closed',
      'before shutdown',
      'shutdown',
    ]);
    await expectNothingLeft();
  });

  it('lets turns that wait in the queue of an actor end as well [H20]', async () => {
    await start();
    const first = send('PUT', work);
    await until(() => events.includes('working'));
    const arrived = once(serverOf(running.app), 'request');
    const second = send('PUT', '/actors/Worker/a/method/quick');
    await arrived;
    const closed = running.app.close();
    gate.open();
    expect((await first).text).toBe('"worked"');
    expect((await second).text).toBe('"quick"');
    await closed;
    await expectNothingLeft();
  });

  it('says first that it is not healthy, and goes on for the time of drainDelay [H20]', async () => {
    const drainDelay = 1000;
    await start({ drainDelay });
    const answer = send('POST', slow, cloudEvent('the order'));
    await until(() => events.includes('working'));
    const begun = Date.now();
    const closed = running.app.close();
    await until(async () => !(await isHealthy()));
    const meanwhile = await send('POST', quick, cloudEvent('meanwhile'));
    // On a busy machine the time may be over by now.
    if (Date.now() - begun < drainDelay - 10)
      expect(meanwhile.json).toEqual({ status: 'SUCCESS' });
    await until(
      async () =>
        (await send('POST', quick, cloudEvent('later'))).status === 503,
    );
    expect(Date.now() - begun).toBeGreaterThanOrEqual(drainDelay - 10);
    gate.open();
    expect((await answer).json).toEqual({ status: 'SUCCESS' });
    await closed;
    await expectNothingLeft();
  });

  it('waits for no connection that is idle, or was never used [H20]', async () => {
    await start();
    const agent = new Agent({ keepAlive: true });
    const { port } = running;
    const idle = request({ host: '127.0.0.1', port, path: '/healthz', agent });
    const [response] = (await once(idle.end(), 'response')) as [
      NodeJS.ReadableStream,
    ];
    response.resume();
    await once(response, 'end');
    const unused = connect({ host: '127.0.0.1', port });
    await once(unused, 'connect');
    const ended = once(unused, 'close');
    const begun = Date.now();
    await running.app.close();
    // Less than the five seconds for which node:http keeps an idle connection.
    expect(Date.now() - begun).toBeLessThan(4500);
    await ended;
    agent.destroy();
    await expectNothingLeft();
  });

  it('keeps no connection alive that it answers on its way out [H20]', async () => {
    await start();
    const agent = new Agent({ keepAlive: true });
    const { port } = running;
    const ask = request({
      host: '127.0.0.1',
      port,
      method: 'PUT',
      path: work,
      agent,
    });
    const answered = once(ask.end(), 'response');
    await until(() => events.includes('working'));
    const closed = running.app.close();
    await until(async () => !(await isHealthy()));
    gate.open();
    const [response] = (await answered) as [
      { headers: object } & NodeJS.ReadableStream,
    ];
    expect(response.headers).toMatchObject({ connection: 'close' });
    response.resume();
    await closed;
    agent.destroy();
    await expectNothingLeft();
  });

  it('may be closed twice, and at once [H20]', async () => {
    await start();
    await Promise.all([running.app.close(), running.app.close()]);
    await running.app.close();
    await expectNothingLeft();
  });

  it('ends in the same order by a signal [H20]', async () => {
    await start();
    const exit = jest
      .spyOn(process, 'exit')
      .mockImplementation((() => undefined) as never);
    running.app.enableShutdownHooks(['SIGTERM'], { useProcessExit: true });
    const answer = send('POST', slow, cloudEvent('the order'));
    await until(() => events.includes('working'));
    process.emit('SIGTERM', 'SIGTERM');
    await until(async () => !(await isHealthy()));
    expect((await send('POST', quick, cloudEvent('late'))).status).toBe(503);
    gate.open();
    expect((await answer).json).toEqual({ status: 'SUCCESS' });
    await until(() => exit.mock.calls.length > 0);
    expect(exit).toHaveBeenCalledWith(0);
    expect(events).toEqual([
      'working',
      'wrote the order',
      'database closed',
      'before shutdown',
      'shutdown',
    ]);
    exit.mockRestore();
    await expectNothingLeft();
  });
});

describe.each(platforms)(
  'with a sidecar, an app on %s that ends',
  (_, adapter) => {
    @Injectable()
    class Farewell implements OnModuleDestroy, BeforeApplicationShutdown {
      constructor(private readonly client: DaprClient) {}

      async onModuleDestroy(): Promise<void> {
        await this.client.state.save('statestore', [{ key: 'bye', value: 1 }]);
      }

      async beforeApplicationShutdown(): Promise<void> {
        await this.client.state.save('statestore', [{ key: 'bye', value: 2 }]);
      }
    }

    @Controller()
    class Savers {
      constructor(private readonly client: DaprClient) {}

      @Subscribe('pubsub', 'saved', { deadLetterTopic: 'dead' })
      async save(@Payload() value: string): Promise<void> {
        events.push('working');
        await gate.opened;
        await this.client.state.save('statestore', [{ key: 'saved', value }]);
      }
    }

    const start = () =>
      runNest({
        adapter: adapter(),
        controllers: [Savers],
        providers: [WorkerActor, Farewell, Database],
      });

    afterEach(() => gate.open());

    it('still reaches its sidecar from a delivery, a turn and its own hooks [H20]', async () => {
      const nest = await start();
      const outside = new DaprClient({ httpEndpoint: nest.sidecar.url });
      await nest.client.pubsub.publish('pubsub', 'saved', 'the order');
      await until(() => events.length === 1);
      const turn = outside.actor.invoke('Worker', 'a', 'store');
      await until(() => events.length === 2);
      const closed = nest.app.close();
      const drain = nest.app.get(ServerDapr).drain;
      await until(() => drain.isShuttingDown);
      gate.open();
      await turn;
      await closed;
      const read = (key: string) => outside.state.get('statestore', key);
      expect(await read('saved')).toBe('the order');
      expect(await read('bye')).toBe(2);
      await outside.stop();
      await nest.close();
    });
  },
);
