import { expect, it } from '@jest/globals';
import { component, resources } from '../../conformance/components.js';
import { call } from '../../conformance/wire.js';
import { until } from '../../support/until.js';
import { describeSdk, withResources } from './sdk-client.js';

describeSdk(
  'the sidecar',
  () =>
    withResources(
      () =>
        resources(
          component('pubsub.in-memory', 'pubsub'),
          component('state.in-memory', 'statestore'),
        ),
      'in-memory',
      { appId: 'shop', apiToken: 'secret' },
    ),
  (run) => {
    it('is healthy, with the token that it wants', async () => {
      expect(await run.client.health.isHealthy()).toBe(true);
      await run.client.start();
      expect(run.client.getIsInitialized()).toBe(true);
    });

    it('tells what it is, and keeps what it is told', async () => {
      const { metadata } = run.client;
      const described = await metadata.get();
      expect(described.id).toBe('shop');
      expect(described.components.toSorted(byName)).toMatchObject([
        { name: 'pubsub', type: 'pubsub.in-memory', version: 'v1' },
        { name: 'statestore', type: 'state.in-memory', version: 'v1' },
      ]);
      expect(await metadata.set('round', 'first')).toBe(true);
      expect((await metadata.get()).extended).toMatchObject({
        round: 'first',
      });
    });

    // The last: it is gone then.
    it('is shut down', async () => {
      const { sidecar } = run.started;
      await run.client.sidecar.shutdown();
      await until(() =>
        call(sidecar, 'GET', '/v1.0/healthz/outbound').then(
          () => false,
          () => true,
        ),
      );
      expect(await run.client.health.isHealthy()).toBe(false);
    });
  },
  { daprApiToken: 'secret' },
);

function byName(a: { name: string }, b: { name: string }): number {
  return a.name.localeCompare(b.name);
}
