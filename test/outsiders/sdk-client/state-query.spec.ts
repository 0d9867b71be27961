import { beforeAll, expect, it } from '@jest/globals';
import { describeSdk, withResources } from './sdk-client.js';

describeSdk(
  'queries of state',
  () =>
    withResources(
      (backing) => backing.component('state', 'store'),
      'postgresql',
    ),
  (run) => {
    beforeAll(async () => {
      // Without it, what is saved over gRPC are bytes for the store.
      const metadata = { contentType: 'application/json' };
      const people = { ada: 'A', bob: 'B', cleo: 'A' };
      await run.client.state.save(
        'store',
        Object.entries(people).map(([key, org]) => ({ key, value: { org } })),
        { metadata },
      );
    });

    const query = (org: string, token?: string) =>
      run.client.state.query('store', {
        filter: { EQ: { org } },
        sort: [{ key: 'org' }],
        page: { limit: 1, ...(token !== undefined && { token }) },
      });

    it('get one page after the other', async () => {
      const first = await query('A');
      const second = await query('A', first.token);
      const found = [...first.results, ...second.results];
      expect(found.map(({ key }) => key).toSorted()).toEqual(['ada', 'cleo']);
      for (const { data } of found)
        // Over gRPC the SDK gives the bytes.
        expect(
          run.protocol === 'HTTP'
            ? data
            : JSON.parse(Buffer.from(data as Uint8Array).toString()),
        ).toEqual({ org: 'A' });
    });

    it('get nothing where there is nothing', async () => {
      expect((await query('Z')).results).toEqual([]);
    });
  },
);
