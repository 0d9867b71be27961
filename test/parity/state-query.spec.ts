import { beforeAll, expect, it } from '@jest/globals';
import { DaprError, type StateQuery } from '../../lib/index.js';
import { describeParity } from './parity.js';

interface Person {
  readonly org: string;
  readonly rank: number;
}

const PEOPLE: Readonly<Record<string, Person>> = {
  ada: { org: 'A', rank: 1 },
  bob: { org: 'B', rank: 2 },
  cleo: { org: 'A', rank: 3 },
};

describeParity(
  'a query of state',
  {
    backing: 'postgresql',
    resources: (backing) => backing.component('state', 'store'),
  },
  (run) => {
    beforeAll(async () => {
      const metadata = { contentType: 'application/json' };
      await run.client.state.save(
        'store',
        Object.entries(PEOPLE).map(([key, value]) => ({ key, value })),
        { metadata },
      );
    });

    it('finds values with their keys and etags', async () => {
      const { state } = run.client;
      const { etag } = await state.getWithEtag('store', 'bob');
      const found = await state.query<Person>('store', {
        filter: { EQ: { org: 'B' } },
      });
      expect(found).toEqual({
        results: [{ key: 'bob', data: PEOPLE['bob'], etag }],
      });
    });

    it.each<[StateQuery, string[]]>([
      [{}, ['ada', 'bob', 'cleo']],
      [{ filter: { IN: { rank: [2, 3] } } }, ['bob', 'cleo']],
      [
        { filter: { AND: [{ EQ: { org: 'A' } }, { GT: { rank: 1 } }] } },
        ['cleo'],
      ],
      [
        { filter: { OR: [{ EQ: { org: 'B' } }, { LTE: { rank: 1 } }] } },
        ['ada', 'bob'],
      ],
      [{ filter: { EQ: { org: 'Z' } } }, []],
    ])('of %j finds %j', async (query, keys) => {
      const sort = [{ key: 'rank' }];
      const { results } = await run.client.state.query('store', {
        ...query,
        sort,
      });
      expect(results.map(({ key }) => key)).toEqual(keys);
    });

    it('gives one page after the other, until nothing is left', async () => {
      const { state } = run.client;
      const pages: string[][] = [];
      let token: string | undefined;
      do {
        const page = { limit: 2, ...(token !== undefined && { token }) };
        const found = await state.query('store', {
          sort: [{ key: 'rank', order: 'DESC' }],
          page,
        });
        pages.push(found.results.map(({ key }) => key));
        token = found.token;
      } while (token !== undefined);
      expect(pages).toEqual([['cleo', 'bob'], ['ada'], []]);
    });

    it('says what is wrong with a query [C3]', async () => {
      const filter = { LIKE: { org: 'A' } } as object;
      const failed = run.client.state.query('store', { filter });
      await expect(failed).rejects.toThrow(DaprError);
      await expect(failed).rejects.toMatchObject({
        status: 500,
        errorCode: 'ERR_STATE_QUERY',
        details: [
          { resource_name: 'store' },
          { reason: 'DAPR_STATE_QUERY_FAILED' },
        ],
        operation: 'state.query "store"',
        message: expect.stringContaining('unsupported filter "LIKE"'),
      });
    });

    it('looks over gRPC into what was saved as JSON alone', async () => {
      const { state } = run.client;
      await state.save('store', [{ key: 'plain', value: { org: 'P' } }]);
      await state.transaction('store', [
        {
          operation: 'upsert',
          request: {
            key: 'in a transaction',
            value: { org: 'P' },
            metadata: { contentType: 'application/json' },
          },
        },
      ]);
      const { results } = await state.query('store', {
        filter: { EQ: { org: 'P' } },
      });
      expect(results.map(({ key }) => key).sort()).toEqual(
        run.protocol === 'HTTP' ? ['in a transaction', 'plain'] : [],
      );
      expect(await state.get('store', 'plain')).toEqual({ org: 'P' });
      await state.delete('store', 'plain');
      await state.delete('store', 'in a transaction');
    });
  },
);
