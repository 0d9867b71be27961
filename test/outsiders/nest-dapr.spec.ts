import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import ts from 'typescript';
import { EmbeddedSidecar } from '../../lib/testing/index.js';
import { freePort } from '../dapr/ports.js';
import { compilerOptions } from '../package/compile.js';
import { IN_MEMORY, RETRIES } from '../support/nest-run.js';
import { folderWith } from '../support/stage.js';
import { until } from '../support/until.js';

const CRON = `
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: stocktaking }
spec:
  type: bindings.cron
  version: v1
  metadata: [{ name: schedule, value: '@every 1m' }]
`;

/** The methods of its actor. */
interface Basket {
  add(line: object): Promise<{ total: number }>;
  watch(): Promise<string>;
  fail(): Promise<void>;
}

describe('an app on @rayondigital/nest-dapr, with the embedded sidecar', () => {
  let folder: string;
  let dapr: EmbeddedSidecar;
  let app: ChildProcess;
  /** What the app told. */
  const told: unknown[][] = [];
  const of = (what: string): unknown[][] =>
    told.filter(([first]) => first === what);

  beforeAll(async () => {
    folder = await folderWith(`${IN_MEMORY}---${RETRIES}---${CRON}`);
    dapr = await EmbeddedSidecar.start({ appId: 'theirs', resources: folder });
    const port = await freePort();
    app = startApp({
      APP_PORT: String(port),
      DAPR_HTTP_PORT: new URL(dapr.httpEndpoint).port,
    });
    app.on('message', (what: unknown[]) => told.push(what));
    await until(() => {
      if (app.exitCode !== null)
        throw new Error(`the app exited with ${app.exitCode}`);
      return of('listening').length === 1;
    });
    await dapr.connect({ port });
  });
  afterAll(async () => {
    await dapr.close();
    const exit = once(app, 'exit');
    app.disconnect();
    await exit;
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    told.length = 0;
  });

  const basket = (id: string) => dapr.actor<Basket>('Basket', id);

  it('gets the messages of its topics, and calls its actors', async () => {
    const order = { sku: 'book', quantity: 2, customer: 'alice' };
    await dapr.client.pubsub.publish('pubsub', 'orders', order);
    await dapr.idle();
    await until(() => of('order').length === 1);
    expect(of('order')).toEqual([['order', order, { total: 8 }]]);
    expect(dapr.transcript.of('topic').map(({ outcome }) => outcome)).toEqual([
      'SUCCESS',
    ]);
  });

  it('gets a message again whose handler throws, and not one that it drops', async () => {
    await dapr.client.pubsub.publish('pubsub', 'poison', { n: 1 });
    await dapr.client.pubsub.publish('pubsub', 'broken', { n: 2 });
    await dapr.clock.advance('1s');
    await until(() => of('broken').length === 4);
    expect(of('poison')).toEqual([['poison', { n: 1 }]]);
  });

  it('gets the ticks of a cron binding', async () => {
    await dapr.clock.advance('2m');
    await until(() => of('stocktaking').length === 2);
  });

  it('is invoked by its id', async () => {
    expect(
      await dapr.client.invoker.invoke('theirs', 'checkout?cart=7', 'get'),
    ).toEqual({ asked: '/checkout?cart=7' });
  });

  it('hosts actors that keep their state, and are put away when they idle', async () => {
    const line = { sku: 'pen', quantity: 1 };
    expect(await basket('bob').add(line)).toEqual({ total: 3 });
    expect(await basket('bob').add(line)).toEqual({ total: 6 });
    await dapr.clock.advance('11m');
    await until(() => of('deactivated').some(([, id]) => id === 'bob'));
    expect(await basket('bob').add(line)).toEqual({ total: 9 });
    await until(
      () => of('activated').filter(([, id]) => id === 'bob').length === 2,
    );
  });

  it('gets the timers and reminders of its actors', async () => {
    await basket('carol').watch();
    await dapr.clock.advance('1m');
    // Due after 5 s, every 10 s, for 12 s from the first on.
    await until(() => of('tick').length > 1);
    expect(of('tick')).toEqual([
      ['tick', 'tock'],
      ['tick', 'tock'],
    ]);
    await dapr.clock.advance('3h');
    await until(() => of('reminder').length > 0);
    expect(of('reminder')).toEqual([['reminder', 'tea']]);
  });

  it("gets an actor's failure as Dapr passes it on", async () => {
    await expect(basket('dave').fail()).rejects.toMatchObject({
      name: 'ActorInvocationError',
      status: 500,
    });
  });
});

/** Runs it as a user's own process, from the repository's folder, where its packages are. */
function startApp(env: Readonly<Record<string, string>>): ChildProcess {
  const source = readFileSync('test/outsiders/nest-dapr-app.ts', 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      ...compilerOptions(),
      module: ts.ModuleKind.ESNext,
      sourceMap: false,
    },
  });
  return spawn(
    process.execPath,
    ['--input-type=module', '--eval', outputText],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { PATH: process.env.PATH, ...env },
    },
  );
}
