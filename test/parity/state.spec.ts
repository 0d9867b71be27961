import { expect, it } from '@jest/globals';
import { DaprNotFoundError } from '../../lib/index.js';
import { describeParity } from './parity.js';

describeParity(
  'state',
  { resources: (backing) => backing.component('state', 'store') },
  (run) => {
    it('gives back undefined where nothing is stored', async () => {
      expect(await run.client.state.get('store', 'nothing')).toBeUndefined();
    });

    it('names a store that is not there, and what to check', async () => {
      const failed = run.client.state.get('nope', 'key');
      await expect(failed).rejects.toThrow(DaprNotFoundError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_STATE_STORE_NOT_FOUND',
        status: 400,
        details: [{ reason: 'DAPR_STATE_NOT_FOUND' }],
      });
      await expect(failed).rejects.toThrow(/state\.get "nope".*resources/);
    });
  },
);
