import { Controller, Get } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import {
  Actor,
  ActorType,
  InputBinding,
  Invocable,
  Subscribe,
  type DaprModuleOptions,
} from '../../lib/index.js';
import { cloudEvent, startNestApp, type NestApp } from '../support/nest-app.js';
import { runNest } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

const ran: unknown[] = [];

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
  onOrder(@Payload() order: unknown): void {
    ran.push(order);
  }

  @InputBinding('inbox')
  onMail(): void {
    ran.push('binding');
  }

  @Invocable('checkout')
  checkout(): void {
    ran.push('invocation');
  }

  @Get('prices')
  prices(): string {
    return 'open';
  }
}

/** Every route of Dapr's but the health probe. */
const routes = [
  ['GET', '/dapr/config'],
  ['GET', '/dapr/subscribe'],
  ['POST', '<orders>'],
  ['DELETE', '<orders>'],
  ['POST', '/dapr/sub/pubsub/earlier/123'],
  ['POST', '/job/nightly'],
  ['OPTIONS', '/inbox'],
  ['POST', '/inbox'],
  ['GET', '/checkout'],
  ['POST', '/checkout'],
  ['PUT', '/actors/Counter/a/method/count'],
  ['PUT', '/actors/Counter/a/method/timer/t'],
  ['PUT', '/actors/Counter/a/method/remind/r'],
  ['PUT', '/actors/Unknown/a/method/count'],
  ['POST', '/actors/Counter/a'],
  ['DELETE', '/actors/Counter/a'],
] as const;

const TOKEN = 'the-token-of-the-app';

/** Addresses of this machine that are not on loopback. */
const addresses = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .filter(({ internal, family }) => !internal && family === 'IPv4')
  .map(({ address }) => address);

describe.each(platforms)('Dapr routes on %s', (_platform, adapter) => {
  let nest: NestApp;
  let orders: string;

  const start = async (
    server: DaprModuleOptions['server'],
    host?: string,
  ): Promise<void> => {
    nest = await startNestApp({
      adapter: adapter(),
      controllers: [Handlers],
      providers: [CounterActor],
      dapr: { server: { ...server } },
      ...(host !== undefined && { host }),
    });
    orders = await nest.routeOf('orders');
  };
  const pathOf = (path: string): string => path.replace('<orders>', orders);

  describe('with an app token', () => {
    beforeAll(() => start({ appToken: TOKEN, trustedPeers: ['127.0.0.1'] }));
    afterAll(() => nest.close());
    afterEach(() => {
      ran.length = 0;
    });

    it.each(routes)(
      'turn away %s %s without it, or with a wrong one [H15]',
      async (verb, path) => {
        const event = verb === 'POST' ? cloudEvent('secret') : undefined;
        const wrong = [{}, { 'dapr-api-token': `${TOKEN}!` }];
        for (const headers of wrong) {
          const answer = await nest.call(verb, pathOf(path), event, headers);
          expect(answer.status).toBe(401);
          expect(answer.json).toEqual({
            statusCode: 401,
            message: 'the header dapr-api-token is missing or wrong',
          });
        }
        expect(ran).toEqual([]);
      },
    );

    it('are there for whoever shows it [H15]', async () => {
      const headers = { 'dapr-api-token': TOKEN };
      const event = cloudEvent('order');
      const answer = await nest.call('POST', orders, event, headers);
      expect(answer.json).toEqual({ status: 'SUCCESS' });
      const actor = '/actors/Counter/a/method/count';
      const count = await nest.call('PUT', actor, undefined, headers);
      expect(count.text).toBe('1');
      expect(ran).toEqual(['order', 'actor']);
    });

    it('leave the health probe and the routes of the app itself open [H15]', async () => {
      expect((await nest.call('GET', '/healthz')).status).toBe(200);
      expect((await nest.call('GET', '/prices')).text).toBe('open');
    });

    it('say so once in the log, without the token that was shown [H15] [C6]', () => {
      const lines = nest.log.of('warn', 'Refused a call');
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain('by 127.0.0.1');
      expect(lines[0]).toContain('APP_API_TOKEN');
      expect(nest.log.all()).not.toContain(TOKEN);
      expect(nest.log.all()).not.toContain('secret');
    });
  });

  // Only where the machine has another address than loopback.
  for (const address of addresses.slice(0, 1)) {
    const callFrom = (
      verb: string,
      path: string,
      headers: Record<string, string> = {},
    ): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const { port } = nest;
        request(
          { host: address, port, method: verb, path, headers, agent: false },
          (response) => {
            response.resume().once('end', () => resolve(response.statusCode));
          },
        )
          .once('error', reject)
          .end();
      });

    describe('without an app token', () => {
      beforeAll(() => start({}, '0.0.0.0'));
      afterAll(() => nest.close());
      afterEach(() => {
        ran.length = 0;
      });

      it.each(routes)(
        'turn away %s %s of a peer beyond loopback, whatever it says of itself [H16]',
        async (verb, path) => {
          const lies = { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '::1' };
          expect(await callFrom(verb, pathOf(path))).toBe(401);
          expect(await callFrom(verb, pathOf(path), lies)).toBe(401);
          expect(ran).toEqual([]);
        },
      );

      it('take loopback peers, whatever a header says [H16]', async () => {
        const headers = { 'x-forwarded-for': '203.0.113.9' };
        const event = cloudEvent('order');
        const answer = await nest.call('POST', orders, event, headers);
        expect(answer.json).toEqual({ status: 'SUCCESS' });
      });

      it('leave the health probe and the routes of the app itself open [H16]', async () => {
        expect(await callFrom('GET', '/healthz')).toBe(200);
        expect(await callFrom('GET', '/prices')).toBe(200);
      });

      it('say so once in the log, with both remedies [H16]', () => {
        const lines = nest.log.of('warn', 'Refused a call');
        expect(lines).toHaveLength(1);
        expect(lines[0]).toContain(`by ${address}`);
        expect(lines[0]).toContain('APP_API_TOKEN');
        expect(lines[0]).toContain('server.trustedPeers');
      });
    });

    it('take the peers that trustedPeers names [H16]', async () => {
      await start({ trustedPeers: [`${address}/32`] }, '0.0.0.0');
      expect(await callFrom('GET', '/dapr/config')).toBe(200);
      expect(nest.log.of('warn', 'Refused a call')).toEqual([]);
      await nest.close();
    });
  }

  it('are called by a sidecar that has the token of the app [H15]', async () => {
    const run = await runNest({
      adapter: adapter(),
      controllers: [Handlers],
      providers: [CounterActor],
      appToken: TOKEN,
    });
    await run.client.pubsub.publish('pubsub', 'orders', 'order');
    await until(() => ran.length > 0);
    expect(await run.client.actor.invoke('Counter', 'a', 'count')).toBe(1);
    await run.client.invoker.invoke('app', 'checkout', 'POST');
    expect(ran).toEqual(['order', 'actor', 'invocation']);
    expect(run.log.of('warn', 'Refused a call')).toEqual([]);
    expect(run.log.all()).not.toContain(TOKEN);
    await run.close();
    ran.length = 0;
  });
});
