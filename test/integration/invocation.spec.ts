import {
  BadRequestException,
  Body,
  ConflictException,
  Controller,
  Get,
  Headers,
  HttpCode,
  HttpException,
  Injectable,
  Param,
  Post,
  Query,
  StreamableFile,
  UseGuards,
  ValidationPipe,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { Ctx, Payload, RpcException } from '@nestjs/microservices';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { IsInt } from 'class-validator';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { EMPTY, of, throwError } from 'rxjs';
import {
  DaprError,
  HttpMethod,
  InputBinding,
  InvocationContext,
  Invocable,
} from '../../lib/index.js';
import { call } from '../conformance/wire.js';
import { callApp } from '../support/delivery.js';
import { Gate } from '../support/gate.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { refusalOf } from '../support/refusal.js';
import { until } from '../support/until.js';

const BYTES = Buffer.from('fffe0080', 'hex');
const LONG = 'x'.repeat(300_000);

interface Invocation {
  readonly payload: unknown;
  readonly context: InvocationContext;
}

const received: Invocation[] = [];
const received1 = (): Invocation => received[0] as Invocation;
let behaviour: (context: InvocationContext) => unknown = () => undefined;

@Injectable()
class Closed implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

class Cart {
  @IsInt()
  id!: number;
}

@Controller()
class Methods {
  @Invocable('echo')
  @Invocable('/nested/größe ä')
  echo(
    @Payload() payload: unknown,
    @Ctx() context: InvocationContext,
  ): unknown {
    received.push({ payload, context });
    return behaviour(context);
  }

  @Invocable('read', { verbs: ['GET'] })
  read(): string {
    return 'read';
  }

  @Invocable('read', { verbs: [HttpMethod.PUT, 'PATCH'] })
  write(): string {
    return 'written';
  }

  @Invocable('guarded')
  @UseGuards(Closed)
  guarded(): void {
    received.push({} as Invocation);
  }

  @Invocable('validated')
  validated(
    @Payload(new ValidationPipe({ transform: true })) cart: Cart,
  ): boolean {
    return cart instanceof Cart;
  }
}

@Controller('shop')
class Ordinary {
  @Get('prices/:sku')
  price(@Param('sku') sku: string, @Query('unit') unit: string): object {
    return { sku, unit };
  }

  @Post('orders')
  @HttpCode(201)
  order(@Body() body: unknown, @Headers('x-tenant') tenant: string): object {
    return { body, tenant };
  }

  @Get('teapot')
  teapot(): never {
    throw new HttpException({ brewed: false }, 418);
  }

  @Post('guarded')
  @UseGuards(Closed)
  guarded(): void {}
}

describe.each(platforms)('an invocation on %s', (_platform, adapter) => {
  let nest: NestRun;

  beforeAll(async () => {
    nest = await runNest({
      adapter: adapter(),
      controllers: [Methods, Ordinary],
    });
  });
  afterAll(() => nest.close());
  beforeEach(() => {
    received.length = 0;
    nest.log.lines.length = 0;
    behaviour = () => undefined;
  });

  const invoke = (
    verb: string,
    method: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) =>
    call(
      nest.sidecar,
      verb,
      `/v1.0/invoke/app/method/${method}`,
      body,
      headers,
    );
  const ask = (...request: Parameters<typeof nest.client.invoker.request>) =>
    nest.client.invoker.request(...request);

  describe('brings its handler', () => {
    it.each<[string, string | Buffer, string | undefined, unknown]>([
      ['an object', '{"a":1}', 'application/json', { a: 1 }],
      ['an array', '[1]', 'application/json', [1]],
      ['0', '0', 'application/json', 0],
      ['false', 'false', 'application/json', false],
      ['a JSON string', '"x"', 'application/json', 'x'],
      ['an empty JSON string', '""', 'application/json', ''],
      ['null', 'null', 'application/json', null],
      ['a vendor’s JSON', '{"a":1}', 'application/vnd.x+json', { a: 1 }],
      ['an empty body that is called JSON', '', 'application/json', undefined],
      ['text', 'grüße', 'text/plain; charset=utf-8', 'grüße'],
      ['text that looks like JSON', '1', 'text/plain', '1'],
      ['empty text', '', 'text/plain', ''],
      ['XML', '<a>1</a>', 'application/xml', '<a>1</a>'],
      ['a form', 'a=1&b=%20', 'application/x-www-form-urlencoded', 'a=1&b=%20'],
      ['bytes', BYTES, 'application/octet-stream', BYTES],
      ['an image', BYTES, 'image/png', BYTES],
      ['JSON without a type', '{"a":1}', undefined, { a: 1 }],
      ['text without a type', 'x y', undefined, 'x y'],
      ['nothing', '', undefined, undefined],
    ])('%s as it was sent [H14]', async (_what, body, type, value) => {
      const headers = type === undefined ? {} : { 'content-type': type };
      expect((await invoke('POST', 'echo', body, headers)).status).toBe(204);
      expect(received1().payload).toStrictEqual(value);
    });

    it.each<[string, unknown]>([
      ['0', 0],
      ['false', false],
      ['an empty string', ''],
      ['null', null],
      ['an array', [0, null]],
      ['bytes', BYTES],
      ['nothing', undefined],
    ])('%s as a client gave it [C5]', async (_what, value) => {
      await nest.client.invoker.invoke('app', 'echo', 'POST', value);
      expect(received1().payload).toStrictEqual(value);
    });

    it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const)(
      'the verb %s',
      async (verb) => {
        behaviour = ({ verb: given }) => given;
        expect((await invoke(verb, 'echo')).text).toBe(verb);
      },
    );

    it('the query, the headers and what is known of the caller', async () => {
      await invoke('GET', 'echo?a=1&b=%20x&a=2', undefined, {
        'x-tenant': 'Blue',
        authorization: 'Bearer t',
      });
      const { context } = received1();
      expect([...context.query]).toEqual([
        ['a', '1'],
        ['b', ' x'],
        ['a', '2'],
      ]);
      expect(context.headers).toMatchObject({
        'x-tenant': 'Blue',
        authorization: 'Bearer t',
      });
      expect(context.method).toBe('echo');
    });

    it('a path with letters that a URL escapes [C4]', async () => {
      behaviour = ({ method }) => ({ method });
      const answer = await nest.client.invoker.invoke('app', 'nested/größe ä');
      expect(answer).toEqual({ method: 'nested/größe ä' });
    });

    it('no broken JSON: that is 400, without a word of it', async () => {
      const { status, text } = await invoke('POST', 'echo', '{"secret', {
        'content-type': 'application/json',
      });
      expect(status).toBe(400);
      expect(text).not.toContain('secret');
      expect(received).toEqual([]);
    });
  });

  describe('is answered with', () => {
    it.each<[string, unknown, string, string]>([
      ['0', 0, 'application/json', '0'],
      ['false', false, 'application/json', 'false'],
      ['null', null, 'application/json', 'null'],
      ['an empty string', '', 'text/plain', ''],
      ['a string', 'grüße', 'text/plain', 'grüße'],
      ['an object', { a: [1] }, 'application/json', '{"a":[1]}'],
      ['a date', new Date(0), 'application/json', '"1970-01-01T00:00:00.000Z"'],
      ['a map', new Map([['a', 1]]), 'application/json', '{"a":1}'],
      ['an Observable', of(1, 2), 'application/json', '2'],
      [
        'a stream',
        Readable.from([Buffer.from('a'), Buffer.from('b')]),
        'application/octet-stream',
        'ab',
      ],
      ['a long text', LONG, 'text/plain', LONG],
    ])('%s as it was returned [H12]', async (_what, value, type, text) => {
      behaviour = () => value;
      const answer = await invoke('POST', 'echo');
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe(type);
      expect(answer.text).toBe(text);
    });

    it.each<[string, unknown]>([
      ['a Buffer', BYTES],
      [
        'a view over a larger buffer',
        Uint8Array.of(9, ...BYTES, 9).subarray(1, 5),
      ],
      ['a stream of bytes', Readable.from([BYTES])],
      ['a StreamableFile', new StreamableFile(BYTES)],
    ])('the bytes of %s [H12]', async (_what, value) => {
      behaviour = () => value;
      const answer = await invoke('GET', 'echo');
      expect(answer.headers['content-type']).toBe('application/octet-stream');
      expect(answer.body).toEqual(BYTES);
    });

    it.each<[string, () => unknown]>([
      ['nothing', () => undefined],
      ['an empty Observable', () => EMPTY],
    ])('204 where the handler returns %s', async (_what, returns) => {
      behaviour = returns;
      const { status, text } = await invoke('GET', 'echo');
      expect({ status, text }).toEqual({ status: 204, text: '' });
    });

    it('XML, with headers and a status of the handler’s own [H12]', async () => {
      behaviour = (context) => {
        context
          .setStatus(202)
          .setHeader('Content-Type', 'application/xml')
          .setHeader('x-own', 'yes')
          .setHeader('set-cookie', ['a=1', 'b=2']);
        return '<order id="1"/>';
      };
      const answer = await invoke('POST', 'echo');
      expect(answer.status).toBe(202);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/xml',
        'x-own': 'yes',
        'set-cookie': ['a=1', 'b=2'],
      });
      expect(answer.text).toBe('<order id="1"/>');
    });

    it('a file by its type, name and length [H12]', async () => {
      behaviour = () =>
        new StreamableFile(Readable.from(['a,b\n']), {
          type: 'text/csv',
          disposition: 'attachment; filename="a.csv"',
          length: 4,
        });
      const answer = await invoke('GET', 'echo');
      expect(answer.headers['content-type']).toBe('text/csv');
      expect(answer.headers['content-disposition']).toContain('a.csv');
      expect(answer.text).toBe('a,b\n');
    });

    it('text as JSON where the handler says so', async () => {
      behaviour = (context) => {
        context.setHeader('content-type', 'application/json');
        return 'x';
      };
      expect((await invoke('GET', 'echo')).text).toBe('"x"');
    });

    it('what a client then gets as the value that was returned [H12]', async () => {
      for (const value of [0, false, '', null, { a: 1 }, BYTES, undefined]) {
        behaviour = () => value;
        const got = await nest.client.invoker.invoke('app', 'echo', 'POST');
        expect(got).toStrictEqual(value);
      }
    });

    it('the beginning of a stream before its end', async () => {
      const stream = new Readable({ read() {} });
      behaviour = () => stream;
      stream.push('first');
      const { body } = await ask('app', 'echo');
      const parts = body[Symbol.asyncIterator]();
      expect(String((await parts.next()).value)).toBe('first');
      stream.push('second');
      expect(String((await parts.next()).value)).toBe('second');
      stream.push(null);
      expect((await parts.next()).done).toBe(true);
    });
  });

  const throws = (error: unknown) => () => {
    throw error;
  };

  describe('that fails', () => {
    it.each<[number, HttpException, unknown]>([
      [
        409,
        new ConflictException('taken'),
        { statusCode: 409, message: 'taken', error: 'Conflict' },
      ],
      [400, new BadRequestException({ field: 'sku' }), { field: 'sku' }],
      [
        418,
        new HttpException('short and stout', 418),
        { statusCode: 418, message: 'short and stout' },
      ],
      [503, new HttpException({ retry: true }, 503), { retry: true }],
    ])(
      'with an exception of %i is answered its status and body [H11]',
      async (status, exception, body) => {
        behaviour = throws(exception);
        const answer = await invoke('POST', 'echo');
        expect(answer.status).toBe(status);
        expect(answer.json).toEqual(body);
      },
    );

    it.each<[string, () => unknown]>([
      ['an error', throws(new Error('secret'))],
      ['a rejected promise', () => Promise.reject(new Error('secret'))],
      ['a failing Observable', () => throwError(() => new Error('secret'))],
      ['something that is no error', throws('secret')],
      ['an exception of microservices', throws(new RpcException('secret'))],
    ])(
      'with %s is answered 500 without a word or a stack, and logged [H11]',
      async (_what, fails) => {
        behaviour = fails;
        const answer = await invoke('POST', 'echo');
        expect(answer.status).toBe(500);
        expect(answer.json).toEqual({
          statusCode: 500,
          message: 'Internal server error',
        });
        expect(nest.log.of('error', 'secret')).toHaveLength(1);
        expect(
          nest.log.of(
            'error',
            'Methods.echo failed on the invocation of "echo"',
          ),
        ).toHaveLength(1);
      },
    );

    it('rejects at the client with status and body [H11] [C3]', async () => {
      behaviour = throws(new ConflictException({ code: 'TAKEN' }));
      const error: unknown = await nest.client.invoker
        .invoke('app', 'echo', 'POST')
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DaprError);
      expect(error).toMatchObject({
        status: 409,
        details: [{ body: { code: 'TAKEN' } }],
      });
    });

    it('because a guard says no is answered 403, and its handler does not run [H11]', async () => {
      const answer = await invoke('POST', 'guarded');
      expect(answer.status).toBe(403);
      expect(answer.json).toMatchObject({ statusCode: 403 });
      expect(received).toEqual([]);
    });

    it('because a pipe refuses is answered as on any route of Nest’s [H11]', async () => {
      const refused = await invoke('POST', 'validated', { id: 'x' });
      expect(refused.status).toBe(400);
      expect(refused.json).toMatchObject({ error: 'Bad Request' });
      const taken = await invoke('POST', 'validated', { id: 1 });
      expect(taken.text).toBe('true');
    });

    it.each<[string, unknown]>([
      ['a BigInt', { n: 1n }],
      ['a number beyond JSON', NaN],
      ['a function', () => 1],
    ])('by returning %s is answered 500, and logged', async (_what, value) => {
      behaviour = () => value;
      expect((await invoke('POST', 'echo')).status).toBe(500);
      expect(nest.log.of('error', 'Methods.echo failed')).toHaveLength(1);
    });

    it.each<[string, (context: InvocationContext) => void]>([
      ['a status that is none', (context) => void context.setStatus(1000)],
      [
        'a header that is none',
        (context) => void context.setHeader('a b', 'x'),
      ],
      [
        'a header of two lines',
        (context) => void context.setHeader('x-a', 'x\r\nx-b: y'),
      ],
    ])('by setting %s is answered 500, and logged', async (_what, sets) => {
      behaviour = sets;
      const answer = await invoke('POST', 'echo');
      expect(answer.status).toBe(500);
      expect(answer.headers).not.toHaveProperty('x-b');
      expect(nest.log.of('error', 'Methods.echo failed')).toHaveLength(1);
    });

    it('in the middle of a stream is cut, and logged', async () => {
      behaviour = () =>
        Readable.from(
          (function* () {
            yield Buffer.from('first');
            throw new Error('the disk is gone');
          })(),
        );
      await expect(callApp(nest, 'GET', '/echo')).rejects.toThrow();
      await until(() => nest.log.of('error', 'the disk is gone').length > 0);
    });
  });

  describe('by the wrong verb', () => {
    it.each([
      ['POST', 'read', 'GET, PATCH, PUT'],
      ['DELETE', 'read', 'GET, PATCH, PUT'],
    ])(
      '%s of %s is answered 405 with those that it takes',
      async (verb, method, allow) => {
        const answer = await invoke(verb, method);
        expect(answer.status).toBe(405);
        expect(answer.headers.allow?.split(', ').sort().join(', ')).toBe(allow);
      },
    );

    it('each verb finds its own handler', async () => {
      expect((await invoke('GET', 'read')).text).toBe('read');
      expect((await invoke('PATCH', 'read')).text).toBe('written');
      expect((await invoke('PUT', 'read')).text).toBe('written');
    });
  });

  it('of a method that is not there is answered 404 by the app [H3]', async () => {
    expect((await invoke('POST', 'nowhere')).status).toBe(404);
  });

  describe('whose caller goes away', () => {
    /** A call by a caller of its own, once its handler runs. */
    const callByHand = async () => {
      const server: Server = nest.app.getHttpServer();
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      const caller = connect(Number(new URL(nest.url).port), '127.0.0.1');
      const answered = once(caller, 'data');
      caller.write(
        'POST /echo HTTP/1.1\r\nhost: app\r\ncontent-length: 0\r\n\r\n',
      );
      await until(() => received.length > 0);
      const [socket] = await accepted;
      return {
        context: received1().context,
        answered,
        async leave() {
          const closed = once(socket, 'close');
          caller.destroy();
          await closed;
        },
      };
    };

    it('tells its handler', async () => {
      const gate = new Gate();
      behaviour = () => gate.opened;
      const { context, leave } = await callByHand();
      const { signal } = context;
      const abortedBefore = signal.aborted;
      await leave();
      expect([abortedBefore, signal.aborted]).toEqual([false, true]);
      gate.open();
    });

    it('tells a handler that asks only then', async () => {
      const gate = new Gate();
      behaviour = () => gate.opened;
      const { context, leave } = await callByHand();
      await leave();
      expect(context.signal.aborted).toBe(true);
      gate.open();
    });

    it('after the answer tells nobody', async () => {
      const { context, answered, leave } = await callByHand();
      const { signal } = context;
      await answered;
      await leave();
      expect(signal.aborted).toBe(false);
    });
  });

  describe('of an ordinary controller', () => {
    it('goes through its route, with parameters and query [H12]', async () => {
      const answer = await nest.client.invoker.invoke(
        'app',
        'shop/prices/book',
        'GET',
        undefined,
        { query: { unit: 'EUR' } },
      );
      expect(answer).toEqual({ sku: 'book', unit: 'EUR' });
    });

    it('goes through its body, headers and status', async () => {
      const answer = await ask(
        'app',
        'shop/orders',
        'POST',
        { id: 1 },
        { headers: { 'x-tenant': 'Blue' } },
      );
      expect(answer.status).toBe(201);
      expect(await answer.json()).toEqual({ body: { id: 1 }, tenant: 'Blue' });
    });

    it('that throws is answered as any call of it [H11]', async () => {
      const answer = await ask('app', 'shop/teapot');
      expect(answer.status).toBe(418);
      expect(await answer.json()).toEqual({ brewed: false });
      expect((await invoke('POST', 'shop/guarded', {})).status).toBe(403);
    });
  });
});

describe.each(platforms)('invocations on %s', (_platform, adapter) => {
  const refusal = (...controllers: Type[]) =>
    refusalOf({ adapter: adapter(), controllers });

  it('that two handlers answer are refused by name [I2]', async () => {
    @Controller()
    class Two {
      @Invocable('x')
      one(): void {}
      @Invocable('/x', { verbs: ['POST'] })
      other(): void {}
    }
    expect(await refusal(Two)).toContain(
      'Two.one and Two.other both answer the invocation of "x"',
    );
  });

  it('that take the path of a user’s route are refused by name', async () => {
    @Controller()
    class Clash {
      @Invocable('x')
      method(): void {}
      @Post('x')
      route(): void {}
    }
    expect(await refusal(Clash)).toMatch(/POST \/x .*Clash\.method/);
  });

  it('that take the path of a binding are refused by name', async () => {
    @Controller()
    class Clash {
      @InputBinding('x')
      event(): void {}
      @Invocable('x')
      method(): void {}
    }
    expect(await refusal(Clash)).toMatch(/Clash\.event and Clash\.method/);
  });

  it.each(['orders/:id', 'orders?all', 'orders#1', 'orders/*'])(
    'of %s, which no path can be, are refused by name',
    async (method) => {
      @Controller()
      class Pattern {
        @Invocable(method)
        method(): void {}
      }
      const message = await refusal(Pattern);
      expect(message).toContain('Pattern.method');
      expect(message).toContain(JSON.stringify(method));
    },
  );
});
