import { Controller, Delete, Param, Post } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import fc from 'fast-check';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import {
  Actor,
  ActorType,
  InputBinding,
  Invocable,
  ServerDapr,
  Subscribe,
  type ServerOptions,
} from '../../lib/index.js';
import { call, type WireAnswer } from '../conformance/wire.js';
import {
  cloudEvent,
  routeOf,
  startNestApp,
  type NestApp,
} from '../support/nest-app.js';
import { platforms } from '../support/platforms.js';
import { rawHttp } from '../support/raw-http.js';
import { until } from '../support/until.js';

const ran: unknown[] = [];

@ActorType('Counter')
class CounterActor extends Actor {
  count(by: number): number {
    ran.push(by);
    return by;
  }
}

@Controller()
class Handlers {
  @Subscribe('pubsub', 'orders', { deadLetterTopic: 'dead' })
  onOrder(@Payload() order: unknown): void {
    ran.push(order);
  }

  @InputBinding('inbox')
  onMail(@Payload() mail: unknown): void {
    ran.push(mail);
  }

  @Invocable('checkout', { verbs: ['POST'] })
  checkout(@Payload() cart: unknown): void {
    ran.push(cart);
  }

  // A route whose parameter must be decoded to be matched.
  @Post('files/:name')
  file(@Param('name') name: string): string {
    return name;
  }

  @Delete('files/:name')
  remove(): void {}
}

const SECRET = 'a-secret-of-the-payload';
const TOKEN = 'the-token-of-the-app';
const LIMIT = 4 * 1024 * 1024;
const COUNT = '/actors/Counter/a/method/count';

const VERBS = 'GET POST PUT PATCH DELETE OPTIONS HEAD'.split(' ');
const PATH_PARTS = [
  ...'actors Counter a method count timer remind dapr sub config'.split(' '),
  ...'subscribe healthz job files inbox checkout __proto__'.split(' '),
  ...'constructor .. . %zz % %2F %00 %E0%A4%A * :name ( ['.split(' '),
  '\\',
  '',
];
const CONTENT_TYPES = [
  'application/json',
  'application/cloudevents+json',
  'application/octet-stream',
  'application/xml',
  'text/plain',
  'nonsense',
  '',
];

const modes = [
  ...platforms.map(([name, adapter]) => [name, adapter, {}] as const),
  ['a port of its own', () => new ExpressAdapter(), { port: 0 }] as const,
];

describe.each(modes)('bad input on %s', (_mode, adapter, server) => {
  let nest: NestApp;
  let port: number;
  let orders: string;
  const rejections: unknown[] = [];
  const reject = (reason: unknown): void => void rejections.push(reason);

  beforeAll(async () => {
    process.on('unhandledRejection', reject);
    process.on('uncaughtException', reject);
    nest = await startNestApp({
      adapter: adapter(),
      controllers: [Handlers],
      providers: [CounterActor],
      dapr: { server: { appToken: TOKEN, ...(server as ServerOptions) } },
    });
    port = nest.app.get(ServerDapr).port ?? nest.port;
    const headers = { 'dapr-api-token': TOKEN };
    orders = await routeOf({ httpPort: port }, 'orders', headers);
  });
  afterAll(async () => {
    await nest.close();
    process.off('unhandledRejection', reject);
    process.off('uncaughtException', reject);
  });

  const send = (
    verb: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<WireAnswer> =>
    call({ httpPort: port }, verb, path, body, {
      'dapr-api-token': TOKEN,
      ...headers,
    });

  const head = (verb: string, path: string, ...lines: string[]): string =>
    [
      `${verb} ${path} HTTP/1.1`,
      'host: app',
      `dapr-api-token: ${TOKEN}`,
      'content-type: application/json',
      'connection: close',
      ...lines,
      '',
      '',
    ].join('\r\n');

  /** Nothing of it ran, nothing of it was logged, and the app goes on. */
  const expectNoHarm = async (): Promise<void> => {
    expect(ran).toEqual([]);
    const answer = await send('POST', orders, cloudEvent('fine'));
    expect(answer.json).toEqual({ status: 'SUCCESS' });
    expect(ran).toEqual(['fine']);
    ran.length = 0;
    expect(rejections).toEqual([]);
    expect(nest.log.all()).not.toContain(SECRET);
    expect(nest.log.all()).not.toContain(TOKEN);
    nest.log.lines.length = 0;
  };
  afterEach(expectNoHarm);

  it.each([
    ['JSON that breaks off', `{"data":"${SECRET}"`],
    ['text', SECRET],
    ['nothing', ''],
    ['an array', `["${SECRET}"]`],
    ['a number', '42'],
    ['a string', `"${SECRET}"`],
    ['null', 'null'],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
  ])(
    'a delivery that is %s is 400 in words, and one line in the log [C6]',
    async (_what, body) => {
      const answer = await send('POST', orders, body, {
        'content-type': 'application/cloudevents+json',
      });
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({
        statusCode: 400,
        message: expect.stringMatching(/JSON/),
      });
      expect(answer.text).not.toContain(SECRET);
      expect(nest.log.of('warn', `POST ${orders}`)).toHaveLength(1);
    },
  );

  it.each([
    ['an invocation', 'POST', '/checkout'],
    ['a call of an actor', 'PUT', COUNT],
    ['a timer of an actor', 'PUT', '/actors/Counter/a/method/timer/t'],
    ['a reminder of an actor', 'PUT', '/actors/Counter/a/method/remind/r'],
  ])('%s with broken JSON is 400 in words [A11] [C6]', async (...given) => {
    const [, verb, path] = given;
    const answer = await send(verb, path, `{"secret":"${SECRET}"`, {
      'content-type': 'application/json',
    });
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(/JSON/);
    expect(answer.text).not.toContain(SECRET);
  });

  it.each([
    ['POST', '<orders>'],
    ['POST', '/inbox'],
    ['POST', '/checkout'],
    ['PUT', COUNT],
  ])(
    'a body over the limit is 413 for %s %s, told before or found on the way [C6]',
    async (verb, route) => {
      const path = route.replace('<orders>', orders);
      const body = Buffer.alloc(5 * 1024 * 1024, `"${SECRET}"`);
      const declared = await send(verb, path, body);
      expect(declared.status).toBe(413);
      expect(declared.text).toContain(`limit of ${LIMIT} bytes`);
      expect(declared.text).toContain('server.bodyLimit');
      const chunk = Buffer.concat([
        Buffer.from(`${body.length.toString(16)}\r\n`),
        body,
        Buffer.from('\r\n0\r\n\r\n'),
      ]);
      const chunked = await rawHttp(
        port,
        head(verb, path, 'transfer-encoding: chunked'),
        chunk,
      );
      expect(chunked.status).toBe(413);
      expect(chunked.text).toContain(`limit of ${LIMIT} bytes`);
      expect(nest.log.of('warn', 'longer than the limit')).toHaveLength(2);
    },
  );

  it('a body of just the limit is taken', async () => {
    const [before, after] = JSON.stringify(cloudEvent('<>')).split('<>');
    const length = LIMIT - before!.length - after!.length;
    const body = before + 'x'.repeat(length) + after;
    const answer = await send('POST', orders, body);
    expect(answer.json).toEqual({ status: 'SUCCESS' });
    expect(ran.splice(0)).toEqual(['x'.repeat(length)]);
  });

  it.each(['/dapr/sub/pubsub/orders', '/dapr/sub/'])(
    'a delivery to %s is 500 with the remedy, never 404 [H18] [H3]',
    async (path) => {
      const answer = await send('POST', path, cloudEvent(SECRET));
      expect(answer.status).toBe(500);
      expect(answer.text).toContain('restart the sidecar');
    },
  );

  it('an unknown job is 500 with the remedy, never 404 [H18] [H3]', async () => {
    const answer = await send('POST', '/job/nightly', { secret: SECRET });
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('client.jobs.delete()');
  });

  it.each(['/dapr/sub/%zz/x', '/job/%zz'])(
    'a broken escape in POST %s is an error, but not 404 [H18] [H3]',
    async (path) => {
      const { status } = await send('POST', path, { secret: SECRET });
      expect([400, 500]).toContain(status);
    },
  );

  it.each([
    ['POST', '/unknown'],
    ['POST', '/dapr/unknown'],
    ['OPTIONS', '/unknown'],
  ])('%s %s, which nobody has, is 404 [H3]', async (verb, path) => {
    expect((await send(verb, path)).status).toBe(404);
  });

  it.each([
    ['/actors/Unknown/a/method/count', 'Unknown'],
    ['/actors/Counter/a/method/unknown', 'unknown'],
    ['/actors/Counter/a/method/toString', 'toString'],
    ['/actors/Counter/a/method/constructor', 'constructor'],
    ['/actors/Counter/a/method/__proto__', '__proto__'],
    ['/actors/__proto__/a/method/count', '__proto__'],
  ])(
    'PUT %s is 404 and names what is unknown [A11] [H3]',
    async (path, name) => {
      const answer = await send('PUT', path, '1');
      expect(answer.status).toBe(404);
      expect(answer.text).toContain(name);
    },
  );

  it('the end of an actor that is not there is fine [A11]', async () => {
    expect((await send('DELETE', '/actors/Counter/gone')).status).toBe(200);
    expect((await send('DELETE', '/actors/Unknown/gone')).status).toBe(200);
  });

  it.each([
    ['GET', '<orders>', 'POST'],
    ['PUT', '<orders>', 'POST'],
    ['DELETE', '/inbox', 'OPTIONS, POST'],
    ['GET', '/checkout', 'POST'],
    ['POST', '/dapr/config', 'GET'],
    ['POST', '/dapr/subscribe', 'GET'],
    ['POST', '/healthz', 'GET'],
  ])('%s %s is 405 and says what is taken', async (verb, route, allow) => {
    const answer = await send(verb, route.replace('<orders>', orders));
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(answer.text).toContain(allow);
  });

  it.each(['GET', 'PATCH'])('%s of an actor is 404', async (verb) => {
    expect((await send(verb, COUNT)).status).toBe(404);
  });

  it('a header that is too long is 431', async () => {
    const answer = await rawHttp(
      port,
      head('POST', orders, `x-long: ${'x'.repeat(64 * 1024)}`),
    );
    expect(answer.status).toBe(431);
  });

  it('what is no HTTP at all is 400', async () => {
    const answer = await rawHttp(port, `${SECRET}\r\n\r\n`);
    expect(answer.status).toBe(400);
  });

  it.each([
    ['POST', '<orders>'],
    ['POST', '/inbox'],
    ['POST', '/checkout'],
    ['PUT', COUNT],
  ])(
    'a connection cut in the middle of the body of %s %s runs nothing [H3]',
    async (verb, route) => {
      const path = route.replace('<orders>', orders);
      const socket = connect({ host: '127.0.0.1', port });
      socket.write(
        head(verb, path, 'content-length: 1000', 'expect: 100-continue'),
      );
      // The app has begun to read the body.
      await once(socket, 'data');
      socket.write(`{"a":"${SECRET}`);
      socket.destroy();
      const server: Server =
        nest.app.get(ServerDapr).unwrap() ?? nest.app.getHttpServer();
      const count = promisify(server.getConnections.bind(server));
      await until(async () => (await count()) === 0);
    },
  );

  it.each([
    ['PUT', '/actors/Counter/%zz/method/count'],
    ['PUT', '/actors/%E0%A4%A/a/method/count'],
    ['DELETE', '/actors/Counter/%'],
    ['POST', '/%zz'],
    ['OPTIONS', '/%zz'],
    ['OPTIONS', '/files/%zz'],
    ['POST', '/files/%zz'],
    ['GET', '/%'],
  ])('a broken escape in %s %s is a 4xx', async (verb, path) => {
    const { status } = await send(verb, path, '1');
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  it('headers of a prototype do no harm', async () => {
    const answer = await send(
      'POST',
      orders,
      '{"specversion":"1.0","id":"1","__proto__":{"data":1},"data":{"__proto__":{"admin":true}}}',
    );
    expect(answer.json).toEqual({ status: 'SUCCESS' });
    const [data] = ran.splice(0) as [object];
    expect((data as { admin?: boolean }).admin).toBeUndefined();
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('whatever comes is answered, and the app goes on', async () => {
    const part = fc.constantFrom(...PATH_PARTS);
    const path = fc
      .tuple(fc.array(part, { maxLength: 6 }), fc.constantFrom('', '?a=%zz'))
      .map(([parts, query]) => `/${parts.join('/')}${query}`);
    const verb = fc.constantFrom(...VERBS);
    const body = fc.oneof(
      fc.constant(undefined),
      fc.json(),
      fc.string(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    );
    const contentType = fc.constantFrom(...CONTENT_TYPES);
    await fc.assert(
      fc.asyncProperty(
        ...([verb, fc.oneof(path, fc.constant(orders)), body] as const),
        contentType,
        async (...[method, url, content, type]) => {
          const { status } = await send(method, url, content, {
            'content-type': type,
          });
          expect(status).toBeGreaterThanOrEqual(200);
          expect(status).toBeLessThan(600);
        },
      ),
      { numRuns: 300 },
    );
    ran.length = 0;
  });
});
