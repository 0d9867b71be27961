import {
  BadRequestException,
  Catch,
  ConflictException,
  Controller,
  Inject,
  Injectable,
  NotFoundException,
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
import { Reflector, REQUEST } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { IsInt } from 'class-validator';
import { catchError, map, of, tap, throwError, type Observable } from 'rxjs';
import {
  BindingContext,
  DaprContext,
  DropMessageException,
  InputBinding,
  InvocationContext,
  Invocable,
  PubSubContext,
  Subscribe,
} from '../../lib/index.js';
import { callApp, deliver } from '../support/delivery.js';
import { cloudEvent } from '../support/nest-app.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

const steps: string[] = [];
let guarded: ExecutionContext | undefined;

@Injectable()
class Stations {
  pass(name: string): void {
    steps.push(name);
  }
}

/** A guard, interceptor and filter of that name, with a dependency. */
function enhancers(name: string) {
  @Injectable()
  class Guard implements CanActivate {
    constructor(private readonly stations: Stations) {}
    canActivate(context: ExecutionContext): boolean {
      guarded = context;
      this.stations.pass(`guard of ${name}`);
      return true;
    }
  }
  @Injectable()
  class Interceptor implements NestInterceptor {
    constructor(private readonly stations: Stations) {}
    intercept(_context: unknown, next: CallHandler): Observable<unknown> {
      this.stations.pass(`into ${name}`);
      return next
        .handle()
        .pipe(tap(() => this.stations.pass(`out of ${name}`)));
    }
  }
  @Injectable()
  class Pipe implements PipeTransform {
    constructor(private readonly stations: Stations) {}
    transform(value: unknown): unknown {
      this.stations.pass(`pipe of ${name}`);
      return value instanceof DaprContext ? value : `${String(value)}>${name}`;
    }
  }
  return { Guard, Interceptor, Pipe };
}

const ofClass = enhancers('class');
const ofMethod = enhancers('method');
const ofParameter = enhancers('parameter');

const Label = (text: string) => SetMetadata('label', text);

@Controller()
@UseGuards(ofClass.Guard)
@UseInterceptors(ofClass.Interceptor)
@UsePipes(ofClass.Pipe)
class Lined {
  @Subscribe('pubsub', 'lined')
  @InputBinding('lined')
  @Invocable('invoke-lined')
  @UseGuards(ofMethod.Guard)
  @UseInterceptors(ofMethod.Interceptor)
  @UsePipes(ofMethod.Pipe)
  @Label('mine')
  handle(@Payload(ofParameter.Pipe) payload: unknown): void {
    steps.push(`handler with ${String(payload)}`);
  }
}

class Unpaid extends Error {}

/** What stands in for an error, by its message. */
const mapped = new Map<string, () => unknown>([
  ['drop', () => throwError(() => new DropMessageException('unpaid'))],
  [
    'thrown',
    () => {
      throw new ConflictException('unpaid');
    },
  ],
  ['answer', () => of('paid after all')],
  ['nothing', () => undefined],
]);

@Catch(Unpaid)
class UnpaidFilter implements ExceptionFilter {
  catch(error: Unpaid, host: ArgumentsHost): unknown {
    steps.push(`filter of ${host.getType()}`);
    return mapped.get(error.message)?.();
  }
}

@Catch()
class LastFilter implements ExceptionFilter {
  catch(error: Error): Observable<never> {
    steps.push('filter of the class');
    return throwError(() => error);
  }
}

@Injectable()
class Translate implements NestInterceptor {
  intercept(_context: unknown, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((value: unknown) => ({ wrapped: value })),
      catchError((error: Error) =>
        throwError(() => new BadRequestException(error.message)),
      ),
    );
  }
}

@Controller()
@UseFilters(LastFilter)
class Filtered {
  @Subscribe('pubsub', 'filtered')
  @Invocable('filtered')
  @UseFilters(UnpaidFilter)
  pay(@Payload() payload: string): never {
    throw new Unpaid(payload);
  }

  @Subscribe('pubsub', 'unfiltered')
  @Invocable('unfiltered')
  fail(): never {
    throw new ConflictException('taken');
  }

  @Subscribe('pubsub', 'translated')
  @Invocable('translated')
  @UseInterceptors(Translate)
  translate(@Payload() payload: string): string {
    if (payload === 'bad') throw new Error('bad');
    return payload;
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedGuard implements CanActivate {
  static built = 0;
  constructor(
    @Inject(REQUEST)
    private readonly request: { data: unknown; context: DaprContext },
  ) {
    ScopedGuard.built += 1;
  }
  canActivate(): boolean {
    const { data, context } = this.request;
    steps.push(`${context.constructor.name} with ${String(data)}`);
    return data !== 'forbidden';
  }
}

@Controller()
class Scoped {
  @Subscribe('pubsub', 'scoped')
  @InputBinding('scoped')
  @Invocable('invoke-scoped')
  @UseGuards(ScopedGuard)
  handle(@Payload() payload: unknown): void {
    steps.push(`scoped ${String(payload)}`);
  }
}

class Poison extends Error {}
class Undecidable extends Error {}

@Controller()
class Decided {
  @Subscribe('pubsub', 'decided')
  @InputBinding('decided')
  @Invocable('invoke-decided')
  handle(@Payload() payload: string): void {
    if (payload === 'poison') throw new Poison();
    if (payload === 'duplicate') throw new ConflictException();
    if (payload === 'early') throw new BadRequestException();
    if (payload === 'missing') throw new NotFoundException();
    if (payload === 'odd') throw new Error('neither');
    if (payload === 'undecidable') throw new Undecidable('lost?');
    if (payload === 'misread') throw new BadRequestException('what?');
  }
}

class Parcel {
  @IsInt()
  weight!: number;
}

@Controller()
class Checked {
  @Subscribe('pubsub', 'checked')
  @UsePipes(new ValidationPipe())
  handle(@Payload() parcel: Parcel): void {
    steps.push(`parcel of ${parcel.weight}`);
  }
}

describe.each(platforms)('the pipeline on %s', (_platform, adapter) => {
  let nest: NestRun;
  const decisions: unknown[] = [];

  beforeAll(async () => {
    nest = await runNest({
      adapter: adapter(),
      controllers: [Lined, Filtered, Scoped, Decided, Checked],
      providers: [Stations],
      dapr: {
        server: {
          outcome(error, context) {
            decisions.push(context);
            if (error instanceof Poison) return 'DROP';
            if (error instanceof Undecidable) throw new Error('no idea');
            // As plain JavaScript may.
            if (
              error instanceof BadRequestException &&
              error.message === 'what?'
            )
              return 'success' as 'SUCCESS';
            if (
              error instanceof NotFoundException &&
              error.message === 'Not Found'
            )
              return 'DROP';
            if (
              error instanceof ConflictException &&
              error.message === 'Conflict'
            )
              return 'SUCCESS';
            if (
              error instanceof BadRequestException &&
              error.message === 'Bad Request'
            )
              return 'RETRY';
            return undefined;
          },
        },
      },
    });
  });
  afterAll(() => nest.close());
  beforeEach(() => {
    steps.length = 0;
    decisions.length = 0;
    nest.log.lines.length = 0;
    guarded = undefined;
  });

  const deliverTo = async (topic: string, data: unknown): Promise<unknown> => {
    const { status, json } = await deliver(nest, topic, cloudEvent(data));
    expect(status).toBe(200);
    return (json as { status: string }).status;
  };
  const post = (path: string, body: unknown) =>
    callApp(nest, 'POST', `/${path}`, JSON.stringify(body), {
      'content-type': 'application/json',
    });

  const ALL_STEPS = [
    'guard of class',
    'guard of method',
    'into class',
    'into method',
    'pipe of class',
    'pipe of method',
    'pipe of parameter',
    'handler with x>class>method>parameter',
    'out of method',
    'out of class',
  ];

  it('runs around a message, with class before method before parameter', async () => {
    await nest.client.pubsub.publish('pubsub', 'lined', 'x');
    await until(() => steps.length >= ALL_STEPS.length);
    expect(steps).toEqual(ALL_STEPS);
  });

  it('runs around an event of a binding', async () => {
    expect((await post('lined', 'x')).status).toBe(200);
    expect(steps).toEqual(ALL_STEPS);
  });

  it('runs around an invocation', async () => {
    await nest.client.invoker.invoke('app', 'invoke-lined', 'POST', 'x');
    expect(steps).toEqual(ALL_STEPS);
  });

  it.each<
    [string, () => Promise<unknown>, new (...args: never) => DaprContext]
  >([
    ['a message', () => deliverTo('lined', 'x'), PubSubContext],
    ['an event of a binding', () => post('lined', 'x'), BindingContext],
    ['an invocation', () => post('invoke-lined', 'x'), InvocationContext],
  ])(
    'shows guards %s as a call of a microservice',
    async (_what, send, type) => {
      await send();
      const context = guarded as unknown as ExecutionContext;
      expect(context.getType()).toBe('rpc');
      expect(context.getClass()).toBe(Lined);
      expect(context.getHandler()).toBe(Lined.prototype.handle);
      expect(new Reflector().get('label', context.getHandler())).toBe('mine');
      expect(context.switchToRpc().getContext()).toBeInstanceOf(type);
    },
  );

  it.each<[string, string, string[]]>([
    ['a drop', 'drop', ['DROP', 'filter of rpc']],
    ['an exception that it throws', 'thrown', ['RETRY', 'filter of rpc']],
    ['a value', 'answer', ['SUCCESS', 'filter of rpc']],
    ['nothing, so that the error stays', 'nothing', ['RETRY', 'filter of rpc']],
  ])('lets a filter make of an error %s', async (_what, message, expected) => {
    expect([await deliverTo('filtered', message), ...steps]).toEqual(expected);
    expect(nest.log.all()).not.toContain('[object');
  });

  it('lets a filter make an answer of an error, or another error [H11]', async () => {
    const answer = await post('filtered', 'answer');
    expect([answer.status, answer.text]).toEqual([200, 'paid after all']);
    expect((await post('filtered', 'thrown')).status).toBe(409);
    expect((await post('filtered', 'nothing')).status).toBe(500);
  });

  it('asks the filter of the class where that of the method does not catch', async () => {
    expect(await deliverTo('unfiltered', 'x')).toBe('RETRY');
    expect((await post('unfiltered', 'x')).status).toBe(409);
    expect(steps).toEqual(['filter of the class', 'filter of the class']);
  });

  it('lets an interceptor change results and errors', async () => {
    expect(await deliverTo('translated', 'good')).toBe('SUCCESS');
    expect(await deliverTo('translated', 'bad')).toBe('DROP');
    expect((await post('translated', 'good')).json).toEqual({
      wrapped: 'good',
    });
    expect((await post('translated', 'bad')).status).toBe(400);
  });

  it('says in the log what a pipe has against a payload [H2]', async () => {
    expect(await deliverTo('checked', { weight: 'heavy' })).toBe('DROP');
    const [line] = nest.log.of('warn', 'Checked.handle refused message e-1');
    expect(line).toContain('weight must be an integer number');
    expect(line).not.toContain('heavy');
  });

  it('builds a request-scoped guard once per call, with the call injected [H13]', async () => {
    ScopedGuard.built = 0;
    expect(await deliverTo('scoped', 'a')).toBe('SUCCESS');
    expect(await deliverTo('scoped', 'forbidden')).toBe('DROP');
    expect((await post('scoped', 'b')).status).toBe(200);
    expect((await post('invoke-scoped', 'c')).status).toBe(204);
    expect((await post('invoke-scoped', 'forbidden')).status).toBe(403);
    expect(steps).toEqual([
      'PubSubContext with a',
      'scoped a',
      'PubSubContext with forbidden',
      'BindingContext with b',
      'scoped b',
      'InvocationContext with c',
      'scoped c',
      'InvocationContext with forbidden',
    ]);
    expect(ScopedGuard.built).toBe(5);
  });

  describe('with server.outcome', () => {
    it.each([
      ['poison', 'DROP'],
      ['duplicate', 'SUCCESS'],
      ['early', 'RETRY'],
      ['missing', 'DROP'],
      ['odd', 'RETRY'],
    ])('ends a message that is %s as %s', async (payload, status) => {
      expect(await deliverTo('decided', payload)).toBe(status);
      expect(decisions).toHaveLength(1);
      expect(decisions[0]).toBeInstanceOf(PubSubContext);
      expect(nest.log.of('warn')).toHaveLength(status === 'DROP' ? 1 : 0);
      expect(nest.log.of('error')).toHaveLength(status === 'RETRY' ? 1 : 0);
    });

    it.each([
      ['poison', 200],
      ['duplicate', 200],
      ['early', 500],
      ['missing', 200],
      ['odd', 500],
    ])(
      'ends an event of a binding that is %s with %i',
      async (payload, status) => {
        expect((await post('decided', payload)).status).toBe(status);
        expect(decisions[0]).toBeInstanceOf(BindingContext);
      },
    );

    it.each([
      ['poison', 500],
      ['duplicate', 204],
      ['early', 400],
      ['missing', 404],
      ['odd', 500],
    ])('ends an invocation that is %s with %i', async (payload, status) => {
      expect((await post('invoke-decided', payload)).status).toBe(status);
      expect(decisions[0]).toBeInstanceOf(InvocationContext);
    });

    it('that fails itself leaves the error what it is, and both are logged', async () => {
      expect(await deliverTo('decided', 'undecidable')).toBe('RETRY');
      expect(nest.log.of('error', 'no idea')).toHaveLength(1);
      expect(nest.log.of('error', 'lost?')).toHaveLength(1);
    });

    it('that gives no status leaves the default', async () => {
      expect(await deliverTo('decided', 'misread')).toBe('DROP');
    });

    it('is not asked where nothing failed', async () => {
      expect(await deliverTo('decided', 'fine')).toBe('SUCCESS');
      expect(decisions).toEqual([]);
    });
  });
});
