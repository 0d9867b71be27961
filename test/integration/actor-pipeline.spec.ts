import {
  BadRequestException,
  Catch,
  Injectable,
  ParseIntPipe,
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
} from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import { afterEach, describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import { map, throwError } from 'rxjs';
import {
  Actor,
  ActorContext,
  ActorProxyFactory,
  ActorType,
  OnTimer,
} from '../../lib/index.js';
import { call, errorOf } from '../conformance/wire.js';
import {
  runNest,
  type NestRun,
  type NestRunOptions,
} from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

class Item {
  @IsInt()
  amount!: number;
}

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
    const { kind, actorType, actorId, name } = context
      .switchToRpc()
      .getContext<ActorContext>();
    this.seen.lines.push(`${kind} ${actorType}/${actorId} ${name}`);
    return !this.reflector.get<boolean>('denied', context.getHandler());
  }
}

@Injectable()
class Doubling implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((value: unknown) => [value, value]));
  }
}

@Catch(RangeError)
class RangeFilter implements ExceptionFilter {
  catch(error: RangeError, host: ArgumentsHost) {
    const { actorId } = host.switchToRpc().getContext<ActorContext>();
    return throwError(
      () => new BadRequestException(`${actorId}: ${error.message}`),
    );
  }
}

@ActorType('Guarded')
@UseGuards(RoleGuard)
@UseFilters(RangeFilter)
class GuardedActor extends Actor<{ n: number }> {
  @SetMetadata('denied', true)
  denied(): void {
    this.state.set('n', 1);
  }

  @UseInterceptors(Doubling)
  doubled(value: string): string {
    return value;
  }

  parsed(@Payload(ParseIntPipe) n: number): number {
    return n;
  }

  validated(
    @Payload(new ValidationPipe({ transform: true })) item: Item,
    @Ctx() context?: ActorContext,
  ): unknown {
    return [item instanceof Item, context instanceof ActorContext];
  }

  far(): never {
    this.state.set('n', 2);
    throw new RangeError('too far');
  }

  start(): Promise<void> {
    return this.timers.set('tick', { dueTime: '0s', data: '7' });
  }

  @OnTimer('tick')
  onTick(@Payload(ParseIntPipe) n: number): void {
    this.state.set('n', n);
  }
}

/** The same methods, for what their own types would not let through. */
interface Loose {
  parsed(n: unknown): number;
  validated(item: unknown): unknown;
  take(item: unknown): unknown;
}

@ActorType('Open')
class OpenActor extends Actor {
  take(@Payload() item: Item): boolean {
    return item instanceof Item;
  }
}

@Injectable()
class HttpOnly implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.getType() === 'http';
  }
}

describe.each(platforms)('the pipeline of actors on %s', (_name, adapter) => {
  let nest: NestRun | undefined;
  afterEach(async () => {
    await nest?.close();
    nest = undefined;
  });

  const start = async (
    options: Omit<NestRunOptions, 'adapter'>,
  ): Promise<NestRun> =>
    (nest = await runNest({ adapter: adapter(), ...options }));
  const actor = <T>(type: string) =>
    nest!.app.get(ActorProxyFactory).get<T>(type, 'a');

  it('has the guards, pipes, interceptors and filters of its class and methods [A25]', async () => {
    const { client, sidecar, app, log } = await start({
      providers: [GuardedActor, Seen],
    });
    const guarded = actor<GuardedActor>('Guarded');
    const loose = actor<Loose>('Guarded');
    const path = '/v1.0/actors/Guarded/a/method/denied';

    await expect(guarded.denied()).rejects.toMatchObject({
      name: 'ForbiddenException',
      status: 403,
    });
    expect(errorOf(await call(sidecar, 'POST', path))).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_INVOKE_METHOD',
    });
    expect(app.get(Seen).lines).toEqual([
      'method Guarded/a denied',
      'method Guarded/a denied',
    ]);

    expect(await guarded.doubled('x')).toEqual(['x', 'x']);
    expect(await loose.parsed('5')).toBe(5);
    await expect(loose.parsed('five')).rejects.toMatchObject({ status: 400 });
    expect(await guarded.validated({ amount: 1 })).toEqual([true, true]);
    await expect(loose.validated({ amount: 'x' })).rejects.toMatchObject({
      status: 400,
      data: { message: ['amount must be an integer number'] },
    });
    await expect(guarded.far()).rejects.toMatchObject({
      status: 400,
      message: 'a: too far',
    });

    const stored = () => client.actor.stateGet('Guarded', 'a', 'n');
    expect(await stored()).toBeUndefined();
    await guarded.start();
    await until(async () => (await stored()) === 7);
    expect(app.get(Seen).lines.at(-1)).toBe('timer Guarded/a tick');
    expect(log.of('error')).toEqual([]);
  });

  it('that passes an argument by does not start [A23]', async () => {
    @ActorType('Unpiped')
    @UsePipes(ValidationPipe)
    class UnpipedActor extends Actor {
      take(item: Item): Item {
        return item;
      }
    }
    await expect(start({ providers: [UnpipedActor] })).rejects.toThrow(
      /A pipe is meant for UnpipedActor\.take, but .* Put @Payload\(\)/,
    );
  });

  describe.each([
    [undefined, false],
    [false, false],
    [true, true],
  ])('with inheritAppConfig %s', (inheritAppConfig, isInherited) => {
    const dapr = {
      server: { ...(inheritAppConfig !== undefined && { inheritAppConfig }) },
    };

    it('has the global pipes of the app, or not [A24]', async () => {
      await start({
        dapr,
        providers: [OpenActor],
        configure: (app) =>
          void app.useGlobalPipes(new ValidationPipe({ transform: true })),
      });
      const open = actor<Loose>('Open');
      expect(await open.take({ amount: 1 })).toBe(isInherited);
      const bad = open.take({ amount: 'x' });
      if (isInherited) await expect(bad).rejects.toMatchObject({ status: 400 });
      else expect(await bad).toBe(false);
    });

    it('has its APP_GUARD, or not [A24]', async () => {
      await start({
        dapr,
        providers: [OpenActor, { provide: APP_GUARD, useClass: HttpOnly }],
      });
      const taken = actor<Loose>('Open').take({ amount: 1 });
      if (isInherited)
        await expect(taken).rejects.toMatchObject({ status: 403 });
      else expect(await taken).toBe(false);
    });
  });
});
