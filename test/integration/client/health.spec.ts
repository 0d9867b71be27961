import { afterEach, describe, expect, it } from '@jest/globals';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import type {
  ClientInternals,
  DaprClientOptions,
} from '../../../lib/client/options.js';
import { SidecarUnavailableError } from '../../../lib/errors/sidecar-unavailable.error.js';
import { ManualClock } from './manual-clock.js';
import { startRecordedSidecar } from './recorded-sidecar.js';
import { freePort, startServer } from './server.js';

describe('client.health', () => {
  const cleanups: (() => Promise<void>)[] = [];

  function clientOf(
    options: DaprClientOptions,
    internals?: ClientInternals,
  ): DaprClient {
    const client = new DaprClient(options, internals);
    cleanups.unshift(() => client.stop());
    return client;
  }

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  it('is true when the sidecar and the app behind it are ready', async () => {
    const sidecar = await startRecordedSidecar();
    cleanups.push(() => sidecar.close());
    const client = clientOf({ httpEndpoint: sidecar.url });
    const healthy = sidecar.play('healthz when ready', () =>
      client.health.isHealthy(),
    );
    expect(await healthy).toBe(true);
    sidecar.answerWith('healthz before the app listens');
    expect(await client.health.isHealthy()).toBe(false);
  });

  it('is false at once where nothing listens [C8]', async () => {
    // The clock stands still: no timeout can be what ends the call.
    const client = clientOf(
      { daprPort: await freePort() },
      { clock: new ManualClock() },
    );
    expect(await client.health.isHealthy()).toBe(false);
  });

  it.each([
    ['is not told how long it takes', undefined],
    ['is told nothing', { timeout: undefined }],
  ])(
    'is false after a second of a sidecar that hangs, where it %s [C8]',
    async (_what, options) => {
      const clock = new ManualClock();
      let arrived = (): void => undefined;
      const arrival = new Promise<void>((resolve) => (arrived = resolve));
      const server = await startServer(() => arrived());
      cleanups.push(() => server.close());
      const client = clientOf({ httpEndpoint: server.url }, { clock });
      const healthy = client.health.isHealthy(options);
      await arrival;
      clock.advance(1_000);
      expect(await healthy).toBe(false);
    },
  );

  it('waits for the API, not for the app', async () => {
    const sidecar = await startRecordedSidecar();
    cleanups.push(() => sidecar.close());
    const client = clientOf({ httpEndpoint: sidecar.url });
    await sidecar.play('healthz/outbound before the app listens', () =>
      client.health.waitUntilReady(),
    );
    await client.start();
  });

  it.each([
    ['waitUntilReady', '/v1.0/healthz/outbound'],
    ['waitUntilHealthy', '/v1.0/healthz'],
  ] as const)(
    '%s asks %s again until the sidecar says yes',
    async (wait, url) => {
      const statuses = [500, 500, 204];
      const server = await startServer(
        (_, response) => void response.writeHead(statuses.shift() ?? 204).end(),
      );
      cleanups.push(() => server.close());
      const client = clientOf({ httpEndpoint: server.url });
      await client.health[wait]();
      expect(server.requests.map((request) => request.url)).toEqual([
        url,
        url,
        url,
      ]);
    },
  );

  it('gives up waiting when its time is over [C8]', async () => {
    const client = clientOf({ daprPort: await freePort() });
    const ready = client.health.waitUntilReady({ timeout: 30 });
    await expect(ready).rejects.toThrow(SidecarUnavailableError);
  });

  it('gives up waiting for a sidecar that is never ready [C8]', async () => {
    const clock = new ManualClock();
    const server = await startServer((_, response) => {
      clock.advance(1_000);
      response.writeHead(500).end();
    });
    cleanups.push(() => server.close());
    const client = clientOf({ httpEndpoint: server.url }, { clock });
    const ready = client.health.waitUntilReady({ timeout: 2_500 });
    await expect(ready).rejects.toThrow(/not ready after 2500 ms/);
    expect(server.requests.length).toBe(3);
  });

  it('stops waiting with the signal [C8]', async () => {
    const client = clientOf({ daprPort: await freePort() });
    const stop = new AbortController();
    const ready = client.health.waitUntilReady({ signal: stop.signal });
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(ready).rejects.toBe(reason);
  });
});
