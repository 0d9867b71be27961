import {
  BadRequestException,
  Catch,
  createParamDecorator,
  Inject,
  Injectable,
  ParseIntPipe,
  Scope,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_GUARD, Reflector, REQUEST } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import { afterEach, describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import { catchError, EMPTY, map, Observable, retry, throwError } from 'rxjs';
import { Actor } from '../../../lib/actors/actor.js';
import {
  OnReminder,
  OnTimer,
} from '../../../lib/actors/actor-callbacks.decorator.js';
import { ActorType } from '../../../lib/actors/actor-type.decorator.js';
import { ActorContext } from '../../../lib/contexts/actor.context.js';
import { DaprConfigurationError } from '../../../lib/errors/dapr-configuration.error.js';
import { startActorApp, type ActorApp } from './actor-app.js';

@Injectable()
class Seen {
  readonly lines: string[] = [];
}

@Injectable()
class RoleGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly seen: Seen,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const rpc = context.switchToRpc();
    const call = rpc.getContext<ActorContext>();
    this.seen.lines.push(
      `${context.getType()} ${context.getClass().name}.${context.getHandler().name} ` +
        `${call.actorType}/${call.actorId} ${JSON.stringify(rpc.getData())}`,
    );
    return !this.reflector.get<boolean>('denied', context.getHandler());
  }
}

@Injectable()
class Doubling implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((value: unknown) => [value, value]));
  }
}

@Injectable()
class TryTwice implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(retry(1));
  }
}

@Injectable()
class Swallow implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(catchError(() => EMPTY));
  }
}

@Catch(TypeError)
class ToValue implements ExceptionFilter {
  catch(error: TypeError) {
    return { filtered: error.message };
  }
}

@Catch(RangeError)
class ToOther implements ExceptionFilter {
  catch(error: RangeError, host: ArgumentsHost) {
    const { actorId } = host.switchToRpc().getContext<ActorContext>();
    return throwError(
      () => new BadRequestException(`${actorId}: ${error.message}`),
    );
  }
}

class Item {
  @IsInt()
  amount!: number;
}

const FromContext = createParamDecorator(
  (name: 'actorId', context: ExecutionContext) =>
    context.switchToRpc().getContext<ActorContext>()[name],
);

@ActorType('Guarded')
@UseGuards(RoleGuard)
@UseFilters(ToValue, ToOther)
class GuardedActor extends Actor<{ n: number }> {
  private attempts = 0;

  async plain(a: number, b: number): Promise<number> {
    return a + b;
  }

  @SetMetadata('denied', true)
  async denied(): Promise<void> {
    this.state.set('n', 1);
  }

  @UseInterceptors(Doubling)
  async doubled(value: string): Promise<string> {
    return value;
  }

  async parsed(@Payload(ParseIntPipe) n: number): Promise<number> {
    return n;
  }

  async validated(
    @Payload(new ValidationPipe({ transform: true })) item: Item,
  ): Promise<boolean> {
    return item instanceof Item;
  }

  async mixed(
    @Ctx() context: ActorContext,
    text: string,
    @FromContext('actorId') id: string,
    @Payload(ParseIntPipe) n: number,
    rest = 'rest',
  ): Promise<unknown> {
    return [context.name, context.actorId, text, id, n, rest];
  }

  async onlyContext(
    first: string,
    @Ctx() context?: ActorContext,
  ): Promise<unknown> {
    return [first, context instanceof ActorContext, context?.signal.aborted];
  }

  async members(
    @Payload('a') a: number,
    @Payload('b', ParseIntPipe) b: number,
  ): Promise<unknown> {
    return [a, b];
  }

  async typeError(): Promise<void> {
    this.state.set('n', 1);
    throw new TypeError('wrong');
  }

  async rangeError(): Promise<void> {
    throw new RangeError('far');
  }

  @UseInterceptors(TryTwice)
  async onSecondTry(): Promise<number> {
    const n = (await this.state.get('n', 0)) + 1;
    this.state.set('n', n);
    if (++this.attempts === 1) throw new Error('first try');
    return n;
  }

  @UseInterceptors(Swallow)
  async swallowed(): Promise<void> {
    this.state.set('n', 1);
    throw new Error('nobody hears');
  }

  @OnTimer('tick')
  @OnReminder('wake')
  async onTick(@Payload(ParseIntPipe) n: number): Promise<void> {
    this.state.set('n', n);
  }
}

/** The same methods, for what their own types would not let through. */
interface Loose {
  parsed(n: unknown): number;
  validated(item: unknown): boolean;
  mixed(...args: unknown[]): unknown;
  take(item: unknown): unknown;
}

let app: ActorApp;
afterEach(() => app.close());

async function guardedApp(): Promise<void> {
  app = await startActorApp({ providers: [GuardedActor, Seen] });
}

const seen = () => app.module.get(Seen).lines;

describe("Nest's pipeline around an actor method", () => {
  it('runs guards with their dependencies, before the method [A25]', async () => {
    await guardedApp();
    await expect(app.actor(GuardedActor).plain(1, 2)).resolves.toBe(3);
    await expect(app.actor(GuardedActor).denied()).rejects.toMatchObject({
      name: 'ForbiddenException',
      status: 403,
    });
    await expect(app.call('Guarded', 'denied')).resolves.toMatchObject({
      status: 403,
    });
    expect(seen().slice(0, 2)).toEqual([
      'rpc GuardedActor.plain Guarded/a [1,2]',
      'rpc GuardedActor.denied Guarded/a undefined',
    ]);
    expect(app.sidecar.requests).toEqual([]);
  });

  it('runs interceptors [A25]', async () => {
    await guardedApp();
    await expect(app.actor(GuardedActor).doubled('x')).resolves.toEqual([
      'x',
      'x',
    ]);
  });

  it('runs the pipes of a parameter [A25]', async () => {
    await guardedApp();
    await expect(app.actor<Loose>('Guarded').parsed('5')).resolves.toBe(5);
    await expect(app.actor<Loose>('Guarded').parsed('x')).rejects.toMatchObject(
      {
        name: 'BadRequestException',
        status: 400,
      },
    );
    await expect(
      app.call('Guarded', 'parsed', { body: 'x' }),
    ).resolves.toMatchObject({ status: 400 });
    await expect(
      app.actor(GuardedActor).validated({ amount: 1 }),
    ).resolves.toBe(true);
    await expect(
      app.actor<Loose>('Guarded').validated({ amount: 'many' }),
    ).rejects.toMatchObject({ data: { message: expect.any(Array) } });
  });

  it('fills parameters that are no arguments beside those that are', async () => {
    await guardedApp();
    await expect(
      app.actor<Loose>('Guarded').mixed('text', '7'),
    ).resolves.toEqual(['mixed', 'a', 'text', 'a', 7, 'rest']);
    await expect(app.actor(GuardedActor).onlyContext('one')).resolves.toEqual([
      'one',
      true,
      false,
    ]);
    await expect(
      app.call('Guarded', 'members', { body: '{"a":1,"b":"2"}' }),
    ).resolves.toMatchObject({ body: '[1,2]' });
  });

  it('lets filters answer, whether with a value or another error [A25]', async () => {
    await guardedApp();
    await expect(app.actor(GuardedActor).typeError()).resolves.toEqual({
      filtered: 'wrong',
    });
    await expect(app.actor(GuardedActor).rangeError()).rejects.toMatchObject({
      status: 400,
      message: 'a: far',
    });
  });

  it('stores nothing of a method that threw, even if a filter or interceptor makes a result of it [A1]', async () => {
    await guardedApp();
    await app.actor(GuardedActor).typeError();
    await expect(app.actor(GuardedActor).swallowed()).resolves.toBeUndefined();
    expect(app.sidecar.requests).toEqual([]);
    await expect(app.actor(GuardedActor).onSecondTry()).resolves.toBe(1);
    expect(app.sidecar.stateOf('Guarded/a')).toEqual({ n: 1 });
  });

  it('is there for timers and reminders, too', async () => {
    await guardedApp();
    const kind = 'timer';
    await app.call('Guarded', 'tick', { kind, body: '{"data":"5"}' });
    expect(app.sidecar.stateOf('Guarded/a')).toEqual({ n: 5 });
    await expect(
      app.call('Guarded', 'wake', { kind: 'reminder', body: '{"data":"x"}' }),
    ).resolves.toMatchObject({ status: 400 });
  });
});

@ActorType('Piped')
@UsePipes(new ValidationPipe({ transform: true, whitelist: true }))
class PipedActor extends Actor {
  async take(
    @Payload() item: Item,
    @Ctx() context: ActorContext,
  ): Promise<unknown> {
    return [item instanceof Item, item, context instanceof ActorContext];
  }

  async nothing(): Promise<string> {
    return 'nothing';
  }
}

@ActorType('Unpiped')
@UsePipes(ValidationPipe)
class UnpipedActor extends Actor {
  async bare(item: Item): Promise<Item> {
    return item;
  }

  async optional(item = new Item()): Promise<Item> {
    return item;
  }

  async half(@Payload() item: Item, other: Item): Promise<unknown> {
    return [item, other];
  }

  async fine(@Payload() item: Item): Promise<Item> {
    return item;
  }

  async none(): Promise<void> {}

  @OnReminder('wake')
  async wake(item: Item): Promise<Item> {
    return item;
  }
}

describe('a pipe for a whole class', () => {
  it('sees the arguments, and no context [A25]', async () => {
    app = await startActorApp({ providers: [PipedActor] });
    await expect(
      app.actor(PipedActor).take({ amount: 1, extra: 2 } as Item),
    ).resolves.toEqual([true, { amount: 1 }, true]);
    await expect(app.actor(PipedActor).nothing()).resolves.toBe('nothing');
  });

  it('that would pass an argument by is an error at start [A23]', async () => {
    const start = startActorApp({ providers: [UnpipedActor] });
    await expect(start).rejects.toBeInstanceOf(DaprConfigurationError);
    await expect(start).rejects.toThrow(
      /A pipe is meant for UnpipedActor\.bare, UnpipedActor\.optional, UnpipedActor\.half, UnpipedActor\.wake, but .* Put @Payload\(\) in front of each parameter/,
    );
    app = await startActorApp({ providers: [PipedActor] });
  });

  it('for one method is held to the same [A23]', async () => {
    @ActorType('Method')
    class MethodActor extends Actor {
      @UsePipes(ValidationPipe)
      async bare(item: Item): Promise<Item> {
        return item;
      }

      async free(item: Item): Promise<Item> {
        return item;
      }
    }
    await expect(startActorApp({ providers: [MethodActor] })).rejects.toThrow(
      /A pipe is meant for MethodActor\.bare, but/,
    );
    app = await startActorApp({ providers: [PipedActor] });
  });
});

@Injectable()
class HttpOnlyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.getType() === 'http';
  }
}

@ActorType('Open')
class OpenActor extends Actor {
  async take(@Payload() item: Item): Promise<unknown> {
    return item instanceof Item;
  }
}

class Shout implements PipeTransform {
  transform(value: unknown): unknown {
    return typeof value === 'string' ? value.toUpperCase() : value;
  }
}

describe("the app's global enhancers", () => {
  const providers = [
    OpenActor,
    { provide: APP_GUARD, useClass: HttpOnlyGuard },
  ];

  it('do not reach actors [A24]', async () => {
    app = await startActorApp({
      providers,
      configure: (config) =>
        config.useGlobalPipes(new ValidationPipe({ transform: true })),
    });
    await expect(app.actor(OpenActor).take({ amount: 1 })).resolves.toBe(false);
  });

  it('reach them where the app says so [A24]', async () => {
    app = await startActorApp({ providers, inheritAppConfig: true });
    await expect(
      app.actor(OpenActor).take({ amount: 1 }),
    ).rejects.toMatchObject({ name: 'ForbiddenException' });
    await app.close();
    app = await startActorApp({
      providers: [OpenActor],
      inheritAppConfig: true,
      configure: (config) =>
        config.useGlobalPipes(new ValidationPipe({ transform: true })),
    });
    await expect(app.actor(OpenActor).take({ amount: 1 })).resolves.toBe(true);
    await expect(
      app.actor<Loose>('Open').take({ amount: 'x' }),
    ).rejects.toMatchObject({ status: 400 });
  });

  it('are held to their arguments, too [A23]', async () => {
    @ActorType('Bare')
    class BareActor extends Actor {
      async say(text: string): Promise<string> {
        return text;
      }
    }
    const options = {
      providers: [BareActor],
      configure: (config: { useGlobalPipes(pipe: PipeTransform): void }) =>
        config.useGlobalPipes(new Shout()),
    };
    await expect(
      startActorApp({ ...options, inheritAppConfig: true }),
    ).rejects.toThrow(/BareActor\.say/);
    app = await startActorApp(options);
    await expect(app.actor(BareActor).say('quiet')).resolves.toBe('quiet');
  });
});

@Injectable({ scope: Scope.REQUEST })
class ScopedGuard implements CanActivate {
  constructor(@Inject(REQUEST) private readonly request: unknown) {}

  canActivate(): boolean {
    return this.request !== undefined;
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class TransientGuard implements CanActivate {
  private readonly isBuilt = true;

  canActivate(): boolean {
    return this.isBuilt;
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedPipe implements PipeTransform {
  transform(value: unknown): unknown {
    return value;
  }
}

describe('an enhancer that Nest builds per request', () => {
  it.each([
    [
      'guard of a class',
      () => {
        @ActorType('Scoped')
        @UseGuards(ScopedGuard)
        class ScopedActor extends Actor {
          async m(): Promise<void> {}
        }
        return ScopedActor;
      },
      'ScopedGuard',
    ],
    [
      'transient guard of a method',
      () => {
        @ActorType('Scoped')
        class ScopedActor extends Actor {
          @UseGuards(TransientGuard)
          async m(): Promise<void> {}
        }
        return ScopedActor;
      },
      'TransientGuard',
    ],
    [
      'pipe of a parameter',
      () => {
        @ActorType('Scoped')
        class ScopedActor extends Actor {
          async m(@Payload(ScopedPipe) value: string): Promise<string> {
            return value;
          }
        }
        return ScopedActor;
      },
      'ScopedPipe',
    ],
  ])('is refused at start in words: %s [A25]', async (_what, define, name) => {
    await expect(startActorApp({ providers: [define()] })).rejects.toThrow(
      new RegExp(
        `^${name} can't work for the actor ScopedActor: .* Give it the default scope`,
      ),
    );
    app = await startActorApp({ providers: [OpenActor] });
  });

  it('is refused where it is global and would be inherited [A25]', async () => {
    const providers = [
      OpenActor,
      { provide: APP_GUARD, useClass: ScopedGuard },
    ];
    await expect(
      startActorApp({ providers, inheritAppConfig: true }),
    ).rejects.toThrow(/ScopedGuard can't work for the actor OpenActor/);
    app = await startActorApp({ providers });
    await expect(app.actor(OpenActor).take({ amount: 1 })).resolves.toBe(false);
  });
});

describe('an actor in a chain of interceptors that lose the context', () => {
  it('is still the one that was called', async () => {
    const waiting: (() => void)[] = [];
    @Injectable()
    class Batch implements NestInterceptor {
      intercept(_context: ExecutionContext, next: CallHandler) {
        return new Observable((subscriber) => {
          waiting.push(() => next.handle().subscribe(subscriber));
          if (waiting.length === 2)
            for (const begin of waiting.splice(0)) begin();
        });
      }
    }
    @ActorType('Batched')
    @UseInterceptors(Batch)
    class BatchedActor extends Actor {
      async name(): Promise<string> {
        return this.id;
      }
    }
    app = await startActorApp({ providers: [BatchedActor] });
    await expect(
      Promise.all([
        app.actor(BatchedActor, 'a').name(),
        app.actor(BatchedActor, 'b').name(),
      ]),
    ).resolves.toEqual(['a', 'b']);
  });
});
