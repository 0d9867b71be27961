import { HttpException, NotFoundException } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Actor,
  ActorInvocationError,
  ActorProxyFactory,
  ActorType,
  OnReminder,
  OnTimer,
  type ActorProxy,
} from '../../lib/index.js';
import { call, errorOf, messageOf } from '../conformance/wire.js';
import { callApp } from '../support/delivery.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';

class OutOfStock extends Error {
  readonly status = 410;
  readonly details: object;

  constructor(sku: string) {
    super(`${sku} is sold out`);
    this.details = { sku };
  }
}

const failures: Record<string, () => unknown> = {
  subclass: () => new OutOfStock('book'),
  http: () => new HttpException({ message: 'too late', code: 7 }, 409),
  notFound: () => new NotFoundException('no such page'),
  plain: () => new Error('broken'),
  text: () => 'just text',
};

abstract class BaseActor extends Actor {
  inherited(): string {
    return `inherited by ${this.id}`;
  }

  @OnTimer('tick')
  onTick(): void {}
}

@ActorType('Shop')
class ShopActor extends BaseActor {
  fail(kind: string): never {
    throw failures[kind]!();
  }

  same(value: unknown): unknown {
    return value;
  }

  onActivate(): void {}

  onDeactivate(): void {}

  _hidden(): void {}

  override toString(): string {
    return 'shop';
  }

  @OnReminder('remind')
  onRemind(): void {}
}

@ActorType('Narrow', { methods: ['one'] })
class NarrowActor extends Actor {
  one(): string {
    return 'one';
  }

  two(): string {
    return 'two';
  }
}

const FAILED = { status: 500, errorCode: 'ERR_ACTOR_INVOKE_METHOD' };

describe.each(platforms)('a call of an actor on %s', (_platform, adapter) => {
  let nest: NestRun;
  let shop: ActorProxy<ShopActor>;

  beforeAll(async () => {
    nest = await runNest({
      adapter: adapter(),
      providers: [ShopActor, NarrowActor],
    });
    shop = nest.app.get(ActorProxyFactory).get(ShopActor, 'a');
  });
  afterAll(() => nest.close());

  /** As curl calls the sidecar. */
  const raw = (method: string, body?: string, type = 'Shop') =>
    call(
      nest.sidecar,
      'POST',
      `/v1.0/actors/${type}/a/method/${method}`,
      body,
      { 'content-type': 'application/json' },
    );
  const onApp = (method: string, type = 'Shop') =>
    callApp(nest, 'PUT', `/actors/${type}/a/method/${method}`);

  it.each([
    [
      'subclass',
      {
        name: 'OutOfStock',
        message: 'book is sold out',
        status: 410,
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
    ['notFound', { name: 'NotFoundException', status: 404 }],
    ['plain', { name: 'Error', message: 'broken' }],
    ['text', { name: 'Error', message: 'just text' }],
  ])(
    'that throws rejects with the error for a proxy, and fails for everyone else: %s [A7]',
    async (kind, error) => {
      const failing = shop.fail(kind);
      await expect(failing).rejects.toThrow(ActorInvocationError);
      await expect(failing).rejects.toMatchObject(error);
      await expect(
        nest.client.actor.invoke('Shop', 'a', 'fail', kind),
      ).rejects.toThrow(ActorInvocationError);
      const answer = await raw('fail', JSON.stringify(kind));
      expect(errorOf(answer)).toEqual(FAILED);
      expect(messageOf(answer)).not.toContain('actor method not found');
      expect(answer.text).not.toContain('actor-failures.spec');
    },
  );

  it('that throws tells the log once, with the stack [A7]', async () => {
    nest.log.lines.length = 0;
    await expect(shop.fail('plain')).rejects.toThrow();
    expect(nest.log.of('error', 'broken')).toHaveLength(1);
    expect(nest.log.of('error', 'actor-failures.spec')).toHaveLength(1);
  });

  it.each([
    'toString',
    'constructor',
    'hasOwnProperty',
    '__proto__',
    'onActivate',
    'onDeactivate',
    'state',
    'id',
    '_hidden',
    'onTick',
    'onRemind',
    'nope',
  ])('can not reach %s [A10] [A11]', async (method) => {
    const answer = await raw(method);
    expect(errorOf(answer)).toEqual(FAILED);
    expect(messageOf(answer)).toContain('actor method not found');
    expect((await onApp(method)).status).toBe(404);
  });

  it('reaches what the class inherits [A10]', async () => {
    expect(await shop.inherited()).toBe('inherited by a');
    expect((await raw('inherited')).json).toBe('inherited by a');
  });

  it('reaches only what the type lists, where it does [A10]', async () => {
    expect((await raw('one', '', 'Narrow')).json).toBe('one');
    expect((await onApp('two', 'Narrow')).status).toBe(404);
  });

  it('with a body that is no JSON though it says so fails with the reason [A11]', async () => {
    const broken = await raw('same', '{x');
    expect(errorOf(broken)).toEqual(FAILED);
    expect(messageOf(broken)).toMatch(/\(400\).*JSON/);
  });

  it('whose type nobody hosts here is told so, and a DELETE of nobody is fine [A11]', async () => {
    const unknown = await onApp('same', 'Nothing');
    expect(unknown).toMatchObject({ status: 404 });
    expect(unknown.text).toContain('hosts no actor type Nothing');
    for (const path of ['/actors/Shop/nobody', '/actors/Nothing/nobody'])
      expect((await callApp(nest, 'DELETE', path)).status).toBe(200);
    expect(await shop.inherited()).toBe('inherited by a');
  });
});
