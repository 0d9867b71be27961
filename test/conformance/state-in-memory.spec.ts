import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component } from './components.js';
import { Store } from './store.js';
import { call, errorOf } from './wire.js';

// A path of one member, for Jest would read the dot as two.
const TTL_HEADER = ['metadata.ttlexpiretime'];

describe('the state store in memory', () => {
  let sidecar: Sidecar;
  const store = new Store(() => sidecar);

  beforeAll(async () => {
    sidecar = await startSidecar({
      appId: 'memory',
      resources: component('state.in-memory', 'store'),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
  });
  const conflict = { status: 409, errorCode: 'ERR_STATE_SAVE' };

  it('gives the members of objects back in alphabetical order, compact', async () => {
    await store.call(
      'POST',
      '',
      '[ { "key": "order", "value": { "b": 2, "a" : 1 } } ]',
    );
    expect((await store.get('order')).text).toBe('{"a":1,"b":2}');
  });

  it('refuses a stale etag even for last-write', async () => {
    await store.save({ key: 'stale', value: 1 });
    const etag = await store.etag('stale');
    await store.save({ key: 'stale', value: 2 });
    const options = { concurrency: 'last-write' };
    const answer = await store.save({ key: 'stale', value: 3, etag, options });
    expect(errorOf(answer)).toEqual(conflict);
  });

  it('escapes markup in what it gives back', async () => {
    await store.save({ key: 'markup', value: '<&>' });
    expect((await store.get('markup')).text).toBe('"\\u003c\\u0026\\u003e"');
  });

  it('loses digits of integers beyond 2^53', async () => {
    const body = '[{"key":"big","value":12345678901234567890}]';
    await store.call('POST', '', body);
    expect((await store.get('big')).text).toBe('12345678901234567000');
  });

  it('refuses an etag for an absent key', async () => {
    const answer = await store.save({ key: 'nothing', value: 1, etag: 'x' });
    expect(errorOf(answer)).toEqual(conflict);
    expect(errorOf(await store.delete('nothing', 'x'))).toEqual({
      status: 409,
      errorCode: 'ERR_STATE_DELETE',
    });
  });

  it('takes an empty etag for none', async () => {
    const answer = await store.save({ key: 'no-etag', value: 1, etag: '' });
    expect(answer.status).toBe(204);
  });

  it('saves by first-write only what is not there', async () => {
    const item = {
      key: 'once',
      value: 1,
      options: { concurrency: 'first-write' },
    };
    expect((await store.save(item)).status).toBe(204);
    expect(errorOf(await store.save(item))).toEqual(conflict);
  });

  it('saves the other items of a list when one has a stale etag', async () => {
    await store.save({ key: 'list', value: 0 });
    const answer = await store.save(
      { key: 'list-1', value: 1 },
      { key: 'list', value: 2, etag: 'stale' },
      { key: 'list-3', value: 3 },
    );
    expect(errorOf(answer)).toEqual(conflict);
    expect((await store.get('list-1')).text).toBe('1');
    expect((await store.get('list')).text).toBe('0');
    expect((await store.get('list-3')).text).toBe('3');
  });

  it('tells when a value expires', async () => {
    await store.save({
      key: 'ttl',
      value: 1,
      metadata: { ttlInSeconds: '100' },
    });
    const { headers } = await store.get('ttl');
    const expires = headers['metadata.ttlexpiretime'] as string;
    expect(expires).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const left = Date.parse(expires) - Date.now();
    expect(left).toBeGreaterThan(60_000);
    expect(left).toBeLessThan(140_000);
    const bulk = await store.call('POST', '/bulk', { keys: ['ttl'] });
    expect(bulk.json).toMatchObject([{ metadata: { ttlExpireTime: expires } }]);
  });

  it.each(['0', '-1'])(
    'keeps a value for good, also one that had an end, with ttlInSeconds %s',
    async (ttlInSeconds) => {
      await store.save({
        key: 'good',
        value: 1,
        metadata: { ttlInSeconds: '100' },
      });
      await store.save({ key: 'good', value: 2, metadata: { ttlInSeconds } });
      const answer = await store.get('good');
      expect(answer.text).toBe('2');
      expect(answer.headers).not.toHaveProperty(TTL_HEADER);
    },
  );

  it('refuses a ttlInSeconds that is no number', async () => {
    const metadata = { ttlInSeconds: 'abc' };
    const answer = await store.save({ key: 'ttl-bad', value: 1, metadata });
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_STATE_SAVE',
    });
  });

  it('does nothing of a transaction with a stale etag', async () => {
    await store.save({ key: 'held', value: 1 });
    const answer = await store.transact([
      { operation: 'upsert', request: { key: 'fresh', value: 1 } },
      {
        operation: 'upsert',
        request: { key: 'held', value: 2, etag: 'stale' },
      },
      { operation: 'delete', request: { key: 'held' } },
    ]);
    expect(answer.status).toBe(500);
    expect((await store.get('fresh')).status).toBe(204);
    expect((await store.get('held')).text).toBe('1');
  });

  it('takes the metadata of a transaction from its operations and the query, not from its body', async () => {
    const upsert = (key: string) => ({
      operation: 'upsert',
      request: { key, value: 1 },
    });
    await store.transact([upsert('by-body')], {
      metadata: { ttlInSeconds: '100' },
    });
    expect((await store.get('by-body')).headers).not.toHaveProperty(TTL_HEADER);
    await store.transact([
      {
        operation: 'upsert',
        request: {
          key: 'by-item',
          value: 1,
          metadata: { ttlInSeconds: '100' },
        },
      },
    ]);
    expect((await store.get('by-item')).headers).toHaveProperty(TTL_HEADER);
    await store.call('POST', '/transaction?metadata.ttlInSeconds=100', {
      operations: [upsert('by-query')],
    });
    expect((await store.get('by-query')).headers).toHaveProperty(TTL_HEADER);
  });

  it('does not answer queries', async () => {
    const path = '/v1.0-alpha1/state/store/query';
    expect(errorOf(await call(sidecar, 'POST', path, { filter: {} }))).toEqual({
      status: 500,
      errorCode: 'ERR_STATE_STORE_NOT_SUPPORTED',
      reason: 'DAPR_STATE_QUERYING_NOT_SUPPORTED',
    });
  });
});
