import { it } from '@jest/globals';
import { call } from '../conformance/wire.js';
import { until } from '../support/until.js';
import { describeParity } from './parity.js';

describeShutdown(false, 'a sidecar that is shut down');
describeShutdown(true, 'a sidecar that is shut down by force');

function describeShutdown(force: boolean, name: string): void {
  describeParity(name, { resources: () => '\n' }, (run) => {
    const isThere = (): Promise<boolean> =>
      call(run.sidecar, 'GET', '/v1.0/healthz/outbound').then(
        () => true,
        () => false,
      );

    it('says so, and is gone', async () => {
      await run.client.sidecar.shutdown({ force });
      await until(async () => !(await isThere()));
    });
  });
}
