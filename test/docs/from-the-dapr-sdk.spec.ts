import * as grpc from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as nestCommon from '@nestjs/common';
import type { INestApplication, Type } from '@nestjs/common';
import * as microservices from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import * as nestjsDapr from 'nestjs-dapr';
import { DaprModule } from 'nestjs-dapr';
import * as sdk from 'nestjs-dapr/sdk';
import { EmbeddedSidecar } from 'nestjs-dapr/testing';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { component, resources } from '../conformance/components.js';
import { CapturedLog } from '../support/captured-log.js';
import * as greeter from '../support/greeter.js';
import { folderWith } from '../support/stage.js';
import { blocksOf, exportsOf } from './blocks.js';
import { namesOfSdk, namesOn } from './sdk-names.js';

const PAGE = 'docs/from-the-dapr-sdk.md';

/** What the blocks of the page export. */
const page: Readonly<Record<string, unknown>> = Object.assign(
  {},
  ...blocksOf(PAGE).map((block) =>
    exportsOf(block, {
      '@grpc/grpc-js': grpc,
      '@nestjs/common': nestCommon,
      '@nestjs/microservices': microservices,
      'nestjs-dapr': nestjsDapr,
      'nestjs-dapr/sdk': sdk,
      '../test/support/greeter.js': greeter,
    }),
  ),
);

const modules = ['CounterModule', 'AppModule', 'GrpcModule'];
const controllers = ['Invocations', 'Messages', 'Settings', 'Reports'];
const providers = [
  'Greetings',
  'Words',
  'People',
  'Outputs',
  'Secrets',
  'Locks',
  'DemoActorSayImpl',
  'DemoActorSayAsItWas',
  'Callers',
  'DemoActorTimerImpl',
  'Timers',
  'DemoActorReminderImpl',
];
const classOf = <T>(name: string): Type<T> => page[name] as Type<T>;

describe('the page for those who come from the SDK', () => {
  it('has a row for all that the SDK has', () => {
    const names = namesOfSdk();
    expect(names.length).toBeGreaterThan(100);
    const rows = new Set(namesOn(PAGE));
    expect(names.filter((name) => !rows.has(name))).toEqual([]);
  });

  it('has no block of code that nothing here runs', () => {
    const known = [...modules, ...controllers, ...providers];
    expect(Object.keys(page).sort()).toEqual(
      [...known, 'DemoCounter', 'Readiness', 'isThere'].sort(),
    );
  });
});

describe('a module of that page', () => {
  let dapr: EmbeddedSidecar;
  beforeAll(async () => {
    dapr = await EmbeddedSidecar.start();
  });
  afterAll(() => dapr.close());

  const run = (name: string): Promise<INestApplication> =>
    dapr.run(
      Test.createTestingModule({ imports: [classOf(name)] }).setLogger(
        new CapturedLog(),
      ),
      { appId: name },
    );

  it('hosts an actor of the SDK', async () => {
    await run('CounterModule');
    const counter = dapr.actor(classOf<Counter>('DemoCounter'), 'a');
    expect(await counter.increment(2)).toBe(2);
    expect(await counter.increment(3)).toBe(5);
  });

  it('gives a client, over HTTP or gRPC', async () => {
    const app = await run('AppModule');
    const readiness = app.get(classOf<Readiness>('Readiness'));
    expect(await readiness.isReady()).toBe(true);
    const client = (await run('GrpcModule')).get(nestjsDapr.DaprClient);
    await client.state.save('statestore', [{ key: 'a', value: 1 }]);
    expect(await client.state.get('statestore', 'a')).toBe(1);
  });
});

describe('a building block on that page', () => {
  let folder: string;
  let dapr: EmbeddedSidecar;
  let app: INestApplication;
  let greeterApp: greeter.GreeterApp;

  beforeAll(async () => {
    folder = await folderWith(
      resources(
        component('state.in-memory', 'my-state-store-name', {
          actorStateStore: 'true',
        }),
        component('state.mongodb', 'state-mongodb'),
        component('pubsub.in-memory', 'my-pubsub-name'),
        component('configuration.redis', 'config-store'),
        component('lock.redis', 'redislock'),
        component('conversation.echo', 'my-model'),
      ),
    );
    const secretsFile = join(folder, 'secrets.json');
    await writeFile(secretsFile, '{ "secret-key": "value" }');
    await writeFile(
      join(folder, 'folders.yaml'),
      resources(
        component('secretstores.local.file', 'my-secret-store', {
          secretsFile,
        }),
        component('bindings.localstorage', 'my-binding-name', {
          rootPath: folder,
        }),
      ),
    );
    dapr = await EmbeddedSidecar.start({
      appId: 'my-app-id',
      resources: folder,
    });
    app = await dapr.run(
      Test.createTestingModule({
        imports: [
          DaprModule.forRoot(),
          DaprModule.forFeature(['DemoActorSayImpl']),
        ],
        controllers: controllers.map(classOf),
        providers: providers.map(classOf),
      }).setLogger(new CapturedLog()),
    );
    greeterApp = await greeter.startGreeter();
    await dapr.connect({
      appId: 'greeter',
      port: greeterApp.port,
      protocol: 'grpc',
    });
  });
  afterAll(async () => {
    await dapr.close();
    greeterApp.close();
    await rm(folder, { recursive: true });
  });

  const get = <T>(name: string): T => app.get(classOf<T>(name));

  it('can be asked for from a script', async () => {
    const { hostname, port } = new URL(dapr.httpEndpoint);
    const isThere = page['isThere'] as (
      host: string,
      port: string,
    ) => Promise<boolean>;
    expect(await isThere(hostname, port)).toBe(true);
  });

  it('calls a gRPC service by its own client', async () => {
    const greetings = get<{ greet(name: string): Promise<string> }>(
      'Greetings',
    );
    expect(await greetings.greet('Ada')).toBe('Hello, Ada');
  });

  it('invokes a service', async () => {
    const invocations = get<{ invoke(): Promise<unknown> }>('Invocations');
    expect(await invocations.invoke()).toEqual([
      { hello: 'world' },
      { hello: 'nobody' },
    ]);
  });

  it('saves, gets and deletes state', async () => {
    const words = get<{ change(): Promise<unknown> }>('Words');
    expect(await words.change()).toEqual({
      first: 'hello',
      both: ['hello', 'world'],
      last: 'new-data',
    });
    const { state } = dapr.client;
    for (const key of ['first-key-name', 'second-key-name'])
      expect(await state.get('my-state-store-name', key)).toBeUndefined();
  });

  it('queries state', async () => {
    const person = (org: string, state: string) => ({ person: { org }, state });
    const people = [
      person('Dev Ops', 'AK'),
      person('Finance', 'CA'),
      person('Finance', 'NY'),
      person('Finance', 'WA'),
      person('Sales', 'WA'),
    ];
    await dapr.client.state.save(
      'state-mongodb',
      people.map((value, index) => ({ key: `${index}`, value })),
    );
    const found = await get<{ find(): Promise<unknown> }>('People').find();
    expect(found).toEqual([people[3], people[1], people[0]]);
  });

  it('publishes messages', async () => {
    const messages = get<{ publish(): Promise<void>; received: unknown[] }>(
      'Messages',
    );
    await messages.publish();
    await dapr.idle();
    expect(messages.received).toEqual([{ hello: 'world' }]);
  });

  it('invokes an output binding', async () => {
    const answer = await get<{ send(): Promise<{ fileName: string }> }>(
      'Outputs',
    ).send();
    const written = readFileSync(join(folder, answer.fileName), 'utf8');
    expect(JSON.parse(written)).toEqual({ hello: 'world' });
  });

  it('retrieves secrets', async () => {
    expect(await get<{ read(): Promise<unknown> }>('Secrets').read()).toEqual({
      one: { 'secret-key': 'value' },
      all: { 'secret-key': { 'secret-key': 'value' } },
    });
  });

  it('gets configuration keys, and is told of changes', async () => {
    const settings = get<{ read(): Promise<unknown>; changes: string[] }>(
      'Settings',
    );
    const values = dapr.configuration('config-store');
    values.set('key1', 'one');
    values.set('key2', 'two');
    await dapr.idle();
    expect(await settings.read()).toEqual(['one', 'two']);
    expect(settings.changes).toEqual(['key1=one']);
  });

  it('schedules jobs, and asks a model', async () => {
    const reports = get<{
      order(text: string): Promise<void>;
      summaries: string[];
    }>('Reports');
    await reports.order('to be echoed');
    await dapr.clock.advance('5m');
    expect(reports.summaries).toEqual(['to be echoed']);
  });

  it('takes a lock and gives it back', async () => {
    const locks = get<{ lockAndUnlock(): Promise<unknown> }>('Locks');
    expect(await locks.lockAndUnlock()).toEqual({
      success: true,
      status: 'Success',
    });
  });

  it('invokes actors', async () => {
    const callers =
      get<Record<'call' | 'invoke', () => Promise<string>>>('Callers');
    const said = 'Actor said: "Hello World"';
    expect(await callers.call()).toBe(said);
    expect(await callers.invoke()).toBe(said);
    const asItWas = dapr.actor(classOf<Say>('DemoActorSayAsItWas'), 'a');
    expect(await asItWas.say('Hello World')).toBe(said);
  });

  it('has timers of actors', async () => {
    const timers =
      get<Record<'start' | 'stop', (id: string) => Promise<void>>>('Timers');
    const actor = dapr.actor<{ count(): number }>('DemoActorTimerImpl', 'a');
    await timers.start('a');
    await dapr.clock.advance('4s');
    expect(await actor.count()).toBe(3);
    await timers.stop('a');
    await dapr.clock.advance('4s');
    expect(await actor.count()).toBe(3);
  });

  it('has reminders of actors', async () => {
    const actor = dapr.actor<{ init(): void; woken(): string[] }>(
      'DemoActorReminderImpl',
      'a',
    );
    await actor.init();
    await dapr.clock.advance('8h');
    expect(await actor.woken()).toEqual(['good morning']);
  });
});

interface Counter {
  increment(amount: number): number;
}

interface Readiness {
  isReady(): Promise<boolean>;
}

interface Say {
  say(message: string): string;
}
