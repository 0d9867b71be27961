import { HttpException, NotFoundException } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isNativeError } from 'node:util/types';
import {
  Actor,
  ActorInvocationError,
  ActorProxyFactory,
  ActorType,
  DaprModule,
  type ActorsModuleOptions,
} from '../../lib/index.js';
import { callApp } from '../support/delivery.js';
import { startNestApp } from '../support/nest-app.js';
import { runNest, type NestRun } from '../support/nest-run.js';

class DomainError extends Error {
  readonly status = 422;
}

class OutOfStockError extends DomainError {
  readonly details: { sku: string };

  constructor(sku: string) {
    super(`${sku} is sold out`);
    this.details = { sku };
  }

  get sku(): string {
    return this.details.sku;
  }
}

/** Its errors have another name than their class. */
class PaymentError extends Error {
  override readonly name = 'Payment';

  constructor(
    message: string,
    readonly isRestored = false,
  ) {
    super(message);
  }
}

class ClosedError extends Error {
  get status(): number {
    return 423;
  }

  get details(): object {
    return { reason: this.message };
  }
}

class UnknownError extends Error {}

class TeapotException extends HttpException {
  constructor() {
    super({ message: 'short and stout', pot: 1 }, 418);
  }
}

const THROWN: Readonly<Record<string, () => unknown>> = {
  outOfStock: () => new OutOfStockError('book'),
  payment: () => new PaymentError('declined'),
  closed: () => new ClosedError('till noon'),
  unknown: () => new UnknownError('of no known class'),
  notFound: () => new NotFoundException('no such cart'),
  teapot: () => new TeapotException(),
  text: () => 'just text',
};

@ActorType('Till')
class TillActor extends Actor {
  constructor(private readonly actors: ActorProxyFactory) {
    super();
  }

  fail(what: string): void {
    throw THROWN[what]!();
  }

  /** Its proxy throws the error anew, and so does that of its caller. */
  async failByOther(what: string): Promise<void> {
    await this.actors.get(TillActor, `${this.id}-other`).fail(what);
  }
}

describe.each(['fail', 'failByOther'] as const)(
  'what an actor threw, by %s',
  (method) => {
    let nest: NestRun;
    beforeAll(async () => {
      nest = await start({
        errors: [
          DomainError,
          ClosedError,
          HttpException,
          {
            name: 'PaymentError',
            restore: ({ message }) => new PaymentError(message, true),
          },
        ],
      });
    });
    afterAll(() => nest.close());

    const errorOf = (what: string) => caught(nest, method, what);

    it('comes back as a parent of its class that is registered [A7]', async () => {
      const error = await errorOf('outOfStock');
      expect(error).toBeInstanceOf(DomainError);
      expect(isNativeError(error)).toBe(true);
      expect(error).toMatchObject({
        name: 'OutOfStockError',
        message: 'book is sold out',
        status: 422,
        details: { sku: 'book' },
        cause: expect.any(ActorInvocationError),
      });
      expect(Object.keys(error)).not.toContain('name');
    });

    it('comes back by the name of its class, whatever the error calls itself [A7]', async () => {
      const error = await errorOf('payment');
      expect(error).toBeInstanceOf(PaymentError);
      expect(error).toMatchObject({ message: 'declined', isRestored: true });
    });

    it('comes back with what its class tells by getters [A7]', async () => {
      const error = await errorOf('closed');
      expect(error).toBeInstanceOf(ClosedError);
      expect(error).toMatchObject({
        status: 423,
        details: { reason: 'till noon' },
      });
    });

    it('comes back as an exception of Nest, with its status and response [A7]', async () => {
      const error = (await errorOf('notFound')) as HttpException;
      expect(error).toBeInstanceOf(HttpException);
      expect(error.getStatus()).toBe(404);
      expect(error.name).toBe('NotFoundException');
      expect(error.getResponse()).toEqual({
        statusCode: 404,
        message: 'no such cart',
        error: 'Not Found',
      });
      const teapot = (await errorOf('teapot')) as HttpException;
      expect(teapot.getStatus()).toBe(418);
      expect(teapot.message).toBe('short and stout');
      expect(teapot.getResponse()).toEqual({
        message: 'short and stout',
        pot: 1,
      });
    });

    it('is an ActorInvocationError where nothing is registered for it [A7]', async () => {
      const error = await errorOf('unknown');
      expect(error).toBeInstanceOf(ActorInvocationError);
      expect(error).toMatchObject({
        name: 'UnknownError',
        message: 'of no known class',
      });
      expect(error.cause).toBeUndefined();
      expect(await errorOf('text')).toMatchObject({
        name: 'Error',
        message: 'just text',
      });
    });
  },
);

describe('the stack of what an actor threw', () => {
  it.each([
    ['goes with the cause', { stacks: true }],
    [
      'goes with the cause of what is restored',
      { stacks: true, errors: [DomainError] },
    ],
  ])('%s where it is asked for [A7]', async (_how, actors) => {
    const nest = await start(actors);
    try {
      const error = await caught(nest, 'fail', 'outOfStock');
      const stacks: unknown[] = [];
      for (let each: unknown = error; each instanceof Error; each = each.cause)
        stacks.push(each.stack);
      expect(stacks.at(-1)).toMatch(/TillActor\.fail/);
      const path = '/actors/Till/a/method/fail';
      const { text } = await callApp(nest, 'PUT', path, 'outOfStock');
      expect(text).toContain('sold out');
      expect(text).not.toContain('TillActor.fail');
    } finally {
      await nest.close();
    }
  });
});

describe('errors that can not be registered', () => {
  it.each<[unknown[], RegExp]>([
    [[DomainError, DomainError], /has "DomainError" twice/],
    [[Map], /takes classes that extend Error/],
    [[{ name: 'Half' }], /takes classes that extend Error/],
  ])('fail the start: %p', async (errors, message) => {
    const actors = { errors } as ActorsModuleOptions;
    const adapter = new ExpressAdapter();
    const starting = startNestApp({ adapter, dapr: { actors } });
    await expect(starting).rejects.toMatchObject({
      name: 'DaprConfigurationError',
      message: expect.stringMatching(message),
    });
  });
});

function start(actors: ActorsModuleOptions): Promise<NestRun> {
  return runNest({
    adapter: new ExpressAdapter(),
    imports: [DaprModule.forFeature([TillActor])],
    providers: [TillActor],
    dapr: { actors },
  });
}

async function caught(
  nest: NestRun,
  method: 'fail' | 'failByOther',
  what: string,
): Promise<Error> {
  const till = nest.app.get(ActorProxyFactory).get(TillActor, 'a');
  return till[method](what).then(
    () => new Error('did not fail'),
    (error: Error) => error,
  );
}
