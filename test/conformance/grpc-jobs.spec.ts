import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GrpcCode } from '../../lib/protocol/grpc-code.js';
import { Value } from '../../lib/protocol/proto/generated/google/protobuf/struct.js';
import type { Job } from '../../lib/protocol/proto/generated/jobs.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { grpcCall } from './grpc-wire.js';
import { RecordingApp } from './recording-app.js';
import { call, errorOf } from './wire.js';

const VALUE = 'type.googleapis.com/google.protobuf.Value';
const errorInfo = (reason: string): object => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  domain: 'dapr.io',
  reason,
  metadata: { appID: 'jobs', namespace: 'default' },
});

describe('the jobs API over gRPC', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;

  beforeAll(async () => {
    await app.listen();
    sidecar = await startSidecar({ appId: 'jobs', app });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  const schedule = (job: Partial<Job>, overwrite = false) =>
    grpcCall(sidecar, 'scheduleJob', {
      job: { name: '', ...job },
      overwrite,
    });
  const get = (name: string) => grpcCall(sidecar, 'getJob', { name });
  const any = (typeUrl: string, value: string | Buffer) => ({
    typeUrl,
    value: Buffer.from(value as string),
  });

  it.each<[string, Job['data'], Buffer]>([
    [
      'a Value',
      any(
        VALUE,
        Buffer.from(Value.encode(Value.wrap({ b: 1, a: ['<'] })).finish()),
      ),
      Buffer.from('{"a":["<"],"b":1}'),
    ],
    [
      'JSON under a type of its own',
      any('t', ' {"a":1}\n'),
      Buffer.from('{"a":1}'),
    ],
    [
      'a StringValue',
      any('type.googleapis.com/google.protobuf.StringValue', '\n\u0002hi'),
      Buffer.from('\u0002hi'),
    ],
    [
      'bytes',
      any('t', Buffer.from('00fffe', 'hex')),
      Buffer.from('00fffe', 'hex'),
    ],
    ['nothing', undefined, Buffer.alloc(0)],
  ])('hands an HTTP app %s', async (what, data, body) => {
    const name = `data-${what.replaceAll(' ', '-')}`;
    const endpoint = `POST /job/${name}`;
    app.on(endpoint, {});
    const { code } = await schedule({ name, dueTime: '0s', data });
    expect(code).toBe(GrpcCode.ok);
    const received = await app.next(endpoint);
    expect(received.body).toEqual(body);
    expect(received.headers['content-type']).toBe('application/json');
  });

  it('gives a job back as it was sent', async () => {
    const job: Job = {
      name: 'whole',
      schedule: '@every 1h',
      repeats: 3,
      dueTime: '10m',
      ttl: '10h',
      data: any('t', 'opaque'),
      failurePolicy: {
        policy: {
          $case: 'constant',
          value: { interval: { seconds: 2, nanos: 5e8 }, maxRetries: 5 },
        },
      },
    };
    await schedule(job);
    expect((await get('whole')).response).toEqual({ job });
    const http = await call(sidecar, 'GET', '/v1.0/jobs/whole');
    expect(errorOf(http)).toEqual({ status: 500, errorCode: 'ERR_INTERNAL' });
  });

  it('keeps what was scheduled over HTTP as a Value', async () => {
    await call(sidecar, 'POST', '/v1.0/jobs/over-http', {
      dueTime: '1h',
      data: { a: [1, null] },
      failurePolicy: { drop: {} },
    });
    const { response } = await get('over-http');
    const { data, failurePolicy } = response?.job ?? {};
    expect(data?.typeUrl).toBe(VALUE);
    expect(Value.unwrap(Value.decode(data?.value ?? Buffer.alloc(0)))).toEqual({
      a: [1, null],
    });
    expect(failurePolicy).toEqual({ policy: { $case: 'drop', value: {} } });
  });

  it('tells of a Value without anything in it, and of no data at all', async () => {
    await call(sidecar, 'POST', '/v1.0/jobs/bare', { dueTime: '1h' });
    await schedule({ name: 'none', dueTime: '1h' });
    expect((await get('bare')).response?.job?.data).toEqual(any(VALUE, ''));
    expect((await get('none')).response?.job?.data).toBeUndefined();
    const http = await call(sidecar, 'GET', '/v1.0/jobs/none');
    expect(http.json).not.toHaveProperty('data');
  });

  it('lists jobs by their names, and deletes those of a prefix', async () => {
    for (const name of ['p-b', 'p-a', 'q'])
      await schedule({ name, dueTime: '1h' });
    const names = async (): Promise<string[]> => {
      const { response } = await grpcCall(sidecar, 'listJobs', {});
      return (response?.jobs ?? [])
        .map(({ name }) => name)
        .filter((name) => /^[pq]/.test(name));
    };
    expect(await names()).toEqual(['p-a', 'p-b', 'q']);
    await grpcCall(sidecar, 'deleteJobsByPrefix', { namePrefix: 'p-' });
    expect(await names()).toEqual(['q']);
    await grpcCall(sidecar, 'deleteJobsByPrefixAlpha1', {});
    expect((await grpcCall(sidecar, 'listJobsAlpha1', {})).response).toEqual({
      jobs: [],
    });
  });

  it('has older names', async () => {
    const job = { name: 'older', dueTime: '1h' };
    await grpcCall(sidecar, 'scheduleJobAlpha1', { job, overwrite: false });
    const name = 'older';
    const got = await grpcCall(sidecar, 'getJobAlpha1', { name });
    expect(got.response?.job?.dueTime).toBe('1h');
    await grpcCall(sidecar, 'deleteJobAlpha1', { name });
    expect((await get(name)).code).toBe(GrpcCode.internal);
  });

  it.each<[string, Partial<Job>, number, string, string]>([
    [
      'no name',
      { dueTime: '1h' },
      GrpcCode.invalidArgument,
      'Name is empty',
      'DAPR_SCHEDULER_JOB_NAME_EMPTY',
    ],
    [
      'no time',
      { name: 'x' },
      GrpcCode.invalidArgument,
      'Schedule is empty',
      'DAPR_SCHEDULER_SCHEDULE_EMPTY',
    ],
    [
      'a bad schedule',
      { name: 'x', schedule: '* * * * *' },
      GrpcCode.internal,
      'failed to schedule job due to: rpc error: code = Unknown desc = job failed validation: expected exactly 6 fields, found 5: [* * * * *]',
      'DAPR_SCHEDULER_SCHEDULE_JOB',
    ],
  ])('refuses %s', async (_what, job, code, message, reason) => {
    expect(await schedule(job)).toMatchObject({
      code,
      message,
      details: [errorInfo(reason)],
    });
  });

  it('refuses a second job of a name, and to read none', async () => {
    await schedule({ name: 'twin', dueTime: '1h' });
    expect(await schedule({ name: 'twin', dueTime: '1h' })).toMatchObject({
      code: GrpcCode.alreadyExists,
      message:
        "failed to schedule job due to: rpc error: code = AlreadyExists desc = job already exists: 'app||default||jobs||twin'",
      details: [errorInfo('DAPR_SCHEDULER_SCHEDULE_JOB')],
    });
    expect((await schedule({ name: 'twin', dueTime: '2h' }, true)).code).toBe(
      0,
    );
    expect(await get('nobody')).toMatchObject({
      code: GrpcCode.internal,
      message:
        'failed to get job due to: rpc error: code = NotFound desc = job not found: nobody',
      details: [errorInfo('DAPR_SCHEDULER_GET_JOB')],
    });
    const name = 'nobody';
    expect((await grpcCall(sidecar, 'deleteJob', { name })).code).toBe(0);
    const nothing = await grpcCall(sidecar, 'scheduleJob', {
      overwrite: false,
    });
    expect(nothing).toMatchObject({
      code: GrpcCode.invalidArgument,
      message: 'Job is empty',
      details: [errorInfo('DAPR_SCHEDULER_EMPTY')],
    });
  });
});
