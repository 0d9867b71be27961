import { HttpException, NotFoundException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { afterEach, describe, expect, it } from '@jest/globals';
import { of, EMPTY } from 'rxjs';
import { Actor } from '../../../lib/actors/actor.js';
import {
  OnReminder,
  OnTimer,
} from '../../../lib/actors/actor-callbacks.decorator.js';
import { ActorType } from '../../../lib/actors/actor-type.decorator.js';
import { ActorProxyFactory } from '../../../lib/actors/proxy/actor-proxy-factory.js';
import { ActorInvocationError } from '../../../lib/errors/actor-invocation.error.js';
import { startActorApp, type ActorApp } from './actor-app.js';

class OutOfStock extends Error {
  readonly details: unknown;

  constructor(sku: string) {
    super(`${sku} is sold out`);
    this.details = { sku };
  }
}

const errors: Record<string, () => unknown> = {
  subclass: () => new OutOfStock('book'),
  http: () => new HttpException({ message: 'too late', code: 7 }, 409),
  'not found': () => new NotFoundException('no such page'),
  rpc: () => new RpcException({ reason: 'rpc' }),
  text: () => 'just text',
  thing: () => ({ odd: true }),
  undetailed: () => Object.assign(new Error('big'), { details: 1n }),
};

abstract class ShopActor<TState extends object> extends Actor<TState> {
  async inherited(): Promise<string> {
    return `inherited by ${this.id}`;
  }

  @OnTimer('tick')
  async onTick(): Promise<void> {}
}

@ActorType('Shop')
class ConcreteShop extends ShopActor<{ n: number }> {
  readonly #secret = 'secret';

  get getter(): string {
    return this.#secret;
  }

  async echo(...args: unknown[]): Promise<unknown> {
    return args;
  }

  async first(value: unknown): Promise<unknown> {
    return value;
  }

  async withDefault(value = 'd'): Promise<string> {
    return value;
  }

  async withDefaults(a?: string, b = 'b', c?: string): Promise<unknown> {
    return { a, b, isC: c === undefined ? 'absent' : c };
  }

  async fail(kind: string): Promise<never> {
    throw errors[kind]!();
  }

  nothing(): void {}

  async nullResult(): Promise<null> {
    return null;
  }

  async rich(): Promise<unknown> {
    return {
      at: new Date(0),
      map: new Map([['a', 1]]),
      bytes: Buffer.from('hi'),
      gone: undefined,
    };
  }

  async bytes(): Promise<Buffer> {
    return Buffer.from('hi');
  }

  stream() {
    return of(1, 2, 3);
  }

  emptyStream() {
    return EMPTY;
  }

  async _hidden(): Promise<void> {}

  async onActivate(): Promise<void> {}

  async onDeactivate(): Promise<void> {}

  async onModuleDestroy(): Promise<void> {}

  override toString(): string {
    return 'shop';
  }

  @OnReminder('remind')
  async onRemind(): Promise<void> {}
}

@ActorType('Narrow', { methods: ['one'] })
class NarrowActor extends Actor {
  async one(): Promise<number> {
    return 1;
  }

  async two(): Promise<number> {
    return 2;
  }
}

@ActorType('Echo')
class EchoActor extends Actor {
  async echo(...args: unknown[]): Promise<unknown> {
    return args;
  }
}

@ActorType('Spread', { arguments: 'spread' })
class SpreadActor extends Actor {
  async echo(...args: unknown[]): Promise<unknown> {
    return args;
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };
const OURS = { 'x-nestjs-dapr': '1' };

let app: ActorApp;
afterEach(() => app.close());

async function shopApp(): Promise<void> {
  app = await startActorApp({
    providers: [ConcreteShop, NarrowActor, SpreadActor],
  });
}

describe('the arguments of an actor method', () => {
  it.each([
    { sent: [] },
    { sent: [[1, 2, 3]] },
    { sent: [['one'], 'two'] },
    { sent: [{ a: 1 }] },
    { sent: ['text'] },
    { sent: ['123'] },
    { sent: [''] },
    { sent: [0] },
    { sent: [false] },
    { sent: [null] },
    { sent: [null, null] },
    { sent: [1, 'two', [3], { four: 4 }] },
  ])('arrive as our proxies were given them: $sent [A21]', async ({ sent }) => {
    await shopApp();
    await expect(app.actor(ConcreteShop).echo(...sent)).resolves.toEqual(sent);
    await expect(app.actor(SpreadActor).echo(...sent)).resolves.toEqual(sent);
  });

  it('are as lists on both sides where the app says so for all types', async () => {
    app = await startActorApp({
      providers: [EchoActor],
      actors: { arguments: 'spread' },
    });
    for (const actor of [app.actor<EchoActor>('Echo'), app.actor(EchoActor)])
      await expect(actor.echo([1, 2])).resolves.toEqual([[1, 2]]);
  });

  it.each([
    ['5', JSON_TYPE, [5]],
    ['"book"', JSON_TYPE, ['book']],
    ['[1,2]', JSON_TYPE, [[1, 2]]],
    ['book', { 'content-type': 'text/plain' }, ['book']],
    ['book', {}, ['book']],
    ['{"a":1}', {}, [{ a: 1 }]],
    ['5', { 'content-type': 'application/x-www-form-urlencoded' }, [5]],
    ['a=b', { 'content-type': 'application/x-www-form-urlencoded' }, ['a=b']],
    ['', JSON_TYPE, []],
  ])(
    'arrive bare as any caller sends %j [A21]',
    async (body, headers, args) => {
      await shopApp();
      const { body: answer } = await app.call('Shop', 'echo', {
        body,
        headers,
      });
      expect(JSON.parse(answer.toString())).toEqual(args);
    },
  );

  it.each([
    ['[1,"two"]', [1, 'two']],
    ['[[1,2]]', [[1, 2]]],
    ['[]', []],
    ['5', [5]],
    ['', []],
  ])(
    "arrive as @dapr/dapr's proxies send them, where the type says so: %s [A21]",
    async (body, args) => {
      await shopApp();
      const { body: answer } = await app.call('Spread', 'echo', {
        body,
        headers: JSON_TYPE,
      });
      expect(JSON.parse(answer.toString())).toEqual(args);
    },
  );

  it('leave a default to the method where they are absent or undefined [A9]', async () => {
    await shopApp();
    const shop = app.actor(ConcreteShop);
    await expect(shop.withDefault()).resolves.toBe('d');
    await expect(shop.withDefault(undefined)).resolves.toBe('d');
    await expect(shop.withDefaults(undefined, undefined, 'c')).resolves.toEqual(
      { b: 'b', isC: 'c' },
    );
    await expect(shop.withDefaults('a')).resolves.toEqual({
      a: 'a',
      b: 'b',
      isC: 'absent',
    });
    await expect(
      app.call('Shop', 'withDefault', { headers: JSON_TYPE }),
    ).resolves.toMatchObject({ body: '"d"' });
  });

  it('are refused before the call where JSON can not carry them [A8]', async () => {
    await shopApp();
    const shop = app.actor(ConcreteShop);
    await expect(shop.first(1n)).rejects.toThrow(/BigInt/);
    await expect(shop.echo(1, () => 2)).rejects.toThrow(/function/);
    expect(app.sidecar.callHeaders).toEqual([]);
  });

  it('travel in the documented encoding [A8]', async () => {
    await shopApp();
    await expect(
      app
        .actor(ConcreteShop)
        .echo(new Date(0), new Map([['a', 1]]), Buffer.from('hi'), null),
    ).resolves.toEqual([
      '1970-01-01T00:00:00.000Z',
      { a: 1 },
      Buffer.from('hi').toString('base64'),
      null,
    ]);
  });

  it('that are no JSON though they say so get a 400 with a reason [A11]', async () => {
    await shopApp();
    for (const headers of [JSON_TYPE, { 'x-nestjs-dapr-args': '2' }])
      await expect(
        app.call('Shop', 'first', { body: '{x', headers }),
      ).resolves.toMatchObject({
        status: 400,
        body: expect.stringContaining('JSON'),
      });
  });
});

describe('the result of an actor method', () => {
  it('comes through our proxies with undefined and null apart [A8]', async () => {
    await shopApp();
    const shop = app.actor(ConcreteShop);
    await expect(shop.nothing()).resolves.toBeUndefined();
    await expect(shop.nullResult()).resolves.toBeNull();
    await expect(shop.rich()).resolves.toEqual({
      at: '1970-01-01T00:00:00.000Z',
      map: { a: 1 },
      bytes: Buffer.from('hi').toString('base64'),
    });
    await expect(shop.bytes()).resolves.toBe(
      Buffer.from('hi').toString('base64'),
    );
  });

  it('is the bare JSON for everybody else, with nothing for nothing', async () => {
    await shopApp();
    await expect(app.call('Shop', 'nullResult')).resolves.toEqual({
      status: 200,
      headers: JSON_TYPE,
      body: 'null',
    });
    await expect(app.call('Shop', 'nothing')).resolves.toMatchObject({
      status: 200,
      body: '',
    });
  });

  it('is the last value of an Observable, if it has one', async () => {
    await shopApp();
    await expect(app.call('Shop', 'stream')).resolves.toMatchObject({
      body: '3',
    });
    await expect(app.call('Shop', 'emptyStream')).resolves.toMatchObject({
      status: 200,
      body: '',
    });
  });
});

describe('an error of an actor method', () => {
  it.each([
    [
      'subclass',
      {
        name: 'OutOfStock',
        message: 'book is sold out',
        data: { sku: 'book' },
        details: [{ sku: 'book' }],
      },
    ],
    [
      'http',
      {
        name: 'HttpException',
        message: 'too late',
        status: 409,
        data: { message: 'too late', code: 7 },
      },
    ],
    [
      'not found',
      { name: 'NotFoundException', message: 'no such page', status: 404 },
    ],
    ['rpc', { name: 'RpcException', data: { reason: 'rpc' } }],
    ['text', { name: 'Error', message: 'just text' }],
    ['thing', { name: 'Error', data: { odd: true } }],
    ['undetailed', { name: 'Error', message: 'big', data: undefined }],
  ])('is thrown again by our proxies: %s [A7]', async (kind, expected) => {
    await shopApp();
    const failing = app.actor(ConcreteShop).fail(kind);
    await expect(failing).rejects.toBeInstanceOf(ActorInvocationError);
    await expect(failing).rejects.toMatchObject(expected);
  });

  it.each([
    ['subclass', 500],
    ['http', 409],
    ['not found', 500],
    ['text', 500],
  ])(
    'is a non-200 for everybody else, and never 404: %s is %i [A7]',
    async (kind, status) => {
      await shopApp();
      const reply = await app.call('Shop', 'fail', { body: kind });
      expect(reply.status).toBe(status);
      expect(reply.body).not.toMatch(/calls\.spec|at /);
    },
  );

  it('carries no stack over the wire [A7]', async () => {
    await shopApp();
    const { status, headers, body } = await app.call('Shop', 'fail', {
      body: 'subclass',
      headers: OURS,
    });
    expect({ status, headers }).toEqual({
      status: 200,
      headers: { ...JSON_TYPE, 'x-daprerrorresponseheader': 'true' },
    });
    expect(JSON.parse(body.toString())).toEqual({
      'x-nestjs-dapr': 1,
      error: {
        name: 'OutOfStock',
        message: 'book is sold out',
        details: { sku: 'book' },
      },
    });
  });

  it('becomes the class that was registered for its name', async () => {
    await shopApp();
    const factory = new ActorProxyFactory({
      client: () => app.client.actor,
      errors: [
        {
          name: 'OutOfStock',
          restore: ({ details }) =>
            new OutOfStock((details as { sku: string }).sku),
        },
      ],
    });
    await expect(
      factory.get(ConcreteShop, 'a').fail('subclass'),
    ).rejects.toBeInstanceOf(OutOfStock);
  });

  it('of another SDK is taken as it is, by the header that Dapr knows', async () => {
    await shopApp();
    app.sidecar.app = () =>
      Promise.resolve({
        status: 200,
        headers: { ...JSON_TYPE, 'x-daprerrorresponseheader': 'true' },
        body: '{"reason":"theirs"}',
      });
    await expect(
      app.actor<ConcreteShop>('Foreign').nothing(),
    ).rejects.toMatchObject({
      name: 'ActorInvocationError',
      data: { reason: 'theirs' },
    });
    app.sidecar.app = () =>
      Promise.resolve({ status: 200, headers: JSON_TYPE, body: '{"a":1}' });
    await expect(app.actor<ConcreteShop>('Foreign').first(1)).resolves.toEqual({
      a: 1,
    });
  });
});

describe('versions of this package that talk to each other', () => {
  const answering = (body: unknown) => () =>
    Promise.resolve({
      status: 200,
      headers: JSON_TYPE,
      body: JSON.stringify(body),
    });

  it('a later proxy gets an answer that it knows', async () => {
    await shopApp();
    const headers = { ...JSON_TYPE, 'x-nestjs-dapr': '7' };
    expect(await app.call('Shop', 'first', { body: '5', headers })).toEqual(
      expect.objectContaining({ body: '{"x-nestjs-dapr":1,"result":5}' }),
    );
    const failed = await app.call('Shop', 'fail', { body: '"plain"', headers });
    expect(JSON.parse(String(failed.body))).toMatchObject({
      'x-nestjs-dapr': 1,
      error: { message: expect.any(String) },
    });
  });

  it('a later host is understood where it answers with more than is known', async () => {
    await shopApp();
    const shop = app.actor<ConcreteShop>('Later');
    app.sidecar.app = answering({
      'x-nestjs-dapr': 2,
      result: { a: 1 },
      took: '5ms',
    });
    await expect(shop.first(1)).resolves.toEqual({ a: 1 });
    app.sidecar.app = answering({ 'x-nestjs-dapr': 2, took: '5ms' });
    await expect(shop.nothing()).resolves.toBeUndefined();
    app.sidecar.app = answering({
      'x-nestjs-dapr': 2,
      error: {
        name: 'OutOfStock',
        message: 'sold out',
        status: 409,
        details: { sku: 'book' },
        classes: ['OutOfStock', 'DomainError'],
        cause: { name: 'Error' },
      },
    });
    await expect(shop.nothing()).rejects.toMatchObject({
      name: 'OutOfStock',
      message: 'sold out',
      status: 409,
      data: { sku: 'book' },
    });
  });

  it.each([['in words'], [{}], [null], [{ name: 1, message: {} }]])(
    'an error in a form that is not known is an error all the same: %j',
    async (error) => {
      await shopApp();
      app.sidecar.app = answering({ 'x-nestjs-dapr': 3, error });
      await expect(
        app.actor<ConcreteShop>('Later').nothing(),
      ).rejects.toMatchObject({ name: 'Error', message: 'The actor failed' });
    },
  );
});

describe('what can be called from outside', () => {
  it('are business methods, inherited ones too [A10]', async () => {
    await shopApp();
    await expect(app.actor(ConcreteShop).inherited()).resolves.toBe(
      'inherited by a',
    );
  });

  it.each([
    'toString',
    'constructor',
    'hasOwnProperty',
    '__proto__',
    'onActivate',
    'onDeactivate',
    'onModuleDestroy',
    'state',
    'id',
    'timers',
    'reminders',
    'getter',
    '_hidden',
    'onTick',
    'onRemind',
    'nope',
    '',
  ])('is not %j [A10]', async (name) => {
    await shopApp();
    await expect(app.call('Shop', name)).resolves.toMatchObject({
      status: 404,
      body: expect.stringContaining('Actor type Shop has no method'),
    });
  });

  it('is what `methods` lists, where it is given', async () => {
    await shopApp();
    await expect(app.actor(NarrowActor).one()).resolves.toBe(1);
    await expect(app.call('Narrow', 'two')).resolves.toMatchObject({
      status: 404,
    });
  });

  it('is no type that the app does not host [A11]', async () => {
    await shopApp();
    await expect(app.call('Nothing', 'first')).resolves.toMatchObject({
      status: 404,
      body: expect.stringContaining('no actor type Nothing'),
    });
  });

  it('goes by the given type name, whatever the class is called [A22]', async () => {
    await shopApp();
    expect(app.runtime.types).toEqual(['Shop', 'Narrow', 'Spread']);
    expect(app.runtime.appConfig()).toEqual({
      entities: ['Shop', 'Narrow', 'Spread'],
    });
    expect(ConcreteShop.name).not.toBe('Shop');
  });
});
