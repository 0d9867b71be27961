import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { RecordingApp, type Answering } from './recording-app.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

const SCHEDULE = { errorCode: 'DAPR_SCHEDULER_SCHEDULE_JOB' };
const DEFAULT_POLICY = { constant: { interval: '1s', maxRetries: 3 } };

/** What each job's app answers it, and how often it is called then. */
const FAILING: Readonly<
  Record<string, readonly [Answering, object | undefined, number]>
> = {
  'fails-500': [{ status: 500 }, undefined, 4],
  'fails-301': [{ status: 301, headers: { location: '/' } }, undefined, 4],
  'fails-cut': ['cut', undefined, 4],
  'done-201': [{ status: 201 }, undefined, 1],
  'done-404': [{ status: 404 }, undefined, 1],
  dropped: [{ status: 500 }, { drop: {} }, 1],
  'tried-twice': [
    { status: 500 },
    { constant: { interval: '0.2s', maxRetries: 2 } },
    3,
  ],
  'tried-never': [
    { status: 500 },
    { constant: { interval: '1s', maxRetries: 0 } },
    1,
  ],
};

describe('a job', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;

  const job = (
    verb: string,
    name: string,
    body?: unknown,
  ): Promise<WireAnswer> =>
    call(sidecar, verb, `/v1.0/jobs/${encodeURIComponent(name)}`, body);
  const set = async (name: string, body: unknown): Promise<string> => {
    const endpoint = `POST /job/${name}`;
    app.on(endpoint, {});
    const answer = await job('POST', name, body);
    expect([answer.status, answer.text]).toEqual([204, '']);
    return endpoint;
  };
  /** A job is told to have ended once its last call has been answered. */
  const ended = async (name: string): Promise<void> => {
    while ((await job('GET', name)).status === 200)
      await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const received = (name: string) => app.received(`POST /job/${name}`);

  let laterBegun = 0;
  /** What takes seconds begins before all, so that it takes them once. */
  async function startLasting(): Promise<void> {
    for (const [name, [answering, failurePolicy]] of Object.entries(FAILING)) {
      app.on(`POST /job/${name}`, answering);
      await job('POST', name, { dueTime: '0s', failurePolicy, data: 1 });
    }
    await set('repeated', { schedule: '@every 400ms', repeats: 2, data: 1 });
    await set('bounded', { schedule: '@every 400ms', ttl: '1s', data: 1 });
    laterBegun = performance.now();
    await set('begins-later', {
      schedule: '@every 1s',
      dueTime: '500ms',
      repeats: 2,
      data: 1,
    });
    app.on('POST /job/goes-on', () => ({
      status: received('goes-on').length === 1 ? 500 : 200,
    }));
    const failurePolicy = { drop: {} };
    const schedule = '@every 500ms';
    await job('POST', 'goes-on', { schedule, failurePolicy, data: 1 });
    // Nothing at all, which daprd can't hand to an HTTP app.
    app.on('POST /job/no-data', {});
    await job('POST', 'no-data', { dueTime: '0s', failurePolicy });
    // Due so late that it is deleted before on a busy machine, too.
    await set('deleted', { dueTime: '4s', data: 1 });
    expect((await job('DELETE', 'deleted')).status).toBe(204);
    await set('mark', { dueTime: '4500ms', data: 1 });
  }

  beforeAll(async () => {
    await app.listen();
    sidecar = await startSidecar({ appId: 'jobs', app });
    await startLasting();
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  it('comes as POST of its data, without a trace', async () => {
    const endpoint = await set(
      'form',
      '{ "dueTime": "100ms", "data": { "b": 1, "a": "<>&\\u2028" } }',
    );
    const { text, headers } = await app.next(endpoint);
    expect(text).toBe('{"a":"<>&\u2028","b":1}');
    expect(headers['content-type']).toBe('application/json');
    for (const name of ['traceparent', 'dapr-caller-app-id', 'dapr-app-id'])
      expect(headers).not.toHaveProperty(name);
  });

  it.each(['0', 'false', '""', 'null', '1.5e21', '[1,"a",{"x":null}]', '{}'])(
    'carries %s',
    async (data) => {
      const name = `data-${Buffer.from(data).toString('hex')}`;
      const endpoint = await set(name, `{"dueTime":"0s","data":${data}}`);
      const { text } = await app.next(endpoint);
      expect(JSON.parse(text)).toEqual(JSON.parse(data));
    },
  );

  it('without data never comes', async () => {
    await ended('no-data');
    expect(received('no-data')).toEqual([]);
  });

  it.each(['a b', 'a+b', 'café', 'a&b=c', 'a:b;c', '"q"', '.hidden'])(
    'may be called %j',
    async (name) => {
      app.on(`POST /job/${encodeURIComponent(name)}`, {});
      await job('POST', name, { dueTime: '0s', data: name });
      await app.until(
        () =>
          app.endpoints.some((endpoint) =>
            app.received(endpoint).some(({ text }) => text === `"${name}"`),
          ) || name === '"q"',
        name,
      );
      await ended(name);
    },
  );

  it.each([
    ['1h', '-1h'],
    ['PT0S', 'P1D'],
    ['0s', '2020-01-01T00:00:00Z'],
  ])('takes %s and %s as its due time', async (...dueTimes) => {
    for (const dueTime of dueTimes) {
      const name = `due-${dueTime}`.replaceAll(':', '-');
      await set(name, { dueTime, data: 1 });
      await job('DELETE', name);
    }
  });

  it('with a due time only comes once and is over', async () => {
    const endpoint = await set('once', { dueTime: '100ms', data: 1 });
    await app.next(endpoint);
    await ended('once');
    expect(errorOf(await job('GET', 'once'))).toMatchObject({
      status: 500,
      errorCode: 'DAPR_SCHEDULER_GET_JOB',
    });
    expect(app.received(endpoint)).toHaveLength(1);
  });

  it('of two repeats comes twice and is over', async () => {
    await ended('repeated');
    expect(received('repeated')).toHaveLength(2);
  });

  it('ends by its time to live', async () => {
    await ended('bounded');
    expect(received('bounded')).toHaveLength(2);
  });

  it('with a due time and a schedule comes first when it is due', async () => {
    const [first, second] = await app.count('POST /job/begins-later', 2);
    expect((first?.at ?? 0) - laterBegun).toBeGreaterThan(450);
    expect((second?.at ?? 0) - laterBegun).toBeGreaterThan(1_450);
    await ended('begins-later');
  });

  it('of six fields comes at their times', async () => {
    const begun = performance.timeOrigin + performance.now();
    const endpoint = await set('cron', { schedule: '* * * * * *', data: 1 });
    const calls = await app.count(endpoint, 3);
    // Each may come late, none before its full second.
    for (const [index, { at }] of calls.entries()) {
      const due = (Math.floor(begun / 1_000) + 1 + index) * 1_000;
      expect(performance.timeOrigin + at).toBeGreaterThan(due - 50);
    }
    await job('DELETE', 'cron');
  });

  it('never overlaps itself, and catches up', async () => {
    let underWay = 0;
    let most = 0;
    app.on('POST /job/slow', async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 300));
      underWay -= 1;
      return {};
    });
    await job('POST', 'slow', {
      schedule: '@every 100ms',
      repeats: 4,
      data: 1,
    });
    await ended('slow');
    expect(received('slow')).toHaveLength(4);
    expect(most).toBe(1);
  });

  it.each(Object.entries(FAILING))(
    'that is %s is called as often as its failure policy says',
    async (name, [, , times]) => {
      await ended(name);
      expect(received(name)).toHaveLength(times);
    },
  );

  it('that fails goes on with its schedule', async () => {
    await app.count('POST /job/goes-on', 3);
    await job('DELETE', 'goes-on');
  });

  it('does not come after it was deleted', async () => {
    await app.next('POST /job/mark');
    expect(received('deleted')).toEqual([]);
  });

  it('that is absent can be deleted, but not read', async () => {
    expect((await job('DELETE', 'none')).status).toBe(204);
    const answer = await job('GET', 'none');
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'DAPR_SCHEDULER_GET_JOB',
      reason: 'DAPR_SCHEDULER_GET_JOB',
    });
    expect(messageOf(answer)).toBe(
      'failed to get job due to: rpc error: code = NotFound desc = job not found: none',
    );
  });

  it('does not take the place of another of its name, unless it says so', async () => {
    await set('twin', { dueTime: '1h', data: 1 });
    const refused = await job('POST', 'twin', { dueTime: '2h', data: 2 });
    expect(errorOf(refused)).toMatchObject({ status: 409, ...SCHEDULE });
    await set('twin', { dueTime: '2h', data: 2, overwrite: true });
    expect((await job('GET', 'twin')).json).toMatchObject({ dueTime: '2h' });
    await job('DELETE', 'twin');
  });

  it.each<[object, object?]>([
    [{ schedule: '@daily', repeats: 3, dueTime: '1h', ttl: '99h' }],
    [{ schedule: 'TZ=Europe/Berlin 0 30 2 * * 1-5' }],
    [{ schedule: ' 0 0 0 * jan-mar/2 ?' }],
    [{ schedule: '@every 1h30m' }],
    [{ dueTime: 'P1DT2H' }],
    [{ dueTime: 'R0/PT1H' }],
    [{ dueTime: '1h', failurePolicy: { drop: {} } }],
    [{ dueTime: '1h', failurePolicy: { constant: {} } }],
    [
      { dueTime: '1h', failurePolicy: { constant: { interval: '1.5s' } } },
      {
        dueTime: '1h',
        failurePolicy: { constant: { interval: '1.500s' } },
      },
    ],
    [
      { dueTime: '1h', failurePolicy: {} },
      { dueTime: '1h', failurePolicy: DEFAULT_POLICY },
    ],
  ])('of %j is read back as it was sent', async (body, shown = body) => {
    await set('read', { ...body, data: { b: 1, a: '<>' }, overwrite: true });
    const answer = await job('GET', 'read');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.json).toEqual({
      name: 'read',
      data: {
        '@type': 'type.googleapis.com/google.protobuf.Value',
        value: { a: '<>', b: 1 },
      },
      failurePolicy: DEFAULT_POLICY,
      ...shown,
    });
  });

  it.each<[object, string]>([
    [{ schedule: '' }, 'empty spec string'],
    [{ schedule: '0 0 0 * * 7' }, 'end of range (7) above maximum (6): 7'],
    [
      { schedule: '0 0 0 5-1 * *' },
      'beginning of range (5) beyond end of range (1): 5-1',
    ],
    [
      { schedule: '0 0 0 0 * *' },
      'beginning of range (0) below minimum (1): 0',
    ],
    [
      { schedule: '0/0 0 0 * * *' },
      'step of range should be a positive number: 0/0',
    ],
    [{ schedule: '1-2-3 0 0 * * *' }, 'too many hyphens: 1-2-3'],
    [{ schedule: '1/2/3 0 0 * * *' }, 'too many slashes: 1/2/3'],
    [
      { schedule: '0 0 0 L * *' },
      'failed to parse int from L: strconv.Atoi: parsing "L": invalid syntax',
    ],
    [
      { schedule: '0 0 0 * * * 2026' },
      'expected exactly 6 fields, found 7: [0 0 0 * * * 2026]',
    ],
    [{ schedule: '@every' }, 'unrecognized descriptor: @every'],
    [{ schedule: '@Daily' }, 'unrecognized descriptor: @Daily'],
    [
      { schedule: '@every 1' },
      'failed to parse duration @every 1: time: missing unit in duration "1"',
    ],
    [
      { schedule: 'TZ=Nowhere/X 0 0 0 * * *' },
      'provided bad location Nowhere/X: unknown time zone Nowhere/X',
    ],
    [{ dueTime: '' }, 'due time format not recognized'],
    [{ dueTime: 'PT0.5S' }, 'due time format not recognized'],
    [{ dueTime: 'R2/PT1H' }, 'repeats not supported for due time'],
    [{ dueTime: '1h', repeats: 2 }, 'job must have a schedule to repeat'],
    [
      { schedule: '@daily', repeats: 0 },
      'defined repeats must be greater than 0',
    ],
    [{ dueTime: '1h', ttl: '2h' }, 'job must have a schedule to have a ttl'],
    [{ schedule: '@daily', ttl: 'x' }, 'ttl format not recognized'],
    [
      { schedule: '@daily', dueTime: '1h', ttl: '-1s' },
      'ttl must be greater than due time',
    ],
  ])('of %j is refused', async (body, reason) => {
    const answer = await job('POST', 'refused', { ...body, data: 1 });
    expect(errorOf(answer)).toMatchObject({ status: 500, ...SCHEDULE });
    expect(messageOf(answer)).toBe(
      `failed to schedule job due to: rpc error: code = Unknown desc = job failed validation: ${reason}`,
    );
  });

  it.each<[string, string]>([
    ['a/b', "not contain '/', '\\', '#' or '?'"],
    ['a\\b', "not contain '/', '\\', '#' or '?'"],
    ['a#b', "not contain '/', '\\', '#' or '?'"],
    ['a\nb', 'not contain control characters'],
    ['a'.repeat(513), 'be at most 512 characters'],
  ])('can’t be called %j', async (name, problem) => {
    for (const verb of ['POST', 'GET', 'DELETE']) {
      const body = verb === 'POST' ? { dueTime: '1h' } : undefined;
      const answer = await job(verb, name, body);
      expect(answer.status).toBe(500);
      expect(messageOf(answer)).toContain(`must ${problem}`);
    }
  });

  it.each<[string, string, string]>([
    ['{"name":"x","dueTime":"1h"}', 'DAPR_SCHEDULER_JOB_NAME', 'Set the job'],
    ['{"data":1}', 'DAPR_SCHEDULER_SCHEDULE_EMPTY', 'Schedule is empty'],
    ['{"dueTime":null}', 'DAPR_SCHEDULER_SCHEDULE_EMPTY', 'Schedule is empty'],
    ['', 'DAPR_SCHEDULER_SCHEDULE_EMPTY', 'Schedule is empty'],
    ['[]', 'ERR_MALFORMED_REQUEST', '(line 1:1): unexpected token ['],
    ['null', 'ERR_MALFORMED_REQUEST', '(line 1:1): unexpected token null'],
    ['{x', 'ERR_MALFORMED_REQUEST', '(line 1:2): invalid value x'],
    ['{"dueTime":"1h"} x', 'ERR_MALFORMED_REQUEST', '(line 1:18): invalid'],
    ['{"dueTime":"1h"', 'ERR_MALFORMED_REQUEST', 'unexpected EOF'],
    [
      '{"dueTime":"1h","dueTime":"2h"}',
      'ERR_MALFORMED_REQUEST',
      '(line 1:17): duplicate field "dueTime"',
    ],
    [
      '{"schedule":5}',
      'ERR_MALFORMED_REQUEST',
      '(line 1:13): invalid value for string field schedule: 5',
    ],
    [
      '{"schedule":"@daily","repeats":-1}',
      'ERR_MALFORMED_REQUEST',
      '(line 1:32): invalid value for uint32 field repeats: -1',
    ],
    [
      '{"dueTime":"1h","overwrite":"true"}',
      'ERR_MALFORMED_REQUEST',
      '(line 1:29): invalid value for bool field overwrite: "true"',
    ],
    [
      '{"dueTime":"1h","data":1e400}',
      'ERR_MALFORMED_REQUEST',
      '(line 1:24): invalid google.protobuf.Value: 1e400',
    ],
    [
      '{"dueTime":"1h","failurePolicy":{"constant":{"interval":"1h"}}}',
      'ERR_MALFORMED_REQUEST',
      '(line 1:57): invalid google.protobuf.Duration value "1h"',
    ],
    [
      '{"dueTime":"1h","failurePolicy":{"drop":{},"constant":{}}}',
      'ERR_MALFORMED_REQUEST',
      '(line 1:44): error parsing "constant", oneof dapr.proto.common.v1.JobFailurePolicy.policy is already set',
    ],
  ])('with the body %s is answered 400', async (body, errorCode, reason) => {
    const answer = await job('POST', 'bad', body);
    expect(errorOf(answer)).toMatchObject({ status: 400, errorCode });
    expect(String(messageOf(answer))).toContain(reason);
  });

  it.each(['PUT', 'PATCH'])('takes no %s', async (verb) => {
    expect((await job(verb, 'put', { dueTime: '1h' })).status).toBe(404);
  });

  it('has an older address', async () => {
    const path = '/v1.0-alpha1/jobs/older';
    const body = { dueTime: '1h', data: 1 };
    expect((await call(sidecar, 'POST', path, body)).status).toBe(204);
    expect((await call(sidecar, 'GET', path)).status).toBe(200);
    expect((await call(sidecar, 'DELETE', path)).status).toBe(204);
  });
});

describe('a job that is due while its app is away', () => {
  it('comes when the app is back', async () => {
    const app = await new RecordingApp().listen();
    const { port } = app;
    app.on('POST /job/late', {});
    const sidecar = await startSidecar({ appId: 'away', app });
    try {
      await call(sidecar, 'POST', '/v1.0/jobs/late', {
        dueTime: '1500ms',
        data: 'd',
      });
      await sidecar.restart();
      const { text } = await app.next('POST /job/late');
      expect(text).toBe('"d"');
      expect(app.port).toBe(port);
    } finally {
      await sidecar.stop();
      await app.close();
    }
  });
});
