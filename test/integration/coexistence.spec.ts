import {
  All,
  Body,
  Controller,
  Get,
  Injectable,
  Options,
  Param,
  Post,
  VersioningType,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Actor,
  ActorType,
  BindingContext,
  InputBinding,
  Invocable,
  Subscribe,
} from '../../lib/index.js';
import { call, type WireAnswer } from '../conformance/wire.js';
import { cloudEvent, startNestApp, type NestApp } from '../support/nest-app.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

const ran: unknown[] = [];

@ActorType('Counter')
class CounterActor extends Actor {
  count(by: string): number {
    ran.push('actor');
    return by.length;
  }
}

@Controller()
class Handlers {
  @Subscribe('pubsub', 'orders', { deadLetterTopic: 'dead' })
  onOrder(@Payload() order: string): void {
    ran.push(order.length);
  }

  @InputBinding('inbox')
  onMail(@Payload() mail: unknown, @Ctx() context: BindingContext): void {
    ran.push(context.bindingName);
  }

  @Invocable('checkout')
  checkout(@Payload() cart: string): { length: number } {
    return { length: cart.length };
  }
}

@Controller({ path: 'prices', version: '1' })
class Prices {
  @Get(':sku')
  of(@Param('sku') sku: string): { sku: string } {
    return { sku };
  }

  @Post()
  set(@Body() body: { text: string }): number {
    return body.text.length;
  }
}

@Controller()
class CatchAll {
  @All(['', '*'])
  everything(): string {
    return 'caught';
  }
}

/** Lets nobody in who does not show a key, as an app's own login would. */
@Injectable()
class Login implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
    return headers['x-key'] === 'open';
  }
}

/** Sets headers, and refuses whatever is not for its host, as helmet and its like do. */
function helmet(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  response.setHeader('x-frame-options', 'DENY');
  if (request.headers['x-key'] === 'open' || request.method === 'OPTIONS')
    return next();
  response.statusCode = 403;
  response.end('turned away by a middleware');
}

const LONG = 'x'.repeat(50_000);
const KEY = { 'x-key': 'open' };

function everything(app: INestApplication): void {
  app.setGlobalPrefix('api');
  app.enableVersioning({ type: VersioningType.URI });
  app.enableCors({ origin: 'https://shop.example' });
  app.use(helmet);
  app.useGlobalGuards(new Login());
  if (app.getHttpAdapter().getType() === 'express')
    (app as NestExpressApplication).useBodyParser('json', { limit: 10_000 });
  else
    (app as NestFastifyApplication).useBodyParser('application/json', {
      bodyLimit: 10_000,
    });
}

describe.each(platforms)('Dapr on %s, beside', (_platform, adapter) => {
  afterEach(() => {
    ran.length = 0;
  });

  describe('a prefix, versions, CORS, a login, a strict middleware and small bodies', () => {
    let nest: NestRun;
    let port: number;

    beforeAll(async () => {
      nest = await runNest({
        adapter: adapter(),
        controllers: [Handlers, Prices],
        providers: [
          CounterActor,
          Login,
          { provide: APP_GUARD, useExisting: Login },
        ],
        configure: everything,
      });
      port = Number(new URL(nest.url).port);
    });
    afterAll(() => nest.close());

    const send = (
      verb: string,
      path: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ): Promise<WireAnswer> =>
      call({ httpPort: port }, verb, path, body, headers);

    it('delivers a message that is longer than the bodies of the app [H9]', async () => {
      await nest.client.pubsub.publish('pubsub', 'orders', LONG);
      await until(() => ran.length === 1);
      expect(ran).toEqual([LONG.length]);
    });

    it('calls actors and invocable methods [H9]', async () => {
      const { invoker, actor } = nest.client;
      const answer = await invoker.invoke('app', 'checkout', 'POST', LONG);
      expect(answer).toEqual({ length: LONG.length });
      expect(await actor.invoke('Counter', 'a', 'count', LONG)).toBe(
        LONG.length,
      );
    });

    it('takes binding events, and claims only the bindings that it has [H9]', async () => {
      expect((await send('OPTIONS', '/inbox')).status).toBe(200);
      expect((await send('POST', '/inbox', { a: 1 })).status).toBe(200);
      expect(ran).toEqual(['inbox']);
      for (const path of ['/outbox', '/api/inbox', '/'])
        expect((await send('OPTIONS', path)).status).toBe(404);
    });

    it("answers without the app's own headers [H9]", async () => {
      const { headers } = await send('GET', '/dapr/config', undefined, {
        origin: 'https://shop.example',
      });
      expect(headers['x-frame-options']).toBeUndefined();
      expect(headers['access-control-allow-origin']).toBeUndefined();
    });

    it('leaves the routes of the app as they are [H9]', async () => {
      const prices = '/api/v1/prices';
      const book = await send('GET', `${prices}/book`, undefined, KEY);
      expect(book.json).toEqual({ sku: 'book' });
      expect(book.headers['x-frame-options']).toBe('DENY');
      expect((await send('GET', `${prices}/book`)).text).toContain(
        'turned away by a middleware',
      );
      const short = await send('POST', prices, { text: 'short' }, KEY);
      expect(short.text).toBe('5');
      expect((await send('POST', prices, { text: LONG }, KEY)).status).toBe(
        413,
      );
      expect((await send('GET', '/prices/book', undefined, KEY)).status).toBe(
        404,
      );
    });

    it('leaves CORS preflights to the app, for its routes and for those it lacks [H9]', async () => {
      for (const path of [
        '/api/v1/prices',
        '/api/v1/prices/book',
        '/unknown',
      ]) {
        const answer = await send('OPTIONS', path, undefined, {
          origin: 'https://shop.example',
          'access-control-request-method': 'POST',
        });
        expect(answer.status).toBe(204);
        expect(answer.headers['access-control-allow-origin']).toBe(
          'https://shop.example',
        );
      }
    });

    it('lets other apps invoke the routes of the app through Dapr [H9]', async () => {
      const answer = await nest.client.invoker.invoke(
        'app',
        'api/v1/prices/book',
        'GET',
        undefined,
        { headers: KEY },
      );
      expect(answer).toEqual({ sku: 'book' });
    });
  });

  describe('a catch-all at the root', () => {
    let nest: NestApp;

    beforeAll(async () => {
      nest = await startNestApp({
        adapter: adapter(),
        controllers: [CatchAll, Handlers],
        providers: [CounterActor],
      });
    });
    afterAll(() => nest.close());

    it('answers the calls of Dapr, and nothing else [H9]', async () => {
      const orders = await nest.routeOf('orders');
      const answer = await nest.call('POST', orders, cloudEvent('order'));
      expect(answer.json).toEqual({ status: 'SUCCESS' });
      const counter = '/actors/Counter/a/method/count';
      expect((await nest.call('PUT', counter, '"ab"')).text).toBe('2');
      expect((await nest.call('POST', '/inbox', {})).status).toBe(200);
      expect((await nest.call('OPTIONS', '/outbox')).status).toBe(404);
      expect((await nest.call('POST', '/dapr/sub/gone')).status).toBe(500);
      expect((await nest.call('POST', '/job/nightly')).status).toBe(500);
      for (const path of [
        '/',
        '/anything/else',
        '/dapr',
        '/actors',
        '/inbox/1',
      ])
        expect((await nest.call('GET', path)).text).toBe('caught');
    });
  });

  describe('routes of the app that Dapr has as well', () => {
    @Controller()
    class Own {
      @Get('healthz')
      health(): string {
        return 'my own';
      }

      @Post('job/:name')
      job(@Param('name') name: string): string {
        return `job ${name}`;
      }

      @Post('outbox')
      outbox(): string {
        return 'a plain route that is a binding';
      }

      @Options('asked')
      asked(): string {
        return 'asked';
      }

      @Get('checkout/:id')
      order(@Param('id') id: string): string {
        return id;
      }

      @Get('inbox')
      mails(): string {
        return 'mails';
      }
    }
    let nest: NestApp;

    beforeAll(async () => {
      nest = await startNestApp({
        adapter: adapter(),
        controllers: [Own, Handlers],
      });
    });
    afterAll(() => nest.close());

    it("leaves the app's own health probe alone", async () => {
      expect((await nest.call('GET', '/healthz')).text).toBe('my own');
    });

    it("leaves the app's own jobs, verbs and longer paths alone", async () => {
      expect((await nest.call('POST', '/job/a')).text).toBe('job a');
      expect((await nest.call('GET', '/inbox')).text).toBe('mails');
      expect((await nest.call('HEAD', '/inbox')).status).toBe(200);
      expect((await nest.call('GET', '/checkout/1')).text).toBe('1');
      expect((await nest.call('POST', '/inbox', {})).status).toBe(200);
    });

    it("lets the app's own routes answer when Dapr asks for a binding [H9]", async () => {
      const asks = async (path: string) =>
        (await nest.call('OPTIONS', path)).text;
      expect(await asks('/asked')).toBe('asked');
      for (const path of ['/outbox', '/job/a'])
        expect(await asks(path)).not.toContain('no input binding here');
      expect(await asks('/checkout/1')).toContain('no input binding here');
    });
  });

  it.each<[string, () => unknown, string[]]>([
    [
      'a binding and a route',
      () => {
        @Controller()
        class Mails {
          @Post('inbox')
          post(): void {}
        }
        return Mails;
      },
      ['POST /inbox', 'Handlers.onMail', 'Rename'],
    ],
    [
      'an invocable method and a route',
      () => {
        @Controller('checkout')
        class Carts {
          @Get()
          get(): void {}
        }
        return Carts;
      },
      ['GET /checkout', 'Handlers.checkout', 'Rename'],
    ],
    [
      'an invocable method and a binding',
      () => {
        @Controller()
        class Other {
          @Invocable('inbox')
          mails(): void {}
        }
        return Other;
      },
      ['POST /inbox', 'Handlers.onMail', 'Other.mails', 'verbs'],
    ],
    [
      'an invocable method and a path of Dapr',
      () => {
        @Controller()
        class Health {
          @Invocable('healthz')
          health(): void {}
        }
        return Health;
      },
      ['GET /healthz', 'Health.health', 'Rename'],
    ],
  ])(
    'does not start where %s have one path, and names both',
    async (_what, controller, words) => {
      const start = startNestApp({
        adapter: adapter(),
        controllers: [Handlers, controller() as never],
      });
      for (const word of words) await expect(start).rejects.toThrow(word);
    },
  );

  it('starts where a prefix keeps a route away from the handler of the same name', async () => {
    @Controller()
    class Mails {
      @Post('inbox')
      post(): string {
        return 'own';
      }
    }
    const nest = await startNestApp({
      adapter: adapter(),
      controllers: [Handlers, Mails],
      configure: (app) => void app.setGlobalPrefix('api'),
    });
    expect((await nest.call('POST', '/api/inbox', {})).text).toBe('own');
    expect((await nest.call('POST', '/inbox', {})).text).toBe('');
    await nest.close();
  });
});
