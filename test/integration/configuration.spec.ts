import {
  Controller,
  Injectable,
  Post,
  UseGuards,
  type CanActivate,
} from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import {
  CommunicationProtocolEnum,
  ConfigurationContext,
  ConfigurationItems,
  DropMessageException,
  OnConfiguration,
  type ConfigurationResponse,
} from '../../lib/index.js';
import { resources } from '../conformance/components.js';
import { startBacking, type Backing } from '../support/backing.js';
import {
  valuesOf,
  type ConfigurationValues,
} from '../support/configuration-values.js';
import { startNestApp, type NestApp } from '../support/nest-app.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { refusalOf } from '../support/refusal.js';
import { until } from '../support/until.js';
import { startServer, type TestServer } from './client/server.js';

interface Change {
  readonly handler: string;
  readonly items: ConfigurationItems;
  readonly context?: ConfigurationContext;
}

const changes: Change[] = [];
let answer: () => unknown = () => undefined;

@Injectable()
class Closed implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
class Handlers {
  @OnConfiguration('conf', ['limit', 'motd'])
  onSome(
    @Payload() items: ConfigurationItems,
    @Ctx() context: ConfigurationContext,
  ): unknown {
    changes.push({ handler: 'some', items, context });
    return answer();
  }

  @OnConfiguration('written', [], { metadata: { kept: 'yes' } })
  onAll(@Payload() items: ConfigurationItems): void {
    changes.push({ handler: 'all', items });
  }

  @OnConfiguration('conf', ['limit'])
  @UseGuards(Closed)
  onGuarded(@Payload() items: ConfigurationItems): void {
    changes.push({ handler: 'guarded', items });
  }
}

/** What a handler was told of a key, in order. */
const told = (handler: string, key: string): (string | undefined)[] =>
  changes
    .filter((change) => change.handler === handler && key in change.items)
    .map(({ items }) => items[key]?.value);

describe.each(platforms)('configuration on %s', (_platform, adapter) => {
  describe.each(['HTTP', 'GRPC'] as const)('over %s', (protocol) => {
    let backing: Backing;
    let nest: NestRun;
    let values: ConfigurationValues;
    let others: ConfigurationValues;

    beforeAll(async () => {
      changes.length = 0;
      answer = () => undefined;
      backing = await startBacking('redis');
      nest = await runNest({
        adapter: adapter(),
        resources: resources(
          backing.component('configuration', 'conf'),
          backing.component('configuration', 'deployed'),
        ),
        controllers: [Handlers],
        dapr: {
          names: { written: 'deployed' },
          communicationProtocol: CommunicationProtocolEnum[protocol],
        },
      });
      values = valuesOf(nest.sidecar, backing, 'conf');
      others = valuesOf(nest.sidecar, backing, 'deployed');
      await heard('some', 'limit');
      await heard('some', 'motd');
      await heard('all', 'other', others);
    });
    afterAll(async () => {
      await nest?.close();
      await backing?.stop();
    });
    beforeEach(() => {
      changes.length = 0;
      answer = () => undefined;
      nest.log.lines.length = 0;
    });

    /** Resolves when the subscription of a handler is in effect. */
    async function heard(
      handler: string,
      key: string,
      of = values,
    ): Promise<void> {
      let probe = 0;
      await until(async () => {
        probe += 1;
        await of.set(key, `probe ${probe}`);
        return told(handler, key).length > 0;
      });
      await until(() => told(handler, key).includes(`probe ${probe}`));
    }

    it('reaches the handlers of its keys', async () => {
      await values.set('limit', '10||2');
      await until(() => told('some', 'limit').includes('10'));
      const change = changes.find(({ handler }) => handler === 'some');
      expect(change?.items).toBeInstanceOf(ConfigurationItems);
      expect(change?.items).toEqual({
        limit: { key: 'limit', value: '10', version: '2', metadata: {} },
      });
      expect(change?.context).toBeInstanceOf(ConfigurationContext);
      expect(change?.context?.storeName).toBe('conf');
      expect(change?.context?.keys).toEqual(['limit']);
      expect(change?.context?.signal.aborted).toBe(false);
    });

    it('reaches the handlers of all keys, of a store by its deployed name', async () => {
      await others.set('a/b c', 'v');
      await until(() => told('all', 'a/b c').includes('v'));
    });

    it('reaches handlers when a key is gone, with an empty value', async () => {
      await values.set('limit', '1');
      await values.delete('limit');
      await until(() => told('some', 'limit').at(-1) === '');
    });

    it('reaches no handler whose guard refuses it, and a warning says so', async () => {
      await values.set('limit', 'guarded');
      await until(
        () =>
          nest.log.of(
            'warn',
            'Handlers.onGuarded refused a change of limit in configuration "conf"',
          ).length > 0,
      );
      expect(told('guarded', 'limit')).toEqual([]);
    });

    it('reaches a handler again after it failed, and the failure is logged once [H1]', async () => {
      answer = () => {
        throw new Error('broken');
      };
      await values.set('motd', 'failing');
      await until(() => told('some', 'motd').includes('failing'));
      answer = () => undefined;
      await values.set('motd', 'next');
      await until(() => told('some', 'motd').includes('next'));
      const failures = told('some', 'motd').filter(
        (value) => value === 'failing',
      );
      const line =
        'Handlers.onSome failed on a change of motd in configuration "conf": broken';
      expect(nest.log.of('error', line)).toHaveLength(failures.length);
      expect(nest.log.of('warn', 'broken')).toEqual([]);
    });

    it('reaches a handler again after it dropped a change', async () => {
      answer = () => {
        throw new DropMessageException('not now');
      };
      await values.set('motd', 'dropped');
      await until(() => told('some', 'motd').includes('dropped'));
      answer = () => undefined;
      await values.set('motd', 'next');
      await until(() => told('some', 'motd').includes('next'));
      expect(nest.log.of('warn').join('\n')).toContain('not now');
    });

    describe('for a subscription of the client', () => {
      const errors: Error[] = [];
      const updates: ConfigurationResponse[] = [];
      const valuesToldOf = (key: string): (string | undefined)[] =>
        updates.map(({ items }) => items[key]?.value);
      beforeEach(() => {
        errors.length = 0;
        updates.length = 0;
      });

      it('comes until it is stopped, one after the other', async () => {
        const { configuration } = nest.client;
        let running = 0;
        const subscription = await configuration.subscribeWithKeys(
          'conf',
          ['mine'],
          async (update) => {
            running += 1;
            expect(running).toBe(1);
            await new Promise(setImmediate);
            updates.push(update);
            running -= 1;
          },
        );
        await until(async () => {
          await values.set('mine', 'probe');
          return updates.length > 0;
        });
        await values.set('mine', 'last||7');
        await until(() => valuesToldOf('mine').includes('last'));
        expect(updates.at(-1)).toEqual({
          items: {
            mine: { key: 'mine', value: 'last', version: '7', metadata: {} },
          },
        });
        await subscription.stop();
        updates.length = 0;
        await values.set('mine', 'late');
        await values.set('limit', 'after');
        await until(() => told('some', 'limit').includes('after'));
        expect(updates).toEqual([]);
      });

      it('goes on when the callback throws, which is told', async () => {
        const subscription = await nest.client.configuration.subscribeWithKeys(
          'conf',
          ['thrown'],
          (update) => {
            updates.push(update);
            throw new Error('broken');
          },
          { onError: (error) => errors.push(error) },
        );
        await until(async () => {
          await values.set('thrown', 'probe');
          return updates.length > 1;
        });
        expect(errors[0]?.message).toBe('broken');
        await subscription.stop();
      });

      it('goes on when the callback rejects, which is logged where nobody is told', async () => {
        const subscription = await nest.client.configuration.subscribeWithKeys(
          'conf',
          ['logged'],
          (update) => {
            updates.push(update);
            return Promise.reject(new Error('broken'));
          },
        );
        await until(async () => {
          await values.set('logged', 'probe');
          return updates.length > 1;
        });
        const line =
          'configuration.subscribe "conf" key "logged" is in trouble, and goes on: broken';
        expect(nest.log.of('warn', line).length).toBeGreaterThan(0);
        await subscription.stop();
      });

      it('ends with its signal', async () => {
        const stop = new AbortController();
        await nest.client.configuration.subscribeWithKeys(
          'conf',
          ['aborted'],
          (update) => void updates.push(update),
          { signal: stop.signal },
        );
        await until(async () => {
          await values.set('aborted', 'probe');
          return updates.length > 0;
        });
        stop.abort();
        updates.length = 0;
        await values.set('aborted', 'late');
        await values.set('limit', 'later');
        await until(() => told('some', 'limit').includes('later'));
        expect(updates).toEqual([]);
      });

      it('is told when the sidecar restarts, and made again, with the values as they are now [C13]', async () => {
        await nest.client.configuration.subscribeWithKeys(
          'conf',
          ['lasting'],
          (update) => void updates.push(update),
          { onError: (error) => errors.push(error) },
        );
        await until(async () => {
          await values.set('lasting', 'probe');
          return updates.length > 0;
        });
        await values.set('lasting', 'meanwhile');
        await until(() => valuesToldOf('lasting').includes('meanwhile'));
        updates.length = 0;
        changes.length = 0;
        await nest.sidecar.restart();
        if (nest.sidecar.kind === 'daprd' || protocol === 'HTTP') {
          await until(() => valuesToldOf('lasting').includes('meanwhile'));
          expect(errors.length).toBeGreaterThan(0);
        }
        await until(async () => {
          await values.set('lasting', 'again');
          await values.set('limit', 'again');
          return (
            valuesToldOf('lasting').includes('again') &&
            told('some', 'limit').includes('again')
          );
        });
      });
    });
  });
});

const TOKEN = 'app-token';

describe.each(platforms)(
  'a change that is posted on %s',
  (_platform, adapter) => {
    let sidecar: TestServer;
    let nest: NestApp;
    let subscribed = 0;

    @Controller()
    class Listener {
      @OnConfiguration('conf', ['a', 'b'])
      onChange(@Payload() items: ConfigurationItems): unknown {
        changes.push({ handler: 'posted', items });
        return answer();
      }

      @Post('configuration/mine/:key')
      mine(): string {
        return 'mine';
      }
    }

    beforeEach(async () => {
      changes.length = 0;
      subscribed = 0;
      answer = () => undefined;
      sidecar = await startServer(({ url }, response) => {
        if (url.includes('/subscribe')) {
          subscribed += 1;
          response.end(JSON.stringify({ id: `id-${subscribed}` }));
        } else if (url === '/v1.0/metadata') response.end('{"id":"app"}');
        else response.writeHead(204).end();
      });
      nest = await startNestApp({
        adapter: adapter(),
        controllers: [Listener],
        dapr: { httpEndpoint: sidecar.url, server: { appToken: TOKEN } },
      });
      await until(() => subscribed === 1);
      // The answer has to arrive, too.
      await until(
        async () => (await post('id-1', 'a', 'probe')).status === 200,
      );
      await until(() => changes.length > 0);
      changes.length = 0;
    });
    afterEach(async () => {
      await nest.close();
      await sidecar.close();
    });

    const asked = (path: string): string[] =>
      sidecar.requests
        .map(({ url }) => url)
        .filter((url) => url.startsWith(`/v1.0/configuration/${path}`));
    const post = (
      id: string,
      key: string,
      value: string,
      headers: Record<string, string> = { 'dapr-api-token': TOKEN },
    ) =>
      nest.call(
        'POST',
        `/configuration/conf/${key}`,
        { id, items: { [key]: { value } } },
        headers,
      );

    it('is subscribed to once the sidecar is ready', () => {
      expect(asked('conf/subscribe')).toEqual([
        '/v1.0/configuration/conf/subscribe?key=a&key=b',
      ]);
    });

    it('is answered 200 when it is handled, and 500 when that failed', async () => {
      const handled = await post('id-1', 'a', 'x');
      expect(handled.status).toBe(200);
      expect(handled.text).toBe('');
      answer = () => {
        throw new Error('secret');
      };
      const failed = await post('id-1', 'a', 'x');
      expect(failed.status).toBe(500);
      expect(failed.text).not.toContain('secret');
      answer = () => 'DROP';
      expect((await post('id-1', 'a', 'x')).status).toBe(200);
    });

    it('is handled once per key, though each of its keys brings all', async () => {
      const update = { id: 'id-1', items: { a: { value: '1' }, b: {} } };
      const headers = { 'dapr-api-token': TOKEN };
      for (const key of ['a', 'b'])
        await nest.call('POST', `/configuration/conf/${key}`, update, headers);
      expect(changes.map(({ items }) => Object.keys(items))).toEqual([
        ['a'],
        ['b'],
      ]);
    });

    it('is taken from nobody but the sidecar [H15]', async () => {
      expect((await post('id-1', 'a', 'x', {})).status).toBe(401);
      expect(changes).toEqual([]);
    });

    it.each<[string, unknown]>([
      ['no JSON', '{'],
      ['null', 'null'],
      ['no id', { items: {} }],
      ['no items', { id: 'id-1' }],
      ['items that are none', { id: 'id-1', items: { a: 1 } }],
      ['values that are no text', { id: 'id-1', items: { a: { value: 1 } } }],
    ])('is refused when it is broken: %s', async (_what, body) => {
      const headers = { 'dapr-api-token': TOKEN };
      const path = '/configuration/conf/a';
      expect((await nest.call('POST', path, body, headers)).status).toBe(400);
      expect(changes).toEqual([]);
    });

    it('of an earlier run of the app is passed over, and its subscription ended', async () => {
      expect((await post('id-of-then', 'a', 'x')).status).toBe(200);
      await until(() => asked('conf/id-of-then').length > 0);
      expect(asked('conf/id-of-then')).toEqual([
        '/v1.0/configuration/conf/id-of-then/unsubscribe',
      ]);
      expect(changes).toEqual([]);
    });

    it.each(['', '\ud800'])(
      'of a subscription that nothing can name, "%s", ends nothing',
      async (id) => {
        const unhandled: unknown[] = [];
        const note = (reason: unknown): void => void unhandled.push(reason);
        process.on('unhandledRejection', note);
        expect((await post(id, 'a', 'x')).status).toBe(200);
        await new Promise(setImmediate);
        process.off('unhandledRejection', note);
        expect(unhandled).toEqual([]);
        expect(changes).toEqual([]);
      },
    );

    it("of another store is the app's own", async () => {
      const path = '/configuration/mine/key';
      expect((await nest.call('POST', path, {})).text).toBe('mine');
      expect(
        (await nest.call('POST', '/configuration/other/key', {})).status,
      ).toBe(404);
    });

    it('is subscribed to again when a sidecar asks for the configuration of the app', async () => {
      const headers = { 'dapr-api-token': TOKEN };
      await nest.call('GET', '/dapr/config', undefined, headers);
      await until(() => asked('conf/id-1/unsubscribe').length > 0);
      expect(asked('conf/subscribe')).toHaveLength(2);
      await until(async () => {
        await post('id-2', 'a', 'x');
        return changes.length > 0;
      });
    });

    it('is unsubscribed from when the app shuts down', async () => {
      await nest.close();
      expect(asked('conf/id-1/unsubscribe')).toHaveLength(1);
    });
  },
);

describe("a route of the app's own", () => {
  @Controller()
  class Shadowed {
    @OnConfiguration('conf', ['limit'])
    onLimit(): void {}

    @Post('configuration/:store/:key')
    own(): void {}
  }

  it('where Dapr posts changes of configuration is a start error', async () => {
    for (const [, adapter] of platforms) {
      const refused = await refusalOf({
        adapter: adapter(),
        controllers: [Shadowed],
      });
      expect(refused).toContain(
        "POST /configuration/conf/limit is a route of one of the app's own controllers, and there Dapr posts what Shadowed.onLimit subscribes to.",
      );
    }
  });

  it('is none of Dapr’s where changes come over gRPC', async () => {
    const nest = await startNestApp({
      adapter: platforms[0]![1](),
      controllers: [Shadowed],
      dapr: { communicationProtocol: CommunicationProtocolEnum.GRPC },
    });
    const answered = await nest.call('POST', '/configuration/conf/limit', {});
    expect(answered.status).toBe(201);
    await nest.close();
  });
});
