import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { call, errorOf, type WireAnswer } from '../../conformance/wire.js';
import { Gate } from '../../support/gate.js';
import { Stage } from '../../support/stage.js';

describe('jobs in the embedded sidecar', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.open({ appId: 'shop' });
  });
  afterEach(() => stage[Symbol.asyncDispose]());

  const schedule = (
    name: string,
    body: object,
    sidecar = stage.sidecar,
  ): Promise<WireAnswer> =>
    call(sidecar, 'POST', `/v1.0/jobs/${name}`, { data: 1, ...body });
  const set = async (name: string, body: object): Promise<void> => {
    const answer = await schedule(name, body);
    expect([answer.status, answer.text]).toEqual([204, '']);
  };
  const count = (name: string): number =>
    stage.app.received(`POST /job/${name}`).length;
  const outcomes = (): string[] =>
    stage.engine.transcript.of('job').map(({ outcome }) => outcome);

  it('come at the times of the clock, and are written down', async () => {
    const { app, clock, engine } = stage;
    app.on('POST /job/nightly', {});
    await set('nightly', { schedule: 'TZ=Europe/Paris 0 30 2 * * *' });
    await clock.advance('72h');
    expect(count('nightly')).toBe(3);
    expect(engine.transcript.of('job').map(({ at }) => at)).toEqual(
      [1, 2, 3].map((day) => Date.UTC(2026, 0, day, 1, 30)),
    );
    expect(engine.transcript.of('job')[0]).toEqual({
      kind: 'job',
      at: Date.UTC(2026, 0, 1, 1, 30),
      appId: 'shop',
      name: 'nightly',
      outcome: '200',
    });
  });

  it('that are due now have come when the sidecar is idle', async () => {
    stage.app.on('POST /job/now', {});
    await set('now', { dueTime: '0s' });
    await stage.engine.idle();
    expect(count('now')).toBe(1);
  });

  it('end with their repeats and their time to live', async () => {
    stage.app.on('POST /job/a', {}).on('POST /job/b', {});
    await set('a', { schedule: '@daily', repeats: 2 });
    await set('b', { schedule: '@hourly', dueTime: '30m', ttl: '2h' });
    await stage.clock.advance('240h');
    expect(count('a')).toBe(2);
    // 00:30, 01:00, 02:00; at 02:30 it is over.
    expect(count('b')).toBe(3);
  });

  it('that fail come again a second later, three times, and then when they are next due', async () => {
    const { app, clock } = stage;
    app.on('POST /job/j', { status: 500 });
    await set('j', { schedule: '@every 1h' });
    await clock.advance('1h');
    expect(count('j')).toBe(1);
    for (const times of [2, 3, 4, 4]) {
      await clock.advance('1s');
      expect(count('j')).toBe(times);
    }
    app.on('POST /job/j', {});
    await clock.advance('1h');
    expect(count('j')).toBe(5);
    expect(outcomes()).toEqual(['500', '500', '500', '500', '200']);
    expect(stage.lines.join()).toContain('failed on job "j" (500)');
  });

  it('follow their own failure policy', async () => {
    const { app, clock } = stage;
    app.on('POST /job/drop', { status: 500 }).on('POST /job/ever', 'cut');
    await set('drop', { dueTime: '1m', failurePolicy: { drop: {} } });
    await set('ever', {
      dueTime: '1m',
      failurePolicy: { constant: { interval: '60s' } },
    });
    await clock.advance('1h');
    expect(count('drop')).toBe(1);
    expect(count('ever')).toBe(60);
  });

  it('that the app does not know are done with, and it is said', async () => {
    await set('gone', { dueTime: '0s' });
    await stage.clock.advance('1m');
    expect(outcomes()).toEqual(['404']);
    expect(stage.lines.join()).toContain('does not know job "gone"');
  });

  it('never overlap, and catch up at once', async () => {
    const { app, clock, engine } = stage;
    const gate = new Gate();
    app.on('POST /job/slow', gate.answer);
    await set('slow', { schedule: '@every 1s' });
    await clock.advance('1s');
    app.on('POST /job/slow', {});
    await clock.advance('2500ms');
    expect(count('slow')).toBe(1);
    gate.open();
    await engine.idle();
    expect(count('slow')).toBe(3);
    await clock.advance('500ms');
    expect(count('slow')).toBe(4);
  });

  it('wait while no process of the app is there, and outlive it', async () => {
    const { app, clock, sidecar, engine } = stage;
    app.on('POST /job/tick', {}).on('POST /job/once', {});
    await set('tick', { schedule: '@every 10m' });
    await set('once', { dueTime: '1h' });
    await sidecar.disconnect();
    await clock.advance('65m');
    expect(outcomes()).toEqual([]);
    await sidecar.connect({ port: app.port });
    await engine.idle();
    expect(count('once')).toBe(1);
    expect(count('tick')).toBe(6);
    await clock.advance('5m');
    expect(count('tick')).toBe(7);
  });

  it('that were due when the process went away are not lost', async () => {
    const { app, clock, sidecar, engine } = stage;
    const gate = new Gate();
    app.on('POST /job/j', gate.answer);
    await set('j', { dueTime: '1s' });
    await clock.advance('1s');
    expect(count('j')).toBe(1);
    const gone = sidecar.disconnect();
    gate.open();
    await gone;
    await sidecar.connect({ port: app.port });
    await engine.idle();
    expect(outcomes()).toEqual(['200']);
  });

  it('go to the processes of their app by turns, and to no other app', async () => {
    const other = await stage.join('shop');
    const stranger = await stage.join('mail');
    for (const app of [stage.app, other.app]) app.on('POST /job/j', {});
    await set('j', { schedule: '@every 1s' });
    await stage.clock.advance('4s');
    expect(count('j')).toBe(2);
    expect(other.app.received('POST /job/j')).toHaveLength(2);
    const unknown = await call(stranger.sidecar, 'GET', '/v1.0/jobs/j');
    expect(unknown.status).toBe(500);
    expect(
      (await schedule('j', { dueTime: '1h' }, stranger.sidecar)).status,
    ).toBe(204);
  });

  it('that were deleted or replaced while they ran do not come again', async () => {
    const { app, clock, sidecar, engine } = stage;
    const gate = new Gate();
    app.on('POST /job/a', gate.answer).on('POST /job/b', gate.answer);
    await set('a', { schedule: '@every 1s' });
    await set('b', { schedule: '@every 1s' });
    await clock.advance('1s');
    await call(sidecar, 'DELETE', '/v1.0/jobs/a');
    await set('b', { dueTime: '1h', overwrite: true });
    gate.open();
    await engine.idle();
    await clock.advance('30m');
    expect([count('a'), count('b')]).toEqual([1, 1]);
    await clock.advance('30m');
    expect(count('b')).toBe(2);
  });

  it.each<[object, string]>([
    [{ schedule: '0 0 0 30 2 *' }, 'the schedule never comes'],
    [{ schedule: '0 0 0 , * *' }, 'the schedule never comes'],
    [{ schedule: '@every 0s' }, 'the interval must be greater than 0'],
    [{ schedule: 'TZ=UTC' }, 'expected a schedule after the time zone'],
  ])(
    'that daprd would run without a pause, or not survive, are refused: %j',
    async (body, reason) => {
      const answer = await schedule('j', body);
      expect(errorOf(answer)).toMatchObject({
        status: 500,
        errorCode: 'DAPR_SCHEDULER_SCHEDULE_JOB',
      });
      expect(answer.text).toContain(reason);
    },
  );

  it('fail where they are told to', async () => {
    const { engine, sidecar } = stage;
    engine.faults.failNext('job', 2);
    const refused = await schedule('j', { dueTime: '1h' });
    expect(errorOf(refused)).toMatchObject({
      status: 500,
      errorCode: 'DAPR_SCHEDULER_SCHEDULE_JOB',
    });
    const unread = await call(sidecar, 'GET', '/v1.0/jobs/j');
    expect(errorOf(unread)).toMatchObject({
      errorCode: 'DAPR_SCHEDULER_GET_JOB',
    });
    expect(unread.text).toContain('injected fault at job');
    await set('j', { dueTime: '1h' });
  });

  it('whose name holds a broken escape never come', async () => {
    await set('100%25', { dueTime: '0s' });
    await stage.clock.advance('1m');
    expect(outcomes()).toEqual([]);
    expect(stage.lines.join()).toContain('failed on job "100%" (no answer)');
  });
});
