import { afterEach, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { component, resources } from '../../conformance/components.js';
import { folderWith, Stage } from '../../support/stage.js';
import { startEngine } from '../../../lib/sidecar/embedded.js';
import { DaprConfigurationError } from '../../../lib/errors/dapr-configuration.error.js';
import { VirtualClock } from '../../../lib/sidecar/virtual-clock.js';

const cron = (name: string, schedule: string, more = {}): string =>
  component('bindings.cron', name, { schedule, ...more });

describe('cron bindings of the embedded sidecar', () => {
  let stage: Stage | undefined;
  const open = async (yaml: string): Promise<Stage> =>
    (stage = await Stage.open({ resources: yaml }));
  afterEach(async () => {
    await stage?.[Symbol.asyncDispose]();
    stage = undefined;
  });
  /** The application answers the probes that come before the first connection too. */
  const reconnect = async ({ sidecar, app }: Stage): Promise<void> => {
    await sidecar.disconnect();
    await sidecar.connect({ port: app.port });
  };

  it('tick by the clock of the sidecar, where the application listens', async () => {
    const { app, clock } = await open(
      resources(cron('tick', '@every 10s'), cron('deaf', '@every 1s')),
    );
    app.on('OPTIONS /tick', {}).on('POST /tick', {});
    await reconnect(stage!);
    await clock.advance('35s');
    expect(app.received('POST /tick')).toHaveLength(3);
    expect(app.endpoints).not.toContain('POST /deaf');
    const [first] = app.received('POST /tick');
    expect(first?.body).toHaveLength(0);
    expect(first?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '0',
      readtimeutc: '2026-01-01 00:00:10 +0000 UTC',
      traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`,
    });
  });

  it('tick at the times of the schedule', async () => {
    const { app, clock } = await open(cron('nightly', 'TZ=UTC 30 2 * * *'));
    app.on('OPTIONS /nightly', { status: 405 }).on('POST /nightly', {});
    await reconnect(stage!);
    const hours: string[] = [];
    app.on('POST /nightly', ({ headers }) => {
      hours.push(String(headers['readtimeutc']));
      return {};
    });
    await clock.advance('48h');
    expect(hours).toEqual([
      '2026-01-01 02:30:00 +0000 UTC',
      '2026-01-02 02:30:00 +0000 UTC',
    ]);
  });

  it('tick at their route, without a question where the metadata says input', async () => {
    const { app, clock } = await open(
      cron('tick', '@every 1s', { route: 'jobs/clean', direction: 'Input' }),
    );
    app.on('POST /jobs/clean', {});
    await clock.advance('2s');
    expect(app.received('POST /jobs/clean')).toHaveLength(2);
    expect(app.endpoints.filter((each) => each.startsWith('OPTIONS'))).toEqual(
      [],
    );
  });

  it('do not tick for an output', async () => {
    const { app, clock } = await open(
      cron('tick', '@every 1s', { direction: 'output' }),
    );
    await clock.advance('2s');
    expect(app.endpoints).toEqual(['GET /dapr/config']);
  });

  it('stop when the application goes, and catch nothing up', async () => {
    const { app, clock, sidecar } = await open(
      cron('tick', '@every 10s', { direction: 'input' }),
    );
    app.on('POST /tick', {});
    await clock.advance('10s');
    await sidecar.disconnect();
    await clock.advance('1h');
    await sidecar.connect({ port: app.port });
    await clock.advance('10s');
    expect(app.received('POST /tick')).toHaveLength(2);
  });

  it('overlap when a handler takes longer than the schedule', async () => {
    const { app, clock, engine } = await open(
      cron('tick', '@every 1s', { direction: 'input' }),
    );
    const underWay: (() => void)[] = [];
    app.on(
      'POST /tick',
      () => new Promise((resolve) => underWay.push(() => resolve({}))),
    );
    await clock.advance('2s');
    expect(underWay).toHaveLength(2);
    for (const finish of underWay) finish();
    await engine.idle();
  });

  it('take nothing but 200 for success under a retry policy', async () => {
    const policy = `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: retries }
spec:
  policies: { retries: { twice: { duration: 100ms, maxRetries: 2 } } }
  targets: { components: { tick: { inbound: { retry: twice } } } }
`;
    const { app, clock, engine } = await open(
      resources(cron('tick', '@every 10s', { direction: 'input' }), policy),
    );
    app.on('POST /tick', { status: 204 });
    await clock.advance('11s');
    expect(app.received('POST /tick')).toHaveLength(3);
    app.on('POST /tick', { status: 200 });
    await clock.advance('10s');
    expect(app.received('POST /tick')).toHaveLength(4);
    expect(
      engine.transcript.of('binding').map(({ outcome }) => outcome),
    ).toEqual(['204', '204', '204', '200']);
  });

  it('are named when they fail', async () => {
    const { clock, lines } = await open(
      cron('tick', '@every 1s', { direction: 'input' }),
    );
    await clock.advance('1s');
    expect(lines).toEqual([
      'Application "shop" failed on binding "tick" (404).',
    ]);
  });

  it('tick in every process of an application', async () => {
    const { app, clock } = await open(
      cron('tick', '@every 1s', { direction: 'input' }),
    );
    const twin = await stage!.join('shop');
    app.on('POST /tick', {});
    twin.app.on('POST /tick', {});
    await clock.advance('1s');
    expect(app.received('POST /tick')).toHaveLength(1);
    expect(twin.app.received('POST /tick')).toHaveLength(1);
  });

  it.each([
    ['@every soon', '"soon" is no duration'],
    ['', 'the metadata "schedule" is missing'],
  ])(
    'with the schedule %j are a start error in words',
    async (schedule, words) => {
      const folder = await folderWith(cron('tick', schedule));
      const clock = new VirtualClock();
      const started = startEngine({ resources: folder, clock });
      await expect(started).rejects.toThrow(DaprConfigurationError);
      await expect(started).rejects.toThrow(words);
      await expect(started).rejects.toThrow('Component "tick"');
      await rm(folder, { recursive: true });
    },
  );
});
