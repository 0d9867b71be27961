import {
  StateConcurrencyEnum,
  StateConsistencyEnum,
  type DaprClient,
} from '@dapr/dapr';
import { expect, it } from '@jest/globals';
import { component } from '../../conformance/components.js';
import { until } from '../../support/until.js';
import { describeSdk, failureOf, withResources } from './sdk-client.js';

type Operations = Parameters<DaprClient['state']['transaction']>[1];

describeSdk(
  'state',
  () => withResources(() => component('state.in-memory', 'store')),
  (run) => {
    const { protocol } = run;
    const stale = protocol === 'HTTP' ? { status: 409 } : { code: 10 };

    it.each<[string, unknown]>([
      ['an object', { sku: 'book' }],
      ['a list', [1, 'two']],
      ['text', 'grüße'],
      ['a number', 0],
      ['a boolean', false],
      ['null', null],
    ])('saves %s and gets it', async (_what, value) => {
      const { state } = run.client;
      expect(await state.save('store', [{ key: 'kind', value }])).toEqual({});
      expect(await state.get('store', 'kind')).toEqual(value);
    });

    it('saves text that looks like JSON', async () => {
      const { state } = run.client;
      await state.save('store', [{ key: 'text', value: '7' }]);
      // Over gRPC the SDK stores text as it is, and reads all that it gets as JSON.
      expect(await state.get('store', 'text')).toBe(
        protocol === 'HTTP' ? '7' : 7,
      );
    });

    it('gets an empty text of what is not there, and of what was deleted', async () => {
      const { state } = run.client;
      expect(await state.get('store', 'none')).toBe('');
      await state.save('store', [{ key: 'gone', value: 1 }]);
      expect(await state.delete('store', 'gone')).toEqual({});
      expect(await state.get('store', 'gone')).toBe('');
    });

    it('gets several at once', async () => {
      const { state } = run.client;
      await state.save('store', [
        { key: 'a', value: { sku: 'book' } },
        { key: 'b', value: 0 },
      ]);
      const items = await state.getBulk('store', ['a', 'b', 'none'], {
        parallelism: 2,
      });
      expect(items.toSorted(byKey)).toEqual([
        { key: 'a', data: { sku: 'book' }, etag: expect.any(String) },
        { key: 'b', data: 0, etag: expect.any(String) },
        // Over gRPC the SDK knows no item that is absent.
        protocol === 'HTTP'
          ? { key: 'none' }
          : { key: 'none', data: '', etag: '' },
      ]);
      expect(await state.getBulk('store', ['b'])).toMatchObject([{ data: 0 }]);
    });

    it('is told when an etag is stale', async () => {
      const { state } = run.client;
      await state.save('store', [{ key: 'etag', value: 1 }]);
      const [{ etag } = {}] = await state.getBulk('store', ['etag']);
      await state.save('store', [{ key: 'etag', value: 2, etag }]);
      expect(
        await failureOf(
          state.save('store', [{ key: 'etag', value: 3, etag: '77' }]),
        ),
      ).toMatchObject(stale);
      expect(
        await failureOf(state.delete('store', 'etag', { etag: '77' })),
      ).toMatchObject(stale);
      expect(await state.get('store', 'etag')).toBe(2);
    });

    it('lets the first write win where it is told to', async () => {
      const { state } = run.client;
      const options = {
        concurrency: StateConcurrencyEnum.CONCURRENCY_FIRST_WRITE,
        consistency: StateConsistencyEnum.CONSISTENCY_STRONG,
      };
      const save = (value: number) =>
        state.save('store', [{ key: 'first', value, options: { ...options } }]);
      expect(await save(1)).toEqual({});
      expect(await failureOf(save(2))).toMatchObject(stale);
      expect(await state.get('store', 'first', options)).toBe(1);
    });

    it('saves for a while', async () => {
      const { state } = run.client;
      const metadata = { ttlInSeconds: '1' };
      await state.save('store', [{ key: 'ttl', value: 1, metadata }]);
      expect(await state.get('store', 'ttl')).toBe(1);
      await until(async () => (await state.get('store', 'ttl')) === '');
    });

    it('changes several keys in one transaction, or none', async () => {
      const { state } = run.client;
      await state.save('store', [{ key: 'old', value: 1 }]);
      await state.transaction('store', [
        { operation: 'upsert', request: { key: 'new', value: 'two' } },
        { operation: 'delete', request: { key: 'old' } },
      ]);
      expect(await state.get('store', 'new')).toBe('two');
      expect(await state.get('store', 'old')).toBe('');
      // The SDK's type has an object here, which Dapr refuses over HTTP: it takes text.
      const etag = '77' as unknown as { value: string };
      const failed = state.transaction('store', [
        { operation: 'upsert', request: { key: 'new', value: 'three' } },
        { operation: 'upsert', request: { key: 'old', value: 'three', etag } },
      ]);
      expect(await failureOf(failed)).toMatchObject(
        protocol === 'HTTP'
          ? { status: 500, errorCode: 'ERR_STATE_TRANSACTION' }
          : { code: 13 },
      );
      expect(await state.get('store', 'new')).toBe('two');
    });

    it('changes objects in a transaction over HTTP', async () => {
      const { state } = run.client;
      const operations: Operations = [
        { operation: 'upsert', request: { key: 'object', value: { n: 2 } } },
      ];
      const changed = state.transaction('store', operations);
      // Over gRPC the SDK makes bytes of text only, and sends none of an operation's metadata.
      if (protocol === 'gRPC')
        return expect(changed).rejects.toThrow('must be of type string');
      await changed;
      expect(await state.get('store', 'object')).toEqual({ n: 2 });
    });

    it('is told of a store that is not there', async () => {
      const { state } = run.client;
      for (const call of [
        () => state.save('nowhere', [{ key: 'a', value: 1 }]),
        () => state.get('nowhere', 'a'),
        () => state.getBulk('nowhere', ['a']),
        () => state.delete('nowhere', 'a'),
        () => state.transaction('nowhere', []),
      ])
        expect(await failureOf(call())).toMatchObject({
          ...(protocol === 'HTTP'
            ? { status: 400, errorCode: 'ERR_STATE_STORE_NOT_FOUND' }
            : { code: 3 }),
          message: 'state store nowhere is not found',
        });
    });
  },
);

function byKey(a: { key?: string }, b: { key?: string }): number {
  return String(a.key).localeCompare(String(b.key));
}
