import { expect, it } from '@jest/globals';
import { LockStatus } from '../../../lib/index.js';
import { until } from '../../support/until.js';
import { describeSdk, failureOf, withResources } from './sdk-client.js';

describeSdk(
  'locks',
  () => withResources((backing) => backing.component('lock', 'locks'), 'redis'),
  (run) => {
    it('are given to one owner at a time, and back by that owner', async () => {
      const { lock } = run.client;
      expect(await lock.lock('locks', 'r', 'a', 60)).toEqual({ success: true });
      expect(await lock.lock('locks', 'r', 'b', 60)).toEqual({
        success: false,
      });
      // Our names of its numbers, which the SDK does not export.
      expect(await lock.unlock('locks', 'r', 'b')).toEqual({
        status: LockStatus.LockBelongsToOthers,
      });
      expect(await lock.unlock('locks', 'r', 'a')).toEqual({
        status: LockStatus.Success,
      });
      expect(await lock.unlock('locks', 'r', 'a')).toEqual({
        status: LockStatus.LockDoesNotExist,
      });
    });

    it('run out', async () => {
      const { lock } = run.client;
      await lock.lock('locks', 'out', 'a', 1);
      await until(
        async () => (await lock.lock('locks', 'out', 'b', 60)).success,
      );
    });

    it('are in a store that is not there', async () => {
      const { lock } = run.client;
      expect(await failureOf(lock.lock('nope', 'r', 'a', 1))).toMatchObject({
        ...(run.protocol === 'HTTP'
          ? { status: 400, errorCode: 'ERR_LOCK_STORE_NOT_FOUND' }
          : { code: 3 }),
        message: 'lock store nope not found',
      });
    });
  },
);
