import { Controller, Module, type Type } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  DaprClient,
  DaprModule,
  JobContext,
  ScheduledJob,
  type ScheduledJobOptions,
} from '../../../lib/index.js';
import { EmbeddedSidecar } from '../../../lib/testing/index.js';
import { CapturedLog } from '../../support/captured-log.js';
import { until } from '../../support/until.js';

const came: string[] = [];

/** An app with one scheduled job. */
function appWith(name: string, options: ScheduledJobOptions): Type {
  @Controller()
  class Jobs {
    @ScheduledJob(name, options)
    handle(@Payload() payload: unknown, @Ctx() { jobName }: JobContext): void {
      came.push(`${jobName} ${JSON.stringify(payload)}`);
    }
  }
  @Module({ imports: [DaprModule.forRoot()], controllers: [Jobs] })
  class AppModule {}
  return AppModule;
}

describe('scheduled jobs under the clock of a spec', () => {
  let dapr: EmbeddedSidecar;
  beforeEach(async () => {
    came.length = 0;
    dapr = await EmbeddedSidecar.start();
  });
  afterEach(() => dapr.close());

  it('come when the spec moves the clock', async () => {
    const module = appWith('nightly', { schedule: '@daily', data: { a: 1 } });
    const app = await dapr.run(module);
    for (const { jobs } of [dapr.client, app.get(DaprClient)])
      expect(await jobs.list()).toMatchObject([{ name: 'nightly' }]);
    await dapr.clock.advance('48h');
    expect(came).toEqual(['nightly {"a":1}', 'nightly {"a":1}']);
    expect(dapr.transcript.of('job').map(({ outcome }) => outcome)).toEqual([
      '200',
      '200',
    ]);
  });

  it('that are due at once have come when the app runs', async () => {
    await dapr.run(appWith('first', { dueTime: '0s' }));
    expect(came).toEqual(['first null']);
  });

  it('go on as they are when their app starts again with the same', async () => {
    const options = {
      schedule: '@every 24h',
      failurePolicy: { constant: { interval: 'PT0.5S', maxRetries: 2 } },
      data: { b: 1, a: [new Date(0)] },
    };
    const first = await dapr.run(appWith('daily', options));
    await dapr.clock.advance('23h');
    await first.close();
    await dapr.run(appWith('daily', options));
    await dapr.clock.advance('1h');
    expect(came).toHaveLength(1);
  });

  it.each<[string, ScheduledJobOptions]>([
    ['another schedule', { schedule: '@every 2h', data: 1 }],
    ['other data', { schedule: '@every 1h', data: 2 }],
    ['repeats', { schedule: '@every 1h', data: 1, repeats: 1 }],
    [
      'another policy',
      { schedule: '@every 1h', data: 1, failurePolicy: { drop: true } },
    ],
  ])(
    'begin anew when their app starts again with %s',
    async (_what, changed) => {
      const app = await dapr.run(
        appWith('j', { schedule: '@every 1h', data: 1 }),
      );
      await dapr.clock.advance('30m');
      await app.close();
      await dapr.run(appWith('j', changed));
      await dapr.clock.advance('30m');
      expect(came).toEqual([]);
      expect(await dapr.client.jobs.get('j')).toMatchObject(changed);
    },
  );

  it('are scheduled later where the sidecar can’t at first, which is said once', async () => {
    const log = new CapturedLog();
    const module = appWith('late', { schedule: '@every 1h' });
    const isThere = () =>
      dapr.client.jobs.get('late').then(
        () => true,
        () => false,
      );
    dapr.faults.failWhen('job', () => true);
    await dapr.run(
      Test.createTestingModule({ imports: [module] }).setLogger(log),
    );
    await dapr.clock.advance('1s');
    dapr.faults.clear();
    await dapr.clock.advance('5s');
    await until(isThere);
    await dapr.clock.advance('1h');
    expect(came).toEqual(['late null']);
    expect(log.of('error', 'Job "late" of Jobs.handle')).toHaveLength(1);
  });

  it('without a time are not scheduled', async () => {
    await dapr.run(appWith('asked', {}));
    await expect(dapr.client.jobs.get('asked')).rejects.toMatchObject({
      name: 'DaprNotFoundError',
    });
    await dapr.client.jobs.schedule('asked', { dueTime: '1h', data: 'x' });
    await dapr.clock.advance('1h');
    expect(came).toEqual(['asked "x"']);
  });
});
