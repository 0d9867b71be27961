import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startBacking, type Backing } from '../support/backing.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { grpcCall } from './grpc-wire.js';
import { Store } from './store.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

interface Result {
  readonly key: string;
  readonly data: unknown;
  readonly etag: string;
}

const ROWS = {
  k1: { person: { org: 'A', id: 1 }, state: 'CA', rank: 3 },
  k2: { person: { org: 'B', id: 2 }, state: 'CA', rank: 1 },
  k3: { person: { org: 'A', id: 3 }, state: 'CA' },
  k4: { person: { org: 'B', id: 4 }, state: 'WA', rank: 2, ok: true },
  k5: { person: { org: 'A', id: 5 }, state: 'WA', rank: null },
};

describe('a query on PostgreSQL', () => {
  let backing: Backing;
  let sidecar: Sidecar;
  const store = new Store(() => sidecar);

  beforeAll(async () => {
    backing = await startBacking('postgresql');
    sidecar = await startSidecar({
      appId: 'queries',
      resources: backing.component('state', 'store'),
    });
    await store.save(
      ...Object.entries(ROWS).map(([key, value]) => ({ key, value })),
    );
  });
  afterAll(async () => {
    await sidecar?.stop();
    await backing?.stop();
  });

  const overHttp = (query: unknown): Promise<WireAnswer> =>
    call(sidecar, 'POST', '/v1.0-alpha1/state/store/query', query);
  const overGrpc = (query: unknown, storeName = 'store') =>
    grpcCall(sidecar, 'queryStateAlpha1', {
      storeName,
      query: JSON.stringify(query),
      metadata: {},
    });
  /** What both of the APIs find. */
  const find = async (
    query: object,
  ): Promise<{ results: Result[]; token?: string }> => {
    const { status, text } = await overHttp(query);
    const { response } = await overGrpc(query);
    const { results = [], token = '' } = response ?? {};
    const found = {
      results: results.map(({ key, data, etag }) => ({
        key,
        data: JSON.parse(data.toString()) as unknown,
        etag,
      })),
      ...(token !== '' && { token }),
    };
    if (results.length === 0) expect([status, text]).toEqual([204, '']);
    else expect(JSON.parse(text)).toEqual(found);
    return found;
  };
  /** In no order where none was asked for. */
  const keysOf = async (query: object): Promise<string[]> => {
    const keys = (await find(query)).results.map(({ key }) => key);
    return 'sort' in query ? keys : keys.sort();
  };

  it('finds values with their keys and etags', async () => {
    const { results } = await find({ filter: { EQ: { 'person.id': 2 } } });
    expect(results).toEqual([
      { key: 'k2', data: ROWS.k2, etag: await store.etag('k2') },
    ]);
  });

  it.each<[object, string[]]>([
    [{}, ['k1', 'k2', 'k3', 'k4', 'k5']],
    [{ filter: {} }, ['k1', 'k2', 'k3', 'k4', 'k5']],
    [{ filter: { EQ: { 'person.org': 'A' } } }, ['k1', 'k3', 'k5']],
    [{ filter: { EQ: { 'person.id': '2' } } }, ['k2']],
    [{ filter: { EQ: { ok: true } } }, ['k4']],
    [{ filter: { EQ: { nothing: 'x' } } }, []],
    [{ filter: { NEQ: { state: 'CA' } } }, ['k4', 'k5']],
    [{ filter: { NEQ: { rank: 3 } } }, ['k2', 'k4']],
    [{ filter: { GT: { rank: 1 } } }, ['k1', 'k4']],
    [{ filter: { GTE: { rank: 2 } } }, ['k1', 'k4']],
    [{ filter: { LT: { rank: 2 } } }, ['k2']],
    [{ filter: { LTE: { rank: 2 } } }, ['k2', 'k4']],
    [{ filter: { IN: { 'person.id': [1, 2, 9] } } }, ['k1', 'k2']],
    [
      {
        filter: {
          AND: [{ EQ: { state: 'CA' } }, { EQ: { 'person.org': 'A' } }],
        },
      },
      ['k1', 'k3'],
    ],
    [
      {
        filter: {
          OR: [
            { EQ: { rank: 1 } },
            { AND: [{ EQ: { state: 'WA' } }, { IN: { rank: [2, 3] } }] },
          ],
        },
      },
      ['k2', 'k4'],
    ],
    [{ sort: [{ key: 'person.id' }] }, ['k1', 'k2', 'k3', 'k4', 'k5']],
    [
      { sort: [{ key: 'person.org', order: 'DESC' }, { key: 'person.id' }] },
      ['k2', 'k4', 'k1', 'k3', 'k5'],
    ],
    [
      { sort: [{ key: 'rank' }, { key: 'person.id' }] },
      ['k2', 'k4', 'k1', 'k3', 'k5'],
    ],
    [
      { sort: [{ key: 'rank', order: 'DESC' }, { key: 'person.id' }] },
      ['k3', 'k5', 'k1', 'k4', 'k2'],
    ],
  ])('of %j finds %j', async (query, keys) => {
    expect(await keysOf(query)).toEqual(keys);
  });

  it('gives one page after the other', async () => {
    const sort = [{ key: 'person.id' }];
    const page = async (limit: number, token?: string) => {
      const found = await find({
        sort,
        page: { limit, ...(token && { token }) },
      });
      return [found.results.map(({ key }) => key), found.token];
    };
    expect(await page(2)).toEqual([['k1', 'k2'], '2']);
    expect(await page(2, '2')).toEqual([['k3', 'k4'], '4']);
    expect(await page(2, '4')).toEqual([['k5'], '5']);
    expect(await page(2, '5')).toEqual([[], undefined]);
  });

  it.each<[object, string]>([
    [{ filter: { LIKE: { a: 1 } } }, 'unsupported filter "LIKE"'],
    [
      { filter: { EQ: { a: 1 }, NEQ: { a: 2 } } },
      'filter unit must have a single element',
    ],
    [
      { filter: { EQ: { a: 1, b: 2 } } },
      'EQ filter must contain a single key/value pair',
    ],
    [{ filter: { IN: { a: 1 } } }, 'IN filter value must be an array'],
    [{ filter: { OR: [] } }, 'OR filter must contain at least two entries'],
    [{ filter: { IN: { a: [] } } }, 'empty IN operator for key "a"'],
    [
      { page: { limit: 1, token: 'x' } },
      'strconv.ParseInt: parsing "x": invalid syntax',
    ],
  ])('refuses %j', async (query, message) => {
    const answer = await overHttp(query);
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_STATE_QUERY',
      reason: 'DAPR_STATE_QUERY_FAILED',
    });
    expect(messageOf(answer)).toMatch(/^state store store query failed: /);
    expect(messageOf(answer)).toContain(message);
    const status = await overGrpc(query);
    expect([status.code, status.message]).toEqual([13, messageOf(answer)]);
    expect(status.details).toEqual([
      {
        '@type': 'type.googleapis.com/google.rpc.ResourceInfo',
        resource_type: 'state',
        resource_name: 'store',
        owner: '',
        description: '',
      },
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        domain: 'dapr.io',
        reason: 'DAPR_STATE_QUERY_FAILED',
        metadata: {},
      },
    ]);
  });

  it('refuses what is no JSON', async () => {
    const answer = await overHttp('{x}');
    expect(messageOf(answer)).toMatch(
      /^state store store query failed: failed to parse JSON query body: /,
    );
  });

  it('looks into what was saved over gRPC only where that said that it is JSON', async () => {
    const value = Buffer.from('{"by":"gRPC"}');
    const states = [
      { key: 'bytes', value, metadata: {} },
      { key: 'json', value, metadata: { contentType: 'application/json' } },
    ];
    await grpcCall(sidecar, 'saveState', { storeName: 'store', states });
    const query = { filter: { EQ: { by: 'gRPC' } } };
    expect(await keysOf(query)).toEqual(['json']);
    const { results } = await find({});
    expect(results.find(({ key }) => key === 'bytes')?.data).toBe(
      value.toString('base64'),
    );
    expect((await store.get('bytes')).text).toBe('{"by":"gRPC"}');
    for (const { key } of states) await store.delete(key);
  });
});
