import {
  BadRequestException,
  Controller,
  ForbiddenException,
  Injectable,
  NotFoundException,
  PayloadTooLargeException,
  ServiceUnavailableException,
  UnprocessableEntityException,
  UnsupportedMediaTypeException,
  Post,
  UseGuards,
  ValidationPipe,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { IsInt } from 'class-validator';
import type { IncomingMessage } from 'node:http';
import { EMPTY, of, throwError } from 'rxjs';
import {
  BindingContext,
  DropMessageException,
  InputBinding,
  RetryMessageException,
} from '../../lib/index.js';
import { component, resources } from '../conformance/components.js';
import { callApp } from '../support/delivery.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { refusalOf } from '../support/refusal.js';
import { until } from '../support/until.js';

const BYTES = Buffer.from('fffe0080', 'hex');
const cron = (name: string, metadata: Record<string, string> = {}): string =>
  component('bindings.cron', name, { schedule: '@every 1s', ...metadata });

interface Event {
  readonly payload: unknown;
  readonly context: BindingContext;
}

const ticks: Event[] = [];
const events: Event[] = [];
const passed: string[] = [];
let answer: () => unknown = () => undefined;

@Injectable()
class Closed implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

class Mail {
  @IsInt()
  id!: number;
}

@Controller()
class Handlers {
  @InputBinding('tick')
  @InputBinding('own/route')
  @InputBinding('/slashed')
  @InputBinding('written')
  onTick(@Payload() payload: unknown, @Ctx() context: BindingContext): void {
    ticks.push({ payload, context });
  }

  @InputBinding('inbox')
  onMail(@Payload() payload: unknown, @Ctx() context: BindingContext): unknown {
    events.push({ payload, context });
    return answer();
  }

  @InputBinding('guarded')
  @UseGuards(Closed)
  onGuarded(): void {
    events.push({} as Event);
  }

  @InputBinding('validated')
  onValidated(
    @Payload(new ValidationPipe({ transform: true })) payload: Mail,
    @Ctx() context: BindingContext,
  ): void {
    events.push({ payload, context });
  }
}

describe.each(platforms)('an input binding on %s', (_platform, adapter) => {
  let nest: NestRun;

  beforeAll(async () => {
    passed.length = 0;
    ticks.length = 0;
    nest = await runNest({
      adapter: adapter(),
      resources: resources(
        cron('tick'),
        cron('routed', { route: '/own/route' }),
        cron('slashed'),
        cron('deployed'),
        cron('unwanted'),
      ),
      controllers: [Handlers],
      dapr: { names: { written: 'deployed' } },
      configure(app) {
        app.use((request: IncomingMessage, _: unknown, next: () => void) => {
          passed.push(`${request.method} ${request.url}`);
          next();
        });
      },
    });
  });
  afterAll(() => nest.close());
  beforeEach(() => {
    events.length = 0;
    nest.log.lines.length = 0;
  });

  const eventsOf = (name: string): Event[] =>
    events.filter(({ context }) => context?.bindingName === name);

  describe('of a sidecar', () => {
    const ticksOf = (name: string): Event[] =>
      ticks.filter(({ context }) => context.bindingName === name);

    it('arrives with an empty payload, and its metadata in the context [H14]', async () => {
      await until(() => ticksOf('tick').length > 0);
      const [event] = ticksOf('tick');
      expect(event?.payload).toBeUndefined();
      expect(event?.context.metadata).toMatchObject({
        'content-type': 'application/json',
        readtimeutc: expect.stringContaining('UTC'),
      });
    });

    it.each([
      ['by its route', 'own/route'],
      ['written with a slash', 'slashed'],
      ['by its deployed name', 'deployed'],
    ])('is found %s', async (_how, name) => {
      await until(() => ticksOf(name).length > 0);
    });

    it('is not sent where nobody handles it [H3]', async () => {
      await until(() => ticksOf('tick').length > 1);
      expect(passed).not.toContain('POST /unwanted');
    });
  });

  describe('is probed', () => {
    it.each(['inbox', 'guarded'])(
      'and %s is wanted, without its handler',
      async (name) => {
        const probe = await callApp(nest, 'OPTIONS', `/${name}`);
        expect(probe.status).toBe(200);
        expect(eventsOf(name)).toEqual([]);
      },
    );

    it.each(['nobody', 'inbox/more', 'written', 'Inbox'])(
      'and %s is not wanted: 404 [H3] [H9]',
      async (name) => {
        expect((await callApp(nest, 'OPTIONS', `/${name}`)).status).toBe(404);
      },
    );
  });

  const post = (
    name: string,
    body?: unknown,
    contentType = 'application/json',
  ) => callApp(nest, 'POST', `/${name}`, body, { 'content-type': contentType });

  it.each<[string, string | Buffer, string, unknown]>([
    ['an object', '{"a":1}', 'application/json', { a: 1 }],
    ['an array', '[1,"2"]', 'application/json', [1, '2']],
    ['0', '0', 'application/json', 0],
    ['false', 'false', 'application/json', false],
    ['an empty string', '""', 'application/json', ''],
    ['null', 'null', 'application/json', null],
    ['text under the name of JSON', 'grüße', 'application/json', 'grüße'],
    ['XML under the name of JSON', '<a>1</a>', 'application/json', '<a>1</a>'],
    ['bytes under the name of JSON', BYTES, 'application/json', BYTES],
    ['XML', '<a>1</a>', 'application/xml', '<a>1</a>'],
    ['a form', 'a=1&b=%20', 'application/x-www-form-urlencoded', 'a=1&b=%20'],
    ['bytes', BYTES, 'application/octet-stream', BYTES],
    ['nothing under the name of JSON', '', 'application/json', undefined],
    ['nothing', '', 'application/octet-stream', undefined],
  ])(
    'gives its handler %s as it came [H14]',
    async (_what, body, type, value) => {
      answer = () => undefined;
      expect((await post('inbox', body, type)).status).toBe(200);
      expect(eventsOf('inbox').map(({ payload }) => payload)).toStrictEqual([
        value,
      ]);
    },
  );

  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['an object', () => ({ status: 'RETRY', data: 1 })],
    ['an Observable', () => of(1, 2)],
    ['an empty Observable', () => EMPTY],
    ['the word SUCCESS', () => 'SUCCESS'],
    ['the word DROP', () => 'DROP'],
  ])(
    'whose handler returns %s is answered 200, with nothing of it [H5]',
    async (_what, behaviour) => {
      answer = behaviour;
      const { status, text } = await post('inbox', {});
      expect({ status, text }).toEqual({ status: 200, text: '' });
      expect(nest.log.of('error')).toEqual([]);
    },
  );

  const throws = (error: unknown) => () => {
    throw error;
  };

  it.each<[string, number, () => unknown]>([
    ['an error', 500, throws(new Error('secret'))],
    ['something that is no error', 500, throws('secret')],
    ['a rejected promise', 500, () => Promise.reject(new Error('secret'))],
    ['a failing Observable', 500, () => throwError(() => new Error('secret'))],
    [
      'the wish for another delivery',
      500,
      throws(new RetryMessageException('secret')),
    ],
    ['the word RETRY', 500, () => 'RETRY'],
    ['a row that is missing', 500, throws(new NotFoundException('secret'))],
    ['a service that forbids', 500, throws(new ForbiddenException('secret'))],
    [
      'a service that is down',
      500,
      throws(new ServiceUnavailableException('secret')),
    ],
  ])(
    'whose handler ends in %s is answered %i and logged once as an error [H1]',
    async (_what, status, behaviour) => {
      answer = behaviour;
      const { status: given, text } = await post('inbox', {});
      expect(given).toBe(status);
      expect(text).not.toContain('secret');
      expect(nest.log.of('error')).toHaveLength(1);
      expect(
        nest.log.of(
          'error',
          'Handlers.onMail failed on an event of binding "inbox"',
        ),
      ).toHaveLength(1);
      expect(nest.log.of('warn')).toEqual([]);
    },
  );

  it.each<[string, number, () => unknown]>([
    ['400', 400, throws(new BadRequestException('secret'))],
    ['413', 413, throws(new PayloadTooLargeException('secret'))],
    ['415', 415, throws(new UnsupportedMediaTypeException('secret'))],
    ['422', 422, throws(new UnprocessableEntityException('secret'))],
    ['a drop', 200, throws(new DropMessageException('secret'))],
  ])(
    'that is refused with %s is answered %i and logged once as a warning [H2]',
    async (_what, status, behaviour) => {
      answer = behaviour;
      const { status: given, text } = await post('inbox', {});
      expect(given).toBe(status);
      expect(text).not.toContain('secret');
      expect(
        nest.log.of(
          'warn',
          'Handlers.onMail refused an event of binding "inbox"',
        ),
      ).toHaveLength(1);
      expect(nest.log.of('error')).toEqual([]);
    },
  );

  it('that a guard turns away is answered 403, and its handler does not run [H2]', async () => {
    expect((await post('guarded', {})).status).toBe(403);
    expect(events.filter(({ context }) => context === undefined)).toEqual([]);
    expect(nest.log.of('warn', 'Handlers.onGuarded refused')).toHaveLength(1);
  });

  it('that a pipe refuses is answered 400, and its handler does not run [H2]', async () => {
    expect((await post('validated', { id: 'x' })).status).toBe(400);
    expect(eventsOf('validated')).toEqual([]);
    expect((await post('validated', { id: 1 })).status).toBe(200);
    expect(eventsOf('validated')[0]?.payload).toBeInstanceOf(Mail);
  });

  it.each(['GET', 'PUT', 'DELETE'])('takes no %s', async (verb) => {
    const { status, headers } = await callApp(nest, verb, '/inbox');
    expect(status).toBe(405);
    expect(headers.allow?.split(', ').sort()).toEqual(['OPTIONS', 'POST']);
    expect(eventsOf('inbox')).toEqual([]);
  });

  it('by another name is no route of Dapr’s', async () => {
    expect((await post('nobody', {})).status).toBe(404);
  });
});

describe.each(platforms)('input bindings on %s', (_platform, adapter) => {
  const refusal = (...controllers: Type[]) =>
    refusalOf({ adapter: adapter(), controllers });

  it('that two handlers claim are refused by name [I2]', async () => {
    @Controller()
    class Two {
      @InputBinding('inbox')
      one(): void {}
      @InputBinding('/inbox')
      other(): void {}
    }
    expect(await refusal(Two)).toContain(
      'Two.one and Two.other both handle the input binding "inbox"',
    );
  });

  it('that take the path of a user’s route are refused by name', async () => {
    @Controller()
    class Clash {
      @InputBinding('inbox')
      mail(): void {}
      @Post('inbox')
      route(): void {}
    }
    expect(await refusal(Clash)).toContain('POST /inbox is a route of');
  });
});
