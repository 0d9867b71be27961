import {
  Catch,
  Controller,
  Get,
  Injectable,
  ValidationPipe,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import { throwError, type Observable } from 'rxjs';
import {
  Actor,
  ActorType,
  DropMessageException,
  InputBinding,
  Invocable,
  Subscribe,
} from '../../lib/index.js';
import {
  cloudEvent,
  startNestApp,
  type NestApp,
  type NestAppOptions,
} from '../support/nest-app.js';
import { platforms } from '../support/platforms.js';

const seen: string[] = [];

class Parcel {
  @IsInt()
  weight!: number;
}

class Overweight extends Error {}

/** As an app guards its HTTP routes: it knows nothing of messages, and refuses what it does not know. */
@Injectable()
class HttpGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    seen.push(`guard of ${context.getType()}`);
    return context.getType() === 'http';
  }
}

@Injectable()
class CountPipe implements PipeTransform {
  transform(value: unknown): unknown {
    seen.push('pipe');
    return value;
  }
}

@Injectable()
class CountInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    seen.push(`interceptor of ${context.getType()}`);
    return next.handle();
  }
}

@Catch(Overweight)
class OverweightFilter implements ExceptionFilter {
  catch(error: Error): Observable<never> {
    return throwError(() => new DropMessageException(error.message));
  }
}

@Controller()
class Handlers {
  @Subscribe('pubsub', 'parcels', { deadLetterTopic: 'dead' })
  @InputBinding('inbox')
  @Invocable('weigh')
  onParcel(@Payload() parcel: Parcel): string {
    seen.push(`handler with ${parcel.constructor.name}`);
    if (parcel.weight > 100) throw new Overweight();
    return parcel.constructor.name;
  }

  @Get('route')
  route(): string {
    return 'routed';
  }
}

@ActorType('Scale')
class Scale extends Actor {
  async weigh(@Payload() parcel: Parcel): Promise<string> {
    return parcel.constructor.name;
  }
}

const [SUCCESS, DROP, RETRY] = ['SUCCESS', 'DROP', 'RETRY'].map((status) =>
  JSON.stringify({ status }),
);
const validation = () => new ValidationPipe({ transform: true });

/** Ways to say the same, and what calls of Dapr's see of it. */
const inEffect: [string, boolean | undefined, boolean][] = [
  ['not said', undefined, false],
  ['false', false, false],
  ['true', true, true],
];

describe.each(platforms)(
  'the app’s own configuration on %s',
  (_platform, adapter) => {
    let nest: NestApp | undefined;

    beforeEach(() => {
      seen.length = 0;
    });
    afterEach(async () => {
      await nest?.close();
      nest = undefined;
    });

    const run = async (
      inherit: boolean | undefined,
      options: Pick<NestAppOptions, 'providers' | 'configure'>,
    ): Promise<NestApp> => {
      const server = {
        ...(inherit !== undefined && { inheritAppConfig: inherit }),
      };
      nest = await startNestApp({
        ...options,
        adapter: adapter(),
        controllers: [Handlers],
        providers: [Scale, ...(options.providers ?? [])],
        dapr: { server },
      });
      return nest;
    };
    const deliver = async (app: NestApp, parcel: object): Promise<string> =>
      (await app.call('POST', await app.routeOf('parcels'), cloudEvent(parcel)))
        .text;
    /** What a topic, a binding, a method and an actor make of a parcel. */
    const sendAll = async (
      app: NestApp,
      parcel: object,
    ): Promise<unknown[]> => {
      const binding = await app.call('POST', '/inbox', parcel);
      const method = await app.call('POST', '/weigh', parcel);
      const actor = await app.call(
        'PUT',
        '/actors/Scale/a/method/weigh',
        parcel,
      );
      return [
        await deliver(app, parcel),
        binding.status,
        method.status === 200 ? method.text : method.status,
        actor.status === 200 ? actor.json : actor.status,
      ];
    };
    const lines = (app: NestApp) => app.log.of('warn', 'inheritAppConfig');

    describe.each(inEffect)(
      'with inheritAppConfig %s',
      (_said, inherit, isInherited) => {
        it('has its guards keep off, or not, what Dapr sends [A24]', async () => {
          const app = await run(inherit, {
            providers: [{ provide: APP_GUARD, useClass: HttpGuard }],
          });
          expect((await app.call('GET', '/route')).status).toBe(200);
          expect(await sendAll(app, { weight: 1 })).toEqual(
            isInherited
              ? [DROP, 403, 403, 403]
              : [SUCCESS, 200, 'Object', 'Object'],
          );
          expect(seen.includes('guard of rpc')).toBe(isInherited);
        });

        it.each<[string, Parameters<typeof run>[1]]>([
          [
            'useGlobalPipes',
            { configure: (app) => void app.useGlobalPipes(validation()) },
          ],
          [
            'APP_PIPE',
            { providers: [{ provide: APP_PIPE, useFactory: validation }] },
          ],
        ])(
          'has the pipes of %s validate, or not, what Dapr sends [A24]',
          async (_how, options) => {
            const app = await run(inherit, options);
            const name = isInherited ? 'Parcel' : 'Object';
            expect(await sendAll(app, { weight: 1 })).toEqual([
              SUCCESS,
              200,
              name,
              name,
            ]);
            expect(await sendAll(app, { weight: 'x' })).toEqual(
              isInherited
                ? [DROP, 400, 400, 400]
                : [SUCCESS, 200, 'Object', 'Object'],
            );
          },
        );

        it('has its interceptors and pipes run once per call, or not at all [A24]', async () => {
          const app = await run(inherit, {
            providers: [
              { provide: APP_INTERCEPTOR, useClass: CountInterceptor },
              { provide: APP_PIPE, useClass: CountPipe },
            ],
          });
          await deliver(app, { weight: 1 });
          expect(seen).toEqual([
            ...(isInherited ? ['interceptor of rpc', 'pipe'] : []),
            'handler with Object',
          ]);
        });

        it('has its filters map, or not, what handlers throw [A24]', async () => {
          const app = await run(inherit, {
            providers: [{ provide: APP_FILTER, useClass: OverweightFilter }],
          });
          expect(await deliver(app, { weight: 101 })).toBe(
            isInherited ? DROP : RETRY,
          );
        });

        it(`${inherit === undefined ? 'says one line' : 'says nothing'} at start [A24]`, async () => {
          const app = await run(inherit, {
            providers: [{ provide: APP_PIPE, useClass: CountPipe }],
            configure: (configured) =>
              void configured.useGlobalInterceptors(new CountInterceptor()),
          });
          expect(lines(app)).toHaveLength(inherit === undefined ? 1 : 0);
        });
      },
    );

    it('is not spoken of where the app has no global enhancers [A24]', async () => {
      expect(lines(await run(undefined, {}))).toEqual([]);
    });
  },
);
