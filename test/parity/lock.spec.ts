import { expect, it } from '@jest/globals';
import {
  DaprBadRequestError,
  DaprNotFoundError,
  LockNotAcquiredError,
  LockStatus,
} from '../../lib/index.js';
import { component } from '../conformance/components.js';
import { until } from '../support/until.js';
import { describeParity } from './parity.js';

describeParity(
  'a lock',
  { resources: (backing) => backing.component('lock', 'locks') },
  (run) => {
    it('is given to one owner at a time', async () => {
      const { lock } = run.client;
      expect(await lock.lock('locks', 'r', 'a', 60)).toEqual({ success: true });
      expect(await lock.tryLock('locks', 'r', 'b', 60)).toEqual({
        success: false,
      });
      expect(await lock.lock('locks', 'r', 'a', 60)).toEqual({
        success: false,
      });
    });

    it('is given back by its owner alone', async () => {
      const { lock } = run.client;
      await lock.lock('locks', 'back', 'a', 60);
      expect(await lock.unlock('locks', 'back', 'b')).toEqual({
        status: LockStatus.LockBelongsToOthers,
      });
      expect(await lock.unlock('locks', 'back', 'a')).toEqual({
        status: LockStatus.Success,
      });
      expect(await lock.unlock('locks', 'back', 'a')).toEqual({
        status: LockStatus.LockDoesNotExist,
      });
    });

    it('runs out', async () => {
      const { lock } = run.client;
      await lock.lock('locks', 'out', 'a', 1);
      await until(async () => {
        const { success } = await lock.lock('locks', 'out', 'b', 60);
        return success;
      });
    });

    it('takes any letters for its resource and its owner [C4]', async () => {
      const { lock } = run.client;
      const names = ['a/b c?#%+é', 'ö||wner'] as const;
      expect(await lock.lock('locks', ...names, 60)).toEqual({ success: true });
      expect(await lock.unlock('locks', ...names)).toEqual({
        status: LockStatus.Success,
      });
    });

    it('is held while work runs under it', async () => {
      const { lock } = run.client;
      const result = await lock.withLock(
        'locks',
        'work',
        async () => (await lock.lock('locks', 'work', 'other', 60)).success,
        { ttl: '1m' },
      );
      expect(result).toBe(false);
      expect(await lock.lock('locks', 'work', 'other', 60)).toEqual({
        success: true,
      });
      const refused = lock.withLock('locks', 'work', () => 1, { ttl: '1m' });
      await expect(refused).rejects.toThrow(LockNotAcquiredError);
    });

    it('is in a store that is not there, and the error says what to check', async () => {
      const { lock } = run.client;
      const calls = [
        () => lock.lock('nope', 'r', 'a', 1),
        () => lock.unlock('nope', 'r', 'a'),
      ];
      for (const call of calls) {
        const failed = call();
        await expect(failed).rejects.toThrow(DaprNotFoundError);
        await expect(failed).rejects.toMatchObject({
          errorCode: 'ERR_LOCK_STORE_NOT_FOUND',
          status: 400,
        });
        await expect(failed).rejects.toThrow(/among the sidecar's resources/);
      }
    });

    it.each<[string, [string, string, string, number], RegExp]>([
      ['no store', ['', 'r', 'o', 1], /the store name is empty/],
      ['no resource', ['locks', '', 'o', 1], /the resource is empty/],
      ['no owner', ['locks', 'r', '', 1], /the owner is empty/],
      ['bars in its resource', ['locks', 'a||b', 'o', 1], /can't hold "\|\|"/],
      ['no time', ['locks', 'r', 'o', 0], /expiry is 0; whole seconds/],
      ['half a second', ['locks', 'r', 'o', 0.5], /whole seconds are due/],
      ['no end', ['locks', 'r', 'o', Infinity], /whole seconds are due/],
    ])('is not asked for with %s', async (_what, names, message) => {
      const failed = run.client.lock.lock(...names);
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toThrow(message);
    });
  },
);

describeParity(
  'a lock where there is no store',
  { resources: () => component('state.in-memory', 'store') },
  (run) => {
    it('is not found', async () => {
      const failed = run.client.lock.lock('store', 'r', 'a', 1);
      await expect(failed).rejects.toThrow(DaprNotFoundError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_LOCK_STORE_NOT_CONFIGURED',
      });
    });
  },
);
