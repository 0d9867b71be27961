import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StateItem } from '../../lib/protocol/proto/generated/common.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component } from './components.js';
import { grpcCall, type GrpcAnswer } from './grpc-wire.js';
import { Store } from './store.js';

const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo';
const RESOURCE_INFO = 'type.googleapis.com/google.rpc.ResourceInfo';

const errorInfo = (reason: string): object => ({
  '@type': ERROR_INFO,
  domain: 'dapr.io',
  reason,
  metadata: {},
});
const resourceInfo = {
  '@type': RESOURCE_INFO,
  resource_type: 'state',
  resource_name: 'store',
  owner: '',
  description: '',
};

const item = (
  key: string,
  value: string | Buffer = '',
  more: Partial<StateItem> = {},
): StateItem => ({
  key,
  value: Buffer.from(value as string),
  metadata: {},
  ...more,
});
const FIRST_WRITE = { options: { concurrency: 1, consistency: 0 } } as const;

/** What a failed call answers. */
const failed = ({ code, message, details }: GrpcAnswer<unknown>): object => ({
  code,
  message,
  details,
});

describe('the state API over gRPC', () => {
  let sidecar: Sidecar;
  const http = new Store(() => sidecar);
  const storeName = 'store';

  beforeAll(async () => {
    sidecar = await startSidecar({
      appId: 'states',
      resources: component('state.in-memory', 'store'),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
  });

  const save = (...states: StateItem[]) =>
    grpcCall(sidecar, 'saveState', { storeName, states });
  const get = (key: string) =>
    grpcCall(sidecar, 'getState', {
      storeName,
      key,
      consistency: 0,
      metadata: {},
    });
  const read = async (key: string): Promise<string | undefined> =>
    (await get(key)).response?.data.toString();
  const etag = async (key: string): Promise<string> =>
    (await get(key)).response?.etag ?? '';
  const bulkGet = (...keys: string[]) =>
    grpcCall(sidecar, 'getBulkState', {
      storeName,
      keys,
      parallelism: 2,
      metadata: {},
    });
  const remove = (key: string, tag?: string) =>
    grpcCall(sidecar, 'deleteState', {
      storeName,
      key,
      metadata: {},
      ...(tag && { etag: { value: tag } }),
    });
  const removeAll = (...states: StateItem[]) =>
    grpcCall(sidecar, 'deleteBulkState', { storeName, states });
  const transact = (...operations: [string, StateItem][]) =>
    grpcCall(sidecar, 'executeStateTransaction', {
      storeName,
      operations: operations.map(([operationType, request]) => ({
        operationType,
        request,
      })),
      metadata: {},
    });

  it('answers what is empty for an absent key, and for an empty one', async () => {
    const nothing = { data: Buffer.alloc(0), etag: '', metadata: {} };
    expect((await get('absent')).response).toEqual(nothing);
    expect((await get('')).response).toEqual(nothing);
  });

  it.each([
    ['JSON in its own order', Buffer.from('{ "b":1, "a":"<&>" }')],
    ['text', Buffer.from('not json')],
    ['bytes that are no text', Buffer.from([1, 255, 0])],
    ['a large integer', Buffer.from('12345678901234567890')],
  ])('keeps %s byte for byte', async (key, bytes) => {
    expect((await save(item(key, bytes))).code).toBe(0);
    const { response } = await get(key);
    expect(response?.data).toEqual(bytes);
    expect(response?.etag).toEqual(expect.any(String));
  });

  it('encodes anew what says that it is JSON, but not in a transaction', async () => {
    const metadata = { contentType: 'application/json' };
    const text = '{"b":1, "a":"<"}';
    expect((await save(item('json', text, { metadata }))).code).toBe(0);
    expect(await read('json')).toBe('{"a":"\\u003c","b":1}');
    await transact(['upsert', item('json', text, { metadata })]);
    expect(await read('json')).toBe(text);
  });

  it('refuses what says that it is JSON, and is not', async () => {
    const metadata = { contentType: 'application/json' };
    const answer = await save(item('json', '{x', { metadata }));
    expect(answer.code).toBe(2);
    expect(answer.details).toEqual([]);
  });

  it('takes no key that is empty', async () => {
    expect(failed(await save(item('first', '1'), item('', '1')))).toEqual({
      code: 3,
      message: 'state key cannot be empty',
      details: [errorInfo('ERR_STATE_SAVE')],
    });
    expect(await read('first')).toBe('');
  });

  it('takes no key with ||', async () => {
    const message = "input key/keyPrefix 'a||b' can't contain '||'";
    const refused = {
      code: 3,
      message,
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          field_violations: [
            expect.objectContaining({ field: 'a||b', description: message }),
          ],
        },
        resourceInfo,
        errorInfo('DAPR_STATE_ILLEGAL_KEY'),
      ],
    };
    const odd = item('a||b', '1');
    expect(failed(await get('a||b'))).toEqual(refused);
    expect(failed(await bulkGet('a', 'a||b'))).toEqual(refused);
    expect(failed(await save(odd))).toEqual(refused);
    expect(failed(await remove('a||b'))).toEqual(refused);
    expect(failed(await removeAll(odd))).toEqual(refused);
    expect(failed(await transact(['upsert', odd]))).toEqual(refused);
  });

  it('writes over the value whose etag is given, and no other', async () => {
    await save(item('tag', '1'));
    const first = { etag: { value: await etag('tag') } };
    expect((await save(item('tag', '2', first))).code).toBe(0);
    const now = await etag('tag');
    const reason = `possible etag mismatch. error from state store: state etag not match for key=states||tag: current=${now}, expect=${first.etag.value}`;
    expect(failed(await save(item('tag', '3', first)))).toEqual({
      code: 10,
      message: `failed saving state in state store store: ${reason}`,
      details: [errorInfo('ERR_STATE_SAVE')],
    });
    expect(failed(await remove('tag', first.etag.value))).toEqual({
      code: 10,
      message: `failed deleting state with key tag: ${reason}`,
      details: [errorInfo('ERR_STATE_DELETE')],
    });
    expect(failed(await removeAll(item('tag', '', first)))).toEqual({
      code: 10,
      message: `failed deleting state in state store store: ${reason}`,
      details: [errorInfo('ERR_STATE_BULK_DELETE')],
    });
    expect(
      failed(
        await transact(
          ['upsert', item('other', '1')],
          ['upsert', item('tag', '3', first)],
        ),
      ),
    ).toEqual({
      code: 13,
      message: `error while executing state transaction: ${reason}`,
      details: [errorInfo('ERR_STATE_TRANSACTION')],
    });
    expect(await read('other')).toBe('');
    expect((await remove('tag', now)).code).toBe(0);
    expect(await read('tag')).toBe('');
  });

  it('takes an empty etag for none', async () => {
    await save(item('no tag', '1'));
    const none = { etag: { value: '' } };
    expect((await save(item('no tag', '2', none))).code).toBe(0);
  });

  it('writes first what is not there, and nothing else', async () => {
    expect((await save(item('once', '1', FIRST_WRITE))).code).toBe(0);
    const again = await save(item('once', '2', FIRST_WRITE));
    expect(again.code).toBe(10);
    expect(again.message).toMatch(
      /item already exists and no etag was passed$/,
    );
  });

  it('saves the other items of a list when one has a stale etag', async () => {
    const stale = { etag: { value: 'stale' } };
    const answer = await save(
      item('l1', '1'),
      item('l2', '2', stale),
      item('l3', '3'),
    );
    expect(answer.code).toBe(10);
    expect(answer.message).toMatch(
      /^failed saving state in state store store: possible etag mismatch\. error from state store: possible etag mismatch\./,
    );
    expect([await read('l1'), await read('l2'), await read('l3')]).toEqual([
      '1',
      '',
      '3',
    ]);
  });

  it('saves and deletes nothing where the list is empty', async () => {
    expect((await save()).code).toBe(0);
    expect((await removeAll()).code).toBe(0);
    expect((await transact()).code).toBe(0);
    expect((await bulkGet()).response).toEqual({ items: [] });
  });

  it('reads several keys at once, absent ones too', async () => {
    await save(item('b1', '1'), item('b2', 'two'));
    const { response } = await bulkGet('b1', 'none', 'b2');
    const nothing = {
      data: Buffer.alloc(0),
      etag: '',
      error: '',
      metadata: {},
    };
    expect(response?.items).toEqual([
      { ...nothing, key: 'b1', data: Buffer.from('1'), etag: await etag('b1') },
      { ...nothing, key: 'none' },
      {
        ...nothing,
        key: 'b2',
        data: Buffer.from('two'),
        etag: await etag('b2'),
      },
    ]);
  });

  it('deletes several keys at once, absent ones too', async () => {
    await save(item('d1', '1'), item('d2', '2'));
    expect((await removeAll(item('d1'), item('none'), item('d2'))).code).toBe(
      0,
    );
    expect([await read('d1'), await read('d2')]).toEqual(['', '']);
  });

  it('tells when a value is forgotten', async () => {
    const metadata = { ttlInSeconds: '100' };
    await save(item('ttl', '1', { metadata }));
    const time = { ttlExpireTime: expect.stringMatching(/^20.*Z$/) };
    expect((await get('ttl')).response?.metadata).toEqual(time);
    const { response } = await bulkGet('ttl');
    expect(response?.items[0]?.metadata).toEqual(time);
  });

  it('refuses a time to live that is no number', async () => {
    const metadata = { ttlInSeconds: 'abc' };
    expect(failed(await save(item('ttlx', '1', { metadata })))).toEqual({
      code: 13,
      message:
        'failed saving state in state store store: strconv.Atoi: parsing "abc": invalid syntax',
      details: [errorInfo('ERR_STATE_SAVE')],
    });
  });

  it('writes and deletes in one transaction', async () => {
    await save(item('old', '1'));
    const answer = await transact(
      ['upsert', item('new', '{"a" : 1}')],
      ['delete', item('old')],
    );
    expect(answer.code).toBe(0);
    expect([await read('new'), await read('old')]).toEqual(['{"a" : 1}', '']);
  });

  it('refuses an operation that it does not know', async () => {
    expect(failed(await transact(['merge', item('k', '1')]))).toEqual({
      code: 12,
      message: 'operation type merge not supported',
      details: [errorInfo('ERR_NOT_SUPPORTED_STATE_OPERATION')],
    });
  });

  it('refuses a query of a store that answers none', async () => {
    const answer = await grpcCall(sidecar, 'queryStateAlpha1', {
      storeName,
      query: '{}',
      metadata: {},
    });
    expect(failed(answer)).toEqual({
      code: 13,
      message: 'state store does not support querying',
      details: [resourceInfo, errorInfo('DAPR_STATE_QUERYING_NOT_SUPPORTED')],
    });
  });

  it('shows its values over HTTP: JSON as it is alone, compact among others, and what is none as text', async () => {
    await save(item('spaced', '{ "b" : "<" }'), item('no json', 'not json'));
    expect((await http.get('spaced')).text).toBe('{ "b" : "<" }');
    const { text } = await http.call('POST', '/bulk', { keys: ['spaced'] });
    expect(text).toContain('"data":{"b":"\\u003c"}');
    expect((await http.get('no%20json')).text).toBe('not json');
    const many = await http.call('POST', '/bulk', { keys: ['no json'] });
    expect([many.status, many.text]).toEqual([200, '']);
  });

  it('tells a value without bytes from none by its etag, which HTTP does only among others', async () => {
    await save(item('empty'));
    expect(await etag('empty')).not.toBe('');
    expect((await http.get('empty')).status).toBe(204);
    const { json } = await http.call('POST', '/bulk', { keys: ['empty'] });
    expect(json).toEqual([{ key: 'empty', etag: await etag('empty') }]);
  });

  it('reads what was saved over HTTP', async () => {
    await http.save({ key: 'by http', value: { b: '<', a: 1 } });
    expect(await read('by http')).toBe('{"a":1,"b":"\\u003c"}');
  });
});

describe('a state store that is not there, over gRPC', () => {
  const call = (sidecar: Sidecar): Promise<GrpcAnswer<unknown>[]> => {
    const storeName = 'nope';
    const metadata = {};
    const get = { storeName, key: 'k', consistency: 0, metadata } as const;
    return Promise.all([
      grpcCall(sidecar, 'getState', get),
      grpcCall(sidecar, 'getBulkState', {
        storeName,
        keys: [],
        parallelism: 0,
        metadata,
      }),
      grpcCall(sidecar, 'saveState', { storeName, states: [] }),
      grpcCall(sidecar, 'deleteState', { storeName, key: 'k', metadata }),
      grpcCall(sidecar, 'deleteBulkState', { storeName, states: [] }),
      grpcCall(sidecar, 'executeStateTransaction', {
        storeName,
        operations: [],
        metadata,
      }),
      grpcCall(sidecar, 'queryStateAlpha1', {
        storeName,
        query: '{}',
        metadata,
      }),
    ]);
  };

  it.each([
    ['beside another', 3, 'is not found', 'DAPR_STATE_NOT_FOUND'],
    ['among none', 9, 'is not configured', 'DAPR_STATE_NOT_CONFIGURED'],
  ])('%s, is refused by every call', async (where, code, what, reason) => {
    const isAlone = where === 'among none';
    const sidecar = await startSidecar(
      isAlone ? {} : { resources: component('state.in-memory', 'store') },
    );
    try {
      const answers = await call(sidecar);
      expect(answers.map(failed)).toEqual(
        answers.map(() => ({
          code,
          message: `state store nope ${what}`,
          details: [errorInfo(reason)],
        })),
      );
    } finally {
      await sidecar.stop();
    }
  });
});
