import { expect, it } from '@jest/globals';
import {
  DaprConfigurationError,
  SidecarUnavailableError,
} from '../../lib/index.js';
import { freePort } from '../dapr/ports.js';
import { describeParity } from './parity.js';

describeParity('health', { resources: () => '\n' }, (run) => {
  it('is good once the sidecar is ready', async () => {
    const { health } = run.client;
    await health.waitUntilReady();
    await health.waitUntilHealthy();
    await run.client.start();
    expect(await health.isHealthy()).toBe(true);
  });

  it('is bad, at once, where nothing listens [C8]', async () => {
    const port = await freePort();
    const nowhere = run.connect({
      httpEndpoint: `http://127.0.0.1:${port}`,
      grpcEndpoint: `127.0.0.1:${port}`,
    });
    expect(await nowhere.health.isHealthy()).toBe(false);
    const ready = nowhere.health.waitUntilReady({ timeout: 500 });
    await expect(ready).rejects.toThrow(SidecarUnavailableError);
    await expect(ready).rejects.toThrow(`127.0.0.1:${port}`);
    const stop = new AbortController();
    const healthy = nowhere.health.waitUntilHealthy({ signal: stop.signal });
    const reason = new DaprConfigurationError('enough');
    stop.abort(reason);
    await expect(healthy).rejects.toBe(reason);
  });
});

describeParity(
  'health of a sidecar whose app does not listen yet',
  { app: { port: 1 }, until: 'outbound', resources: () => '\n' },
  (run) => {
    it('is bad, which gRPC can not tell', async () => {
      const { health } = run.client;
      await health.waitUntilReady();
      expect(await health.isHealthy()).toBe(run.protocol === 'gRPC');
    });
  },
);

describeParity(
  'health of a sidecar that wants a token',
  { apiToken: 'secret', resources: () => '\n' },
  (run) => {
    it('needs none', async () => {
      expect(await run.client.health.isHealthy()).toBe(true);
      await run.client.health.waitUntilReady();
    });
  },
);
