import {
  BadRequestException,
  Controller,
  Injectable,
  NotFoundException,
  Post,
  ServiceUnavailableException,
  UnprocessableEntityException,
  UseGuards,
  ValidationPipe,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { IsInt } from 'class-validator';
import { EMPTY, of, throwError } from 'rxjs';
import {
  DropMessageException,
  JobContext,
  RetryMessageException,
  ScheduledJob,
} from '../../lib/index.js';
import { startNestApp } from '../support/nest-app.js';
import { callApp } from '../support/delivery.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { refusalOf } from '../support/refusal.js';
import { until } from '../support/until.js';
import { startServer } from './client/server.js';

const BYTES = Buffer.from('fffe0080', 'hex');

interface Run {
  readonly payload: unknown;
  readonly context: JobContext;
}

const runs: Run[] = [];
let answer: (run: Run) => unknown = () => undefined;

@Injectable()
class Closed implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

class Report {
  @IsInt()
  id!: number;
}

@Controller()
class Handlers {
  @ScheduledJob('often', { schedule: '@every 300ms', data: { a: 1 } })
  @ScheduledJob('soon', { dueTime: '100ms' })
  @ScheduledJob('yearly', { schedule: '@yearly', repeats: 3, data: [1] })
  @ScheduledJob('on demand')
  @ScheduledJob('failing')
  @ScheduledJob('report')
  handle(@Payload() payload: unknown, @Ctx() context: JobContext): unknown {
    const run = { payload, context };
    runs.push(run);
    return answer(run);
  }

  @ScheduledJob('guarded')
  @UseGuards(Closed)
  onGuarded(): void {
    runs.push({} as Run);
  }

  @ScheduledJob('validated')
  onValidated(
    @Payload(new ValidationPipe({ transform: true })) payload: Report,
    @Ctx() context: JobContext,
  ): void {
    runs.push({ payload, context });
  }

  @Post('job/mine')
  mine(): string {
    return 'mine';
  }
}

const runsOf = (name: string): Run[] =>
  runs.filter(({ context }) => context?.jobName === name);

describe.each(platforms)('a job on %s', (_platform, adapter) => {
  let nest: NestRun;

  beforeAll(async () => {
    runs.length = 0;
    answer = () => undefined;
    nest = await runNest({ adapter: adapter(), controllers: [Handlers] });
  });
  afterAll(() => nest.close());

  describe('that the decorator schedules', () => {
    it('comes at its times, with its data', async () => {
      await until(() => runsOf('often').length > 1);
      const [run] = runsOf('often');
      expect(run?.payload).toEqual({ a: 1 });
      expect(run?.context).toBeInstanceOf(JobContext);
      expect(run?.context.headers).toMatchObject({
        'content-type': 'application/json',
      });
      await nest.client.jobs.delete('often');
    });

    it('without data comes with null', async () => {
      await until(() => runsOf('soon').length > 0);
      expect(runsOf('soon').map(({ payload }) => payload)).toEqual([null]);
    });

    it('stands as it says', async () => {
      expect(await nest.client.jobs.get('yearly')).toEqual({
        name: 'yearly',
        schedule: '@yearly',
        repeats: 3,
        data: [1],
        failurePolicy: { constant: { interval: '1s', maxRetries: 3 } },
      });
    });
  });

  it('that the app schedules comes to its handler', async () => {
    const data = { when: new Date(0), text: 'grüße' };
    await nest.client.jobs.schedule('on demand', { dueTime: '0s', data });
    await until(() => runsOf('on demand').length > 0);
    expect(runsOf('on demand')[0]?.payload).toEqual({
      when: '1970-01-01T00:00:00.000Z',
      text: 'grüße',
    });
  });

  it('that fails comes again, as its failure policy says [H1]', async () => {
    answer = ({ context }) => {
      if (context.jobName !== 'failing') return;
      if (runsOf('failing').length < 3) throw new Error('not yet');
    };
    await nest.client.jobs.schedule('failing', {
      dueTime: '0s',
      failurePolicy: { constant: { interval: '100ms', maxRetries: 5 } },
    });
    await until(() => runsOf('failing').length === 3);
    expect(nest.log.of('error', 'failed on job "failing"')).toHaveLength(2);
  });

  describe('that is delivered', () => {
    beforeEach(() => {
      runs.length = 0;
      nest.log.lines.length = 0;
      answer = () => undefined;
    });

    const post = (name: string, body?: unknown) =>
      callApp(nest, 'POST', `/job/${name}`, body, {
        'content-type': 'application/json',
      });

    it.each<[string, string | Buffer, unknown]>([
      ['an object', '{"a":1}', { a: 1 }],
      ['0', '0', 0],
      ['false', 'false', false],
      ['an empty string', '""', ''],
      ['null', 'null', null],
      ['text under the name of JSON', '\u0002hi', '\u0002hi'],
      ['bytes under the name of JSON', BYTES, BYTES],
      ['nothing under the name of JSON', '', undefined],
    ])('with %s gives its handler that [H14]', async (_what, body, value) => {
      expect((await post('report', body)).status).toBe(200);
      expect(runsOf('report').map(({ payload }) => payload)).toStrictEqual([
        value,
      ]);
    });

    it('may have a name with a space', async () => {
      expect((await post('on%20demand', '1')).status).toBe(200);
      expect(runsOf('on demand')).toHaveLength(1);
    });

    it.each<[string, () => unknown]>([
      ['nothing', () => undefined],
      ['an object', () => ({ status: 'RETRY' })],
      ['an Observable', () => of(1, 2)],
      ['an empty Observable', () => EMPTY],
      ['the word SUCCESS', () => 'SUCCESS'],
      ['the word DROP', () => 'DROP'],
    ])(
      'and whose handler returns %s is answered 200, with nothing of it [H5]',
      async (_what, behaviour) => {
        answer = behaviour;
        const { status, text } = await post('report', {});
        expect({ status, text }).toEqual({ status: 200, text: '' });
        expect(nest.log.of('error')).toEqual([]);
      },
    );

    const throws = (error: unknown) => () => {
      throw error;
    };

    it.each<[string, () => unknown]>([
      ['an error', throws(new Error('secret'))],
      ['a rejected promise', () => Promise.reject(new Error('secret'))],
      ['a failing Observable', () => throwError(() => new Error('secret'))],
      ['the wish to retry', throws(new RetryMessageException('secret'))],
      ['the word RETRY', () => 'RETRY'],
      ['a row that is missing', throws(new NotFoundException('secret'))],
      [
        'a service that is down',
        throws(new ServiceUnavailableException('secret')),
      ],
    ])(
      'and whose handler ends in %s is answered 500, never 404, and logged once as an error [H1] [H3]',
      async (_what, behaviour) => {
        answer = behaviour;
        const { status, text } = await post('report', {});
        expect(status).toBe(500);
        expect(text).not.toContain('secret');
        expect(
          nest.log.of('error', 'Handlers.handle failed on job "report"'),
        ).toHaveLength(1);
        expect(nest.log.of('warn')).toEqual([]);
      },
    );

    it.each<[string, number, () => unknown]>([
      ['400', 400, throws(new BadRequestException('secret'))],
      ['422', 422, throws(new UnprocessableEntityException('secret'))],
      ['a drop', 200, throws(new DropMessageException('secret'))],
    ])(
      'and refused with %s is answered %i and logged once as a warning [H2]',
      async (_what, status, behaviour) => {
        answer = behaviour;
        const { status: given, text } = await post('report', {});
        expect(given).toBe(status);
        expect(text).not.toContain('secret');
        expect(
          nest.log.of('warn', 'Handlers.handle refused job "report"'),
        ).toHaveLength(1);
        expect(nest.log.of('error')).toEqual([]);
      },
    );

    it('and turned away by a guard is answered 403, and its handler does not run [H2]', async () => {
      expect((await post('guarded', {})).status).toBe(403);
      expect(runs).toEqual([]);
    });

    it('and refused by a pipe is answered 400, and its handler does not run [H2]', async () => {
      expect((await post('validated', { id: 'x' })).status).toBe(400);
      expect(runsOf('validated')).toEqual([]);
      expect((await post('validated', { id: 1 })).status).toBe(200);
      expect(runsOf('validated')[0]?.payload).toBeInstanceOf(Report);
    });

    it('and that nobody handles is answered 500 with the remedy [H3] [H18]', async () => {
      const { status, text } = await post('unknown', {});
      expect(status).toBe(500);
      expect(text).toContain('client.jobs.delete()');
      expect(nest.log.of('warn', '/job/unknown')).toHaveLength(1);
    });

    it('to a route of the app’s own is its own affair', async () => {
      expect((await post('mine', {})).text).toBe('mine');
    });
  });
});

describe('a job of which nobody knows whether it is as it should be', () => {
  @Controller()
  class Nightly {
    @ScheduledJob('nightly', { schedule: '@daily' })
    handle(): void {}
  }

  it('does not begin anew, but is looked at again', async () => {
    let looks = 0;
    const sidecar = await startServer(({ url, method }, response) => {
      if (url === '/v1.0/metadata') return void response.end('{"id":"app"}');
      if (url !== '/v1.0/jobs/nightly' || method !== 'GET')
        return void response.writeHead(204).end();
      looks += 1;
      // The first look gets no answer in time.
      if (looks > 1)
        response.end(
          JSON.stringify({
            name: 'nightly',
            schedule: '@daily',
            data: { value: null },
            failurePolicy: { constant: { interval: '1s', maxRetries: 3 } },
          }),
        );
    });
    const nest = await startNestApp({
      adapter: new ExpressAdapter(),
      controllers: [Nightly],
      dapr: { httpEndpoint: sidecar.url, timeout: 100 },
    });
    const calls = (): string[] =>
      sidecar.requests
        .filter(({ url }) => url === '/v1.0/jobs/nightly')
        .map(({ method }) => method);
    await until(() => calls().length > 1);
    await nest.close();
    await sidecar.close();
    expect(calls()).toEqual(['GET', 'GET']);
    expect(nest.log.of('error', 'is not scheduled yet')).toHaveLength(1);
  });
});

describe.each(platforms)('jobs on %s', (_platform, adapter) => {
  const refusal = (...controllers: Type[]) =>
    refusalOf({ adapter: adapter(), controllers });

  it('that two handlers claim are refused by name [I2]', async () => {
    @Controller()
    class Two {
      @ScheduledJob('nightly')
      one(): void {}
      @ScheduledJob('nightly', { schedule: '@daily' })
      other(): void {}
    }
    expect(await refusal(Two)).toContain(
      'Two.one and Two.other both handle the job "nightly"',
    );
  });

  it('that take the path of a user’s route are refused by name', async () => {
    @Controller()
    class Clash {
      @ScheduledJob('nightly')
      nightly(): void {}
      @Post('job/nightly')
      route(): void {}
    }
    expect(await refusal(Clash)).toContain('POST /job/nightly is a route of');
  });

  it.each<[string, Parameters<typeof ScheduledJob>, string]>([
    ['five cron fields', ['j', { schedule: '0 2 * * *' }], '6 fields'],
    [
      'a schedule that never comes',
      ['j', { schedule: '0 0 0 30 2 *' }],
      'never comes',
    ],
    ['a bad duration', ['j', { dueTime: '5' }], 'lacks a unit'],
    ['a name with a slash', ['a/b', { schedule: '@daily' }], 'holds one of /'],
    ['no name', ['', { schedule: '@daily' }], 'has no name'],
    ['data without a time', ['j', { data: 1 }], 'gives data'],
    ['data that is no JSON', ['j', { schedule: '@daily', data: 1n }], 'BigInt'],
    [
      'a policy that can’t be',
      [
        'j',
        {
          schedule: '@daily',
          failurePolicy: { constant: { maxRetries: -1 } },
        },
      ],
      'maxRetries',
    ],
  ])('with %s are refused at start [I2]', async (_what, parts, problem) => {
    @Controller()
    class Wrong {
      @ScheduledJob(...parts)
      handle(): void {}
    }
    const message = await refusal(Wrong);
    expect(message).toContain('Wrong.handle');
    expect(message).toContain(problem);
  });
});
