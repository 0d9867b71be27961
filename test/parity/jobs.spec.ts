import { afterEach, expect, it } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  DaprBadRequestError,
  DaprError,
  DaprNotFoundError,
  type JobRequest,
} from '../../lib/index.js';
import { call } from '../conformance/wire.js';
import { until } from '../support/until.js';
import { describeParity } from './parity.js';

/** The bodies that came, by the name of the job. */
const came = new Map<string, string[]>();

async function app(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = decodeURIComponent(request.url ?? '').slice('/job/'.length);
  const body = await text(request);
  if (request.method === 'POST')
    came.set(name, [...(came.get(name) ?? []), body]);
  response.statusCode = name.startsWith('failing') ? 500 : 200;
  response.end();
}

const DEFAULT_POLICY = { constant: { interval: '1s', maxRetries: 3 } };

describeParity(
  'a job',
  {
    appId: 'jobs',
    app: (request, response) => void app(request, response),
    resources: () => '\n',
  },
  (run) => {
    const schedule = (name: string, job: JobRequest): Promise<void> =>
      run.client.jobs.schedule(name, job);
    const bodies = async (name: string, count = 1): Promise<string[]> => {
      await until(() => (came.get(name)?.length ?? 0) >= count);
      return came.get(name) ?? [];
    };
    const ended = (name: string): Promise<void> =>
      until(() =>
        run.client.jobs.get(name).then(
          () => false,
          (error: unknown) => error instanceof DaprNotFoundError,
        ),
      );

    afterEach(async () => {
      await run.client.jobs.deleteByPrefix('');
      came.clear();
    });

    it.each<[string, unknown, string]>([
      ['an object', { b: 1, a: ['<&>', null] }, '{"a":["<&>",null],"b":1}'],
      ['0', 0, '0'],
      ['false', false, 'false'],
      ['an empty text', '', '""'],
      ['text', 'grüße\u2028', '"grüße\u2028"'],
      ['null', null, 'null'],
      ['a Date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
      ['a Map', new Map([['a', 1]]), '{"a":1}'],
      ['bytes', Buffer.from('fffe', 'hex'), '"//4="'],
      ['nothing', undefined, 'null'],
    ])(
      'with %s comes as the same JSON [C5] [C11]',
      async (_what, data, body) => {
        await schedule('data', { dueTime: '0s', data });
        expect(await bodies('data')).toEqual([body]);
      },
    );

    it('with half a surrogate pair is refused over HTTP, and mended over gRPC', async () => {
      const scheduled = schedule('half', { dueTime: '0s', data: 'a\ud83cb' });
      if (run.protocol === 'HTTP')
        return expect(scheduled).rejects.toThrow(DaprBadRequestError);
      await scheduled;
      return expect(await bodies('half')).toEqual(['"a\ufffdb"']);
    });

    it.each<[string, JobRequest, object]>([
      [
        'a Date',
        { dueTime: new Date(4e12) },
        { dueTime: '2096-10-02T07:06:40.000Z' },
      ],
      [
        'text of a time',
        { dueTime: '2096-10-02T07:06:40Z' },
        { dueTime: '2096-10-02T07:06:40Z' },
      ],
      ['a Go duration', { dueTime: '1h30m' }, { dueTime: '1h30m' }],
      ['an ISO duration', { dueTime: 'P1DT2H' }, { dueTime: 'P1DT2H' }],
      ['a fraction', { dueTime: 'PT3600.5S' }, { dueTime: '1h0m0.5s' }],
      ['fields', { dueTime: { hours: 1, minutes: 2 } }, { dueTime: '1h2m0s' }],
      [
        'a schedule',
        {
          schedule: 'TZ=Europe/Paris 0 30 2 * * 1-5',
          repeats: 5,
          ttl: 'P1Y',
          dueTime: '1h',
        },
        {
          schedule: 'TZ=Europe/Paris 0 30 2 * * 1-5',
          repeats: 5,
          ttl: 'P1Y',
          dueTime: '1h',
        },
      ],
      ['an interval', { schedule: '@every 1h' }, { schedule: '@every 1h' }],
    ])('with %s is read back [C16]', async (_what, job, shown) => {
      await schedule('read', { ...job, data: { b: [1], a: null } });
      expect(await run.client.jobs.get('read')).toEqual({
        name: 'read',
        ...shown,
        data: { a: null, b: [1] },
        failurePolicy: DEFAULT_POLICY,
      });
    });

    it.each<[NonNullable<JobRequest['failurePolicy']>, object?]>([
      [{ drop: true }],
      [{ constant: { interval: '1.5s', maxRetries: 0 } }],
      [{ constant: { interval: '2m0s' } }],
      [{ constant: {} }, { constant: { interval: '1s' } }],
      [
        { constant: { interval: { milliseconds: 500 } } },
        { constant: { interval: '500ms' } },
      ],
    ])(
      'with the failure policy %j is read back',
      async (policy, shown: object = policy) => {
        await schedule('policy', { dueTime: '1h', failurePolicy: policy });
        const { failurePolicy, data } = await run.client.jobs.get('policy');
        expect(failurePolicy).toEqual(shown);
        expect(data).toBeNull();
      },
    );

    it('that fails is tried as its failure policy says', async () => {
      await schedule('failing-twice', {
        dueTime: '0s',
        failurePolicy: { constant: { interval: '100ms', maxRetries: 1 } },
      });
      await schedule('failing-once', {
        dueTime: '0s',
        failurePolicy: { drop: true },
      });
      await ended('failing-twice');
      await ended('failing-once');
      expect(await bodies('failing-twice')).toHaveLength(2);
      expect(await bodies('failing-once')).toHaveLength(1);
    });

    it('comes as often as it says', async () => {
      await schedule('often', { schedule: '@every 200ms', repeats: 2 });
      expect(await bodies('often', 2)).toEqual(['null', 'null']);
      await ended('often');
      expect(await bodies('often')).toHaveLength(2);
    });

    it.each(['a b+c&d=e', 'grüße', 'a||b', '.hidden', '"q"'])(
      'may be called %j [C4]',
      async (name) => {
        await schedule(name, { dueTime: '1h', data: name });
        const job = await run.client.jobs.get(name);
        expect([job.name, job.data]).toEqual([name, name]);
        await run.client.jobs.delete(name);
        await ended(name);
      },
    );

    it('does not take the place of another, unless it says so [C3]', async () => {
      await schedule('twin', { dueTime: '1h', data: 1 });
      const refused = schedule('twin', { dueTime: '2h', data: 2 });
      await expect(refused).rejects.toThrow(DaprError);
      await expect(refused).rejects.toMatchObject({
        status: 409,
        errorCode: 'DAPR_SCHEDULER_SCHEDULE_JOB',
      });
      await expect(refused).rejects.toThrow(/"twin".*overwrite: true/);
      await schedule('twin', { dueTime: '2h', data: 2, overwrite: true });
      expect((await run.client.jobs.get('twin')).data).toBe(2);
    });

    it('that is absent can be deleted, but not read [C3]', async () => {
      await run.client.jobs.delete('none');
      const read = run.client.jobs.get('none');
      await expect(read).rejects.toThrow(DaprNotFoundError);
      await expect(read).rejects.toMatchObject({
        status: 500,
        errorCode: 'DAPR_SCHEDULER_GET_JOB',
      });
    });

    it('is listed with the others of the app, and goes with those of its prefix', async () => {
      for (const name of ['mail-b', 'mail-a', 'other'])
        await schedule(name, { schedule: '@daily', data: { name } });
      const names = async (): Promise<string[]> =>
        (await run.client.jobs.list()).map(({ name }) => name).sort();
      expect(await names()).toEqual(['mail-a', 'mail-b', 'other']);
      const [job] = await run.client.jobs.list();
      expect(job).toEqual({
        name: job?.name,
        schedule: '@daily',
        data: { name: job?.name },
        failurePolicy: DEFAULT_POLICY,
      });
      await run.client.jobs.deleteByPrefix('mail-');
      expect(await names()).toEqual(['other']);
    });

    it.each<[string, JobRequest, RegExp]>([
      ['nothing to say when', {}, /needs a schedule, a dueTime/],
      ['five fields', { schedule: '0 2 * * *' }, /exactly 6 fields, found 5/],
      ['a Sunday 7', { schedule: '0 0 0 * * 7' }, /above maximum \(6\)/],
      ['a nowhere', { schedule: 'TZ=Nowhere 0 0 0 * * *' }, /bad location/],
      ['a time zone alone', { schedule: 'TZ=UTC' }, /after the time zone/],
      ['a time that never comes', { schedule: '0 0 0 30 2 *' }, /never comes/],
      ['no pause', { schedule: '@every 0s' }, /greater than 0/],
      ['no unit', { dueTime: '5' }, /lacks a unit/],
      ['repetitions', { dueTime: 'R2/PT1H' }, /has repetitions/],
      ['an invalid Date', { dueTime: new Date(NaN) }, /invalid Date/],
      ['no repeats', { schedule: '@daily', repeats: 0 }, /repeats is 0/],
      ['half a repeat', { schedule: '@daily', repeats: 1.5 }, /repeats is 1.5/],
      ['repeats of one time', { dueTime: '1h', repeats: 2 }, /need a schedule/],
      ['an end of one time', { dueTime: '1h', ttl: '2h' }, /needs a schedule/],
      [
        'an end before the begin',
        { schedule: '@daily', dueTime: new Date(4e12), ttl: new Date(3e12) },
        /before the dueTime/,
      ],
      ['a BigInt', { dueTime: '1h', data: { a: 1n } }, /a is a BigInt/],
      [
        'half a retry',
        { dueTime: '1h', failurePolicy: { constant: { maxRetries: 0.5 } } },
        /maxRetries/,
      ],
      [
        'no interval',
        { dueTime: '1h', failurePolicy: { constant: { interval: '0s' } } },
        /no length/,
      ],
    ])(
      'with %s is refused before the call [C16]',
      async (_what, job, words) => {
        const refused = schedule('refused', job);
        await expect(refused).rejects.toThrow(DaprBadRequestError);
        await expect(refused).rejects.toThrow(words);
        await expect(refused).rejects.toMatchObject({
          operation: 'jobs.schedule "refused"',
          status: undefined,
        });
      },
    );

    it.each(['', 'a/b', 'a\\b', 'a?b', 'a#b', '100%', 'a\nb', '..', ' a'])(
      'can’t be called %j',
      async (name) => {
        const { jobs } = run.client;
        for (const refused of [
          jobs.schedule(name, { dueTime: '1h' }),
          jobs.get(name),
          jobs.delete(name),
        ])
          await expect(refused).rejects.toThrow(DaprBadRequestError);
      },
    );

    it('that somebody has scheduled over HTTP without data can be read over gRPC', async () => {
      await call(run.sidecar, 'POST', '/v1.0/jobs/bare', { dueTime: '1h' });
      const read = run.client.jobs.get('bare');
      if (run.protocol === 'gRPC') {
        expect(await read).toMatchObject({ name: 'bare', data: null });
        return;
      }
      await expect(read).rejects.toThrow(DaprError);
      await expect(read).rejects.toThrow(/without data/);
    });
  },
);
