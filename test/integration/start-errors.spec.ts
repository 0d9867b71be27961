import {
  Controller,
  Get,
  Injectable,
  Module,
  type DynamicModule,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Actor,
  ActorType,
  BulkSubscribe,
  DaprClient,
  DaprConfigurationError,
  DaprModule,
  InjectDaprClient,
  InputBinding,
  Invocable,
  OnConfiguration,
  ScheduledJob,
  Subscribe,
  type BulkOptions,
  type DaprModuleOptions,
  type SubscribeOptions,
} from '../../lib/index.js';
import { AbstractActor, type ActorId } from '../../lib/sdk/index.js';
import { CapturedLog } from '../support/captured-log.js';
import { NO_SIDECAR } from '../support/nest-app.js';
import { until } from '../support/until.js';

/** Starts an app and gives back why it did not; what it opened it must have closed by itself. */
async function startError(
  metadata: ModuleMetadata,
  dapr: DaprModuleOptions = NO_SIDECAR,
): Promise<Error> {
  return errorOf({
    ...metadata,
    imports: [DaprModule.forRoot(dapr), ...(metadata.imports ?? [])],
  });
}

async function errorOf(metadata: ModuleMetadata): Promise<Error> {
  @Module(metadata)
  class AppModule {}
  const sockets = (): number =>
    process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'))
      .length;
  const before = sockets();
  try {
    const app = await NestFactory.create(AppModule, new ExpressAdapter(), {
      logger: new CapturedLog(),
      abortOnError: false,
    });
    await app.listen(0, '127.0.0.1');
    await app.close();
  } catch (error) {
    await until(() => sockets() <= before);
    return error as Error;
  }
  throw new Error('the app started');
}

async function expectError(
  starting: Promise<Error>,
  ...words: string[]
): Promise<void> {
  const error = await starting;
  expect(error).toBeInstanceOf(DaprConfigurationError);
  for (const word of words) expect(error.message).toContain(word);
}

/** Two controllers, each with a handler of the same topic. */
function subscribers(one: SubscribeOptions, two: SubscribeOptions): Type[] {
  @Controller()
  class Orders {
    @Subscribe('pubsub', 'orders', one)
    onOrder(): void {}
  }
  @Controller()
  class Audit {
    @Subscribe('pubsub', 'orders', two)
    onOrder(): void {}
  }
  return [Orders, Audit];
}

describe('an app does not start with', () => {
  const both = [
    'Orders.onOrder',
    'Audit.onOrder',
    'topic "orders" of "pubsub"',
  ];

  it('two handlers on one topic [H4] [I2]', async () => {
    const controllers = subscribers({}, { deadLetterTopic: 'dead' });
    await expectError(startError({ controllers }), ...both, 'match');
  });

  it('two handlers on one topic and match [H4] [I2]', async () => {
    const match = 'event.type == "a"';
    const controllers = subscribers({ match }, { match, priority: 2 });
    await expectError(startError({ controllers }), ...both, 'match');
  });

  it('two handlers on topics that are deployed under one name [H4]', async () => {
    @Controller()
    class Names {
      @Subscribe('pubsub', 'orders')
      one(): void {}

      @Subscribe('broker', 'purchases')
      two(): void {}
    }
    await expectError(
      startError(
        { controllers: [Names] },
        { ...NO_SIDECAR, names: { broker: 'pubsub', purchases: 'orders' } },
      ),
      'Names.one',
      'Names.two',
      'topic "orders" of "pubsub"',
    );
  });

  it('two rules of one priority [H4]', async () => {
    const controllers = subscribers(
      { match: 'event.type == "a"', priority: 3 },
      { match: 'event.type == "b"', priority: 3 },
    );
    await expectError(startError({ controllers }), ...both, 'priority 3');
  });

  it.each<[string, SubscribeOptions, SubscribeOptions]>([
    ['deadLetterTopic', { deadLetterTopic: 'a' }, { deadLetterTopic: 'b' }],
    ['metadata', { metadata: { a: '1' } }, { metadata: { a: '2' } }],
    ['rawPayload', { rawPayload: true }, { rawPayload: false }],
  ])('two opinions on the %s of a topic [H4]', async (key, one, two) => {
    const controllers = subscribers(one, {
      ...two,
      match: 'event.type == "a"',
    });
    await expectError(startError({ controllers }), ...both, `"${key}"`);
  });

  it('a handler of batches and one of messages on one topic [I2]', async () => {
    @Controller()
    class Views {
      @BulkSubscribe('pubsub', 'orders')
      onOrders(): void {}
    }
    await expectError(
      startError({ controllers: [Views, ...subscribers({}, {}).slice(0, 1)] }),
      'Views.onOrders',
      'Orders.onOrder',
      'topic "orders" of "pubsub"',
      'option "bulk"',
    );
  });

  it('two opinions on the batches of a topic [H4]', async () => {
    const controllers = subscribers(
      { bulk: { maxMessagesCount: 5 } },
      { bulk: { maxMessagesCount: 6 }, match: 'event.type == "a"' },
    );
    await expectError(
      startError({ controllers }),
      ...both,
      '"maxMessagesCount"',
    );
  });

  it.each<[string, BulkOptions]>([
    ['maxMessagesCount', { maxMessagesCount: 0 }],
    ['maxMessagesCount', { maxMessagesCount: 1.5 }],
    ['maxAwaitDuration', { maxAwaitDuration: 'soon' }],
    ['maxAwaitDuration', { maxAwaitDuration: '0s' }],
    ['maxAwaitDuration', { maxAwaitDuration: { days: 25 } }],
  ])('a %s of %j, which Dapr would not take', async (key, bulk) => {
    const controllers = subscribers({ bulk }, {}).slice(0, 1);
    await expectError(startError({ controllers }), 'Orders.onOrder', key);
  });

  it('a rule that is no CEL expression [H4]', async () => {
    const controllers = subscribers({}, { match: 'event.type = "a"' });
    await expectError(
      startError({ controllers }),
      'Audit.onOrder',
      String.raw`"event.type = \"a\""`,
      'CEL',
    );
  });

  it.each<[string, (options: object) => MethodDecorator, string]>([
    [
      '@Subscribe',
      (options) => Subscribe('pubsub', 'orders', options),
      'match, priority, deadLetterTopic, metadata, rawPayload, bulk',
    ],
    [
      'The "bulk" of @Subscribe',
      (bulk) => Subscribe('pubsub', 'orders', { bulk }),
      'maxMessagesCount, maxAwaitDuration',
    ],
    [
      '@BulkSubscribe',
      (options) => BulkSubscribe('pubsub', 'orders', options),
      'match, priority, deadLetterTopic, metadata, rawPayload, maxMessagesCount, maxAwaitDuration',
    ],
    ['@Invocable', (options) => Invocable('checkout', options), 'verbs'],
    [
      '@ScheduledJob',
      (options) => ScheduledJob('nightly', options),
      'schedule, dueTime, repeats, ttl, data, failurePolicy',
    ],
    [
      '@OnConfiguration',
      (options) => OnConfiguration('store', [], options),
      'metadata',
    ],
  ])('an option that %s does not know [I2]', async (what, decorate, known) => {
    @Controller()
    class Orders {
      @decorate({ route: '/a', bulkSubscribe: {} })
      onOrder(): void {}
    }
    await expectError(
      startError({ controllers: [Orders] }),
      `${what} of Orders.onOrder got "route", "bulkSubscribe", which it does not know. It knows: ${known}. Correct the name or remove it.`,
    );
  });

  it('the option "bulk" of a handler of batches [I2]', async () => {
    @Controller()
    class Orders {
      @BulkSubscribe('pubsub', 'orders', { bulk: true } as object)
      onOrders(): void {}
    }
    await expectError(
      startError({ controllers: [Orders] }),
      '@BulkSubscribe of Orders.onOrders got "bulk", which it does not know',
    );
  });

  it('an option of an input binding, which has none [I2]', async () => {
    const Loose = InputBinding as (
      name: string,
      options: object,
    ) => MethodDecorator;
    @Controller()
    class Mails {
      @Loose('inbox', { route: '/mails' })
      onMail(): void {}
    }
    await expectError(
      startError({ controllers: [Mails] }),
      '@InputBinding of Mails.onMail got "route", which it does not know. It takes no options. Remove it.',
    );
  });

  it.each(['HEAD', 'head', 'OPTIONS', 'fetch', undefined])(
    'the verb %s for an invocation [I2]',
    async (verb) => {
      @Controller()
      class Carts {
        @Invocable('checkout', { verbs: [verb as 'POST'] })
        checkout(): void {}
      }
      await expectError(
        startError({ controllers: [Carts] }),
        `@Invocable of Carts.checkout has the verb ${verb === undefined ? 'undefined' : `"${verb}"`}`,
        'GET, POST, PUT, PATCH, DELETE',
      );
    },
  );

  it('verbs of an invocation that are no list [I2]', async () => {
    @Controller()
    class Carts {
      @Invocable('checkout', { verbs: 'POST' as unknown as [] })
      checkout(): void {}
    }
    await expectError(
      startError({ controllers: [Carts] }),
      'The "verbs" of @Invocable of Carts.checkout',
      'list',
    );
  });

  it('two handlers of one binding', async () => {
    @Controller()
    class Mails {
      @InputBinding('inbox')
      one(): void {}

      @InputBinding('inbox')
      two(): void {}
    }
    await expectError(
      startError({ controllers: [Mails] }),
      'Mails.one',
      'Mails.two',
      '"inbox"',
      'remove',
    );
  });

  it('two handlers of one method and verb', async () => {
    @Controller()
    class Carts {
      @Invocable('/checkout', { verbs: ['POST', 'PUT'] })
      one(): void {}

      @Invocable('checkout', { verbs: ['put'] })
      two(): void {}
    }
    await expectError(
      startError({ controllers: [Carts] }),
      'Carts.one',
      'Carts.two',
      '"checkout"',
      'verbs',
    );
  });

  it('a handler where Nest would never find it [I2]', async () => {
    @Injectable()
    class OrdersService {
      @Subscribe('pubsub', 'orders')
      onOrder(): void {}
    }
    @Injectable()
    class SpecialOrders extends OrdersService {}
    await expectError(
      startError({ providers: [OrdersService, SpecialOrders] }),
      'OrdersService.onOrder',
      'SpecialOrders.onOrder',
      'AppModule',
      'controller',
    );
  });

  it('an actor in no module [I2]', async () => {
    @ActorType('Cart')
    class CartActor extends Actor {
      size(): number {
        return 0;
      }
    }
    await expectError(
      startError({ imports: [DaprModule.forFeature([CartActor])] }),
      'CartActor',
      'AppModule',
      'providers',
    );
  });

  it('an actor whose dependencies nothing tells to Nest [I2]', async () => {
    @Injectable()
    class Tariff {}
    class Parking extends AbstractActor {
      constructor(
        client: DaprClient,
        id: ActorId,
        readonly tariff: Tariff,
      ) {
        super(client, id);
      }
    }
    await expectError(
      startError({ providers: [Parking, Tariff] }),
      'The constructor of Parking asks for 3',
      'Nest knows of 2',
      "@ActorType('Parking')",
    );
  });

  it('one actor type twice [I2]', async () => {
    @ActorType('Cart')
    class CartActor extends Actor {}
    @ActorType('Cart')
    class Basket extends Actor {}
    await expectError(
      startError({ providers: [CartActor, Basket] }),
      'CartActor and Basket',
      '"Cart"',
      'another name',
    );
  });

  it.each<[string, DaprModuleOptions, string[]]>([
    [
      'an unknown option',
      { sidecr: 'embedded' } as DaprModuleOptions,
      ['DaprModule.forRoot()', '"sidecr"', 'sidecar'],
    ],
    [
      'an unknown option further in',
      { server: { tokn: 'x' } } as DaprModuleOptions,
      ['"server"', '"tokn"', 'appToken'],
    ],
    [
      'an unknown sidecar',
      { sidecar: 'none' as 'auto' },
      ['"none"', 'auto', 'DAPR_SIDECAR'],
    ],
    [
      'a trusted peer that is no address',
      { server: { trustedPeers: ['kubernetes'] } },
      ['server.trustedPeers', '"kubernetes"', '10.0.0.0/8'],
    ],
    [
      'an endpoint that is no URL',
      { httpEndpoint: 'ftp://dapr:3500' },
      ['httpEndpoint', 'http://host:port'],
    ],
    [
      'a further client that makes no sense',
      { clients: { reports: { daprPort: 'x' } } },
      ['daprPort', '"x"'],
    ],
    [
      'an idle timeout that Dapr would not take',
      { actors: { idleTimeout: 'soon' } },
      ['idleTimeout', 'soon'],
    ],
  ])('%s [I2]', async (_what, options, words) => {
    await expectError(startError({}, { ...NO_SIDECAR, ...options }), ...words);
  });

  it('a client that nobody configured', async () => {
    @Injectable()
    class Reports {
      constructor(@InjectDaprClient('reports') readonly client: DaprClient) {}
    }
    const clientNames = ['reports'];
    const metadata = {
      imports: [
        DaprModule.forRootAsync({ clientNames, useFactory: () => NO_SIDECAR }),
      ],
      providers: [Reports],
    };
    await expectError(errorOf(metadata), '"reports"', 'clients');
  });
});

describe('an app does not start with DaprModule', () => {
  const words = ['AppModule and OrdersModule', 'once', '"clients"'];

  function orders(imported: DynamicModule | Type): Type {
    @Module({ imports: [imported] })
    class OrdersModule {}
    return OrdersModule;
  }

  it('imported twice by forRoot [I2]', async () => {
    const second = orders(DaprModule.forRoot(NO_SIDECAR));
    await expectError(startError({ imports: [second] }), '2 times', ...words);
  });

  it('imported by forRoot and by forRootAsync [I2]', async () => {
    const dapr = DaprModule.forRootAsync({ useFactory: () => NO_SIDECAR });
    await expectError(startError({ imports: [orders(dapr)] }), ...words);
  });

  it('imported by its bare class beside forRoot [I2]', async () => {
    await expectError(startError({ imports: [orders(DaprModule)] }), ...words);
  });

  it('imported by its bare class alone [I2]', async () => {
    await expectError(
      errorOf({ imports: [DaprModule] }),
      'by AppModule',
      'DaprModule.forRoot()',
    );
  });

  it('left without options by its factory [I2]', async () => {
    const useFactory = () => undefined as unknown as DaprModuleOptions;
    await expectError(
      errorOf({ imports: [DaprModule.forRootAsync({ useFactory })] }),
      'forRootAsync()',
      'options',
    );
  });

  it('but with one of them in several modules it does', async () => {
    const dapr = DaprModule.forRoot(NO_SIDECAR);
    const started = errorOf({ imports: [dapr, orders(dapr)] });
    await expect(started).rejects.toThrow('the app started');
  });
});

describe('an app with an embedded sidecar does not start', () => {
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0))
      await rm(folder, { recursive: true });
  });

  async function resources(name: string, text: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
    folders.push(folder);
    await writeFile(join(folder, name), text);
    return folder;
  }

  const start = (embedded: DaprModuleOptions['embedded']) =>
    startError({}, { sidecar: 'embedded', embedded: { ...embedded } });

  it('with a component file that is no YAML [I2]', async () => {
    const folder = await resources('broken.yaml', 'kind: [Component');
    await expectError(start({ resources: folder }), 'broken.yaml');
  });

  it('with a component of a type that it does not have [I2]', async () => {
    const folder = await resources(
      'kafka.yaml',
      `
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: mails }
spec: { type: bindings.smtp, version: v1, metadata: [] }
`,
    );
    await expectError(
      start({ resources: folder }),
      'kafka.yaml',
      '"mails"',
      'bindings.smtp',
      'dapr run',
    );
  });

  it('with a folder that is not there [I2]', async () => {
    const folder = join(tmpdir(), 'nestjs-dapr-not-there');
    await expectError(start({ resources: folder }), folder);
  });

  it('on a port that is taken [I2] [H19]', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expectError(
      start({ httpPort: port }),
      `Port ${port}`,
      'another port',
    );
    other.close();
  });

  it('when its handlers contradict each other, and closes its sidecar', async () => {
    const controllers = subscribers({}, {});
    await expectError(
      startError({ controllers }, { sidecar: 'embedded' }),
      'Orders.onOrder',
    );
  });
});

describe('an app does not listen', () => {
  it('where its port is taken, and then its sidecar does not keep the process alive', async () => {
    @Module({ imports: [DaprModule.forRoot({ sidecar: 'embedded' })] })
    class AppModule {}
    const servers = (): number =>
      process
        .getActiveResourcesInfo()
        .filter((name) => name === 'TCPServerWrap').length;
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const before = servers();
    const app = await NestFactory.create(AppModule, new ExpressAdapter(), {
      logger: new CapturedLog(),
      abortOnError: false,
    });
    await expect(app.listen(port, '127.0.0.1')).rejects.toThrow('EADDRINUSE');
    await until(() => servers() <= before);
    await app.close();
    other.close();
  });

  it("where the port of Dapr's own is taken, and says so [H19]", async () => {
    const other = createServer().listen(0);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const error = await startError({}, { ...NO_SIDECAR, server: { port } });
    expect(error).toMatchObject({ code: 'EADDRINUSE', port });
    other.close();
  });
});

it('an app with nothing for Dapr to call starts', async () => {
  @Controller()
  class Own {
    @Get()
    get(): void {}
  }
  const started = startError({ controllers: [Own] });
  await expect(started).rejects.toThrow('the app started');
});
