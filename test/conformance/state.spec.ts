import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { backings, startBacking, type Backing } from '../support/backing.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { until } from '../support/until.js';
import { Store } from './store.js';
import { errorOf, messageOf } from './wire.js';

describe.each(backings)('a state store on %s', (backingName) => {
  let backing: Backing;
  let sidecar: Sidecar;
  const store = new Store(() => sidecar);

  beforeAll(async () => {
    backing = await startBacking(backingName);
    sidecar = await startSidecar({
      appId: 'states',
      resources: backing.component('state', 'store'),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await backing?.stop();
  });

  it('answers 204 for an absent key', async () => {
    const answer = await store.get('absent');
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
    expect(answer.headers).not.toHaveProperty('etag');
  });

  it.each<[string, unknown]>([
    ['an object', { a: { b: [1, 'x'] } }],
    ['an array', []],
    ['a string', 'str'],
    ['an empty string', ''],
    ['a string of digits', '123'],
    ['0', 0],
    ['a fraction', 1.5],
    ['false', false],
    ['null', null],
    ['letters beyond ASCII', 'grüße 🎉'],
  ])('gives %s back as it was saved', async (what, value) => {
    const key = encodeURIComponent(what);
    expect((await store.save({ key: what, value })).status).toBe(204);
    const answer = await store.get(key);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers.etag).toEqual(expect.any(String));
    expect(answer.json).toEqual(value);
  });

  it('keeps null where the value is missing', async () => {
    await store.save({ key: 'missing' });
    expect((await store.get('missing')).text).toBe('null');
  });

  it('saves several items, by PUT too', async () => {
    const items = [
      { key: 'first', value: 1 },
      { key: 'second', value: 2 },
    ];
    const answer = await store.call('PUT', '', items);
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
    expect((await store.get('first')).text).toBe('1');
    expect((await store.get('second')).text).toBe('2');
  });

  it('saves nothing where the list is empty', async () => {
    expect((await store.save()).status).toBe(204);
  });

  it('gives each write another etag', async () => {
    await store.save({ key: 'tag', value: 1 });
    const first = await store.etag('tag');
    await store.save({ key: 'tag', value: 1 });
    expect(await store.etag('tag')).not.toBe(first);
  });

  it('saves over the value whose etag is given', async () => {
    await store.save({ key: 'fresh', value: 1 });
    const etag = await store.etag('fresh');
    expect((await store.save({ key: 'fresh', value: 2, etag })).status).toBe(
      204,
    );
    expect((await store.get('fresh')).text).toBe('2');
  });

  it.each(['first-write', undefined])(
    'refuses a stale etag (%s)',
    async (concurrency) => {
      await store.save({ key: 'stale', value: 1 });
      const etag = await store.etag('stale');
      await store.save({ key: 'stale', value: 2 });
      const answer = await store.save({
        key: 'stale',
        value: 3,
        etag,
        ...(concurrency && { options: { concurrency } }),
      });
      expect(errorOf(answer)).toEqual({
        status: 409,
        errorCode: 'ERR_STATE_SAVE',
      });
      expect(messageOf(answer)).toMatch(
        /^failed saving state in state store store: possible etag mismatch\. /,
      );
      expect((await store.get('stale')).text).toBe('2');
    },
  );

  it('takes options of consistency and last-write', async () => {
    const options = { consistency: 'strong', concurrency: 'last-write' };
    expect((await store.save({ key: 'o', value: 1, options })).status).toBe(
      204,
    );
    const answer = await store.get('o?consistency=strong');
    expect(answer.text).toBe('1');
  });

  it.each<object>([{ concurrency: 'bogus' }, { consistency: 'bogus' }])(
    'refuses options that it does not know (%j)',
    async (options) => {
      const answer = await store.save({ key: 'o', value: 1, options });
      expect(errorOf(answer)).toEqual({
        status: 500,
        errorCode: 'ERR_STATE_SAVE',
      });
    },
  );

  it('deletes, and deletes what is absent', async () => {
    await store.save({ key: 'old', value: 1 });
    expect((await store.delete('old')).status).toBe(204);
    expect((await store.get('old')).status).toBe(204);
    expect((await store.delete('old')).status).toBe(204);
  });

  it('deletes by etag, unless it is stale', async () => {
    await store.save({ key: 'match', value: 1 });
    const etag = await store.etag('match');
    await store.save({ key: 'match', value: 2 });
    const answer = await store.delete('match', etag);
    expect(errorOf(answer)).toEqual({
      status: 409,
      errorCode: 'ERR_STATE_DELETE',
    });
    expect((await store.get('match')).text).toBe('2');
    const fresh = await store.etag('match');
    expect((await store.delete('match', fresh)).status).toBe(204);
    expect((await store.get('match')).status).toBe(204);
  });

  it('forgets a value after its time to live, that of the query before that of the item', async () => {
    const item = (
      key: string,
      ttlInSeconds: string,
    ): Record<string, unknown> => ({
      key,
      value: 1,
      metadata: { ttlInSeconds },
    });
    // A second may have passed before they are read.
    await until(async () => {
      await store.save(item('short', '1'));
      return (await store.get('short')).status === 200;
    });
    await until(async () => {
      await store.call('POST', '?metadata.ttlInSeconds=1', [
        item('asked', '100'),
      ]);
      return (await store.get('asked')).status === 200;
    });
    await store.gone('short');
    await store.gone('asked');
  });

  it('reads several keys at once, absent ones too', async () => {
    await store.save(
      { key: 'b1', value: { x: 1 } },
      { key: 'b2', value: 'two' },
    );
    const answer = await store.call('POST', '/bulk', {
      keys: ['b1', 'none', 'b2'],
      parallelism: 2,
    });
    expect(answer.status).toBe(200);
    expect(answer.text.endsWith('\n')).toBe(true);
    expect(answer.json).toHaveLength(3);
    expect(answer.json).toEqual(
      expect.arrayContaining([
        { key: 'b1', data: { x: 1 }, etag: await store.etag('b1') },
        { key: 'b2', data: 'two', etag: await store.etag('b2') },
        { key: 'none' },
      ]),
    );
  });

  it('reads no keys at once', async () => {
    const answer = await store.call('POST', '/bulk', { keys: [] });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual([]);
  });

  it('writes and deletes in one transaction', async () => {
    await store.save({ key: 'tx-old', value: 1 });
    const answer = await store.transact([
      { operation: 'upsert', request: { key: 'tx-new', value: { a: 1 } } },
      { operation: 'delete', request: { key: 'tx-old' } },
    ]);
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
    expect((await store.get('tx-new')).json).toEqual({ a: 1 });
    expect((await store.get('tx-old')).status).toBe(204);
  });

  it('answers an empty transaction 204', async () => {
    expect((await store.transact([])).status).toBe(204);
  });

  it('refuses an operation that it does not know', async () => {
    const answer = await store.transact([
      { operation: 'merge', request: { key: 'k' } },
    ]);
    expect(errorOf(answer)).toMatchObject({
      status: 400,
      errorCode: 'ERR_NOT_SUPPORTED_STATE_OPERATION',
    });
  });

  it('answers a transaction with a stale etag 500', async () => {
    await store.save({ key: 'tx', value: 1 });
    const etag = await store.etag('tx');
    await store.save({ key: 'tx', value: 2 });
    const answer = await store.transact([
      { operation: 'upsert', request: { key: 'tx', value: 3, etag } },
    ]);
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_STATE_TRANSACTION',
    });
    expect((await store.get('tx')).text).toBe('2');
  });

  it('takes keys of any letters, encoded in the path', async () => {
    const key = 'a/b c+d?#%ü';
    await store.save({ key, value: 'odd' });
    expect((await store.get(encodeURIComponent(key))).text).toBe('"odd"');
    expect((await store.delete(encodeURIComponent(key))).status).toBe(204);
    expect((await store.get(encodeURIComponent(key))).status).toBe(204);
  });

  it('reads a plus sign in the path as a space', async () => {
    await store.save({ key: 'a b', value: 'space' });
    expect((await store.get('a+b')).text).toBe('"space"');
  });

  it('has no keys with a raw slash', async () => {
    expect(errorOf(await store.get('a/b'))).toEqual({
      status: 404,
      errorCode: 'ERR_DIRECT_INVOKE',
    });
  });

  it('refuses a key with ||', async () => {
    const expected = {
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
      reason: 'DAPR_STATE_ILLEGAL_KEY',
    };
    expect(errorOf(await store.get('a%7C%7Cb'))).toEqual(expected);
    expect(errorOf(await store.save({ key: 'a||b', value: 1 }))).toEqual(
      expected,
    );
    expect(errorOf(await store.delete('a%7C%7Cb'))).toEqual(expected);
  });

  it('does not name the key with || that a transaction holds', async () => {
    const request = { key: 'a||b', value: 1 };
    const answer = await store.transact([{ operation: 'upsert', request }]);
    expect(answer.status).toBe(400);
    const { details } = answer.json as { details: object[] };
    expect(details).toContainEqual({
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      field_violations: [{ description: messageOf(answer) }],
    });
  });

  it.each<[string, string, string, string]>([
    ['', '[{"key":"k","value":[1e400]}]', '1e400', 'SetRequest.value'],
    [
      '/transaction',
      '{"operations":[{"operation":"upsert","request":{"key":"k","value":-1E+999}}]}',
      '-1E+999',
      'stateTransactionRequestBodyOperation.operations.request',
    ],
  ])(
    'refuses a number that is too large: %s %s',
    async (path, body, number, field) => {
      const answer = await store.call('POST', path, body);
      expect(errorOf(answer)).toEqual({
        status: 400,
        errorCode: 'ERR_MALFORMED_REQUEST',
      });
      expect(messageOf(answer)).toContain(
        `json: cannot unmarshal number ${number} into Go struct field ${field} of type float64`,
      );
    },
  );

  it('keeps the text of a large number, and a tiny number as 0', async () => {
    const body =
      '[{"key":"text","value":"1e400"},{"key":"tiny","value":1e-400}]';
    expect((await store.call('POST', '', body)).status).toBe(204);
    expect((await store.get('text')).text).toBe('"1e400"');
    expect((await store.get('tiny')).text).toBe('0');
  });

  it('replaces halves of surrogate pairs, in keys too', async () => {
    const body = String.raw`[{"key":"half\ud800","value":{"\udc00":"\ud83d\ude00","x":"a\ud83db"}}]`;
    expect((await store.call('POST', '', body)).status).toBe(204);
    const { json } = await store.get('half%EF%BF%BD');
    expect(json).toEqual({ x: 'a\ufffdb', '\ufffd': '\u{1f600}' });
  });

  it('escapes keys in what it reads at once', async () => {
    const answer = await store.call('POST', '/bulk', { keys: ['<a>&'] });
    expect(answer.text).toBe('[{"key":"\\u003ca\\u003e\\u0026"}]\n');
  });

  it.each<[string, string]>([
    ['an item with an empty key', '[{"key":"","value":1}]'],
    ['an item without a key', '[{"value":1}]'],
  ])('refuses %s', async (_what, body) => {
    const answer = await store.call('POST', '', body);
    expect(errorOf(answer)).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    });
    expect(messageOf(answer)).toBe('"key" is a required field');
  });

  it.each<[string, string]>([
    ['an object', '{}'],
    ['nothing', ''],
    ['no JSON', '[x'],
    [
      'metadata that is no text',
      '[{"key":"k","value":1,"metadata":{"ttlInSeconds":5}}]',
    ],
  ])('refuses to save %s', async (_what, body) => {
    expect(errorOf(await store.call('POST', '', body))).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    });
  });

  it.each(['/bulk', '/transaction'])(
    'refuses a body of %s that is not JSON',
    async (path) => {
      expect(errorOf(await store.call('POST', path, 'x'))).toEqual({
        status: 400,
        errorCode: 'ERR_MALFORMED_REQUEST',
      });
    },
  );
});
