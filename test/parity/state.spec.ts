import { describe, expect, it } from '@jest/globals';
import {
  CommunicationProtocolEnum,
  DaprBadRequestError,
  DaprNotFoundError,
  EtagMismatchError,
  StateConcurrencyEnum,
  StateConsistencyEnum,
  type DaprClient,
  type StateOptions,
} from '../../lib/index.js';
import { component, resources } from '../conformance/components.js';
import { grpcCall } from '../conformance/grpc-wire.js';
import { sidecarKind } from '../support/sidecar.js';
import { until } from '../support/until.js';
import { describeParity } from './parity.js';

describeParity(
  'state',
  { resources: (backing) => backing.component('state', 'store') },
  (run) => {
    const saved = async (key: string, value: unknown): Promise<unknown> => {
      await run.client.state.save('store', [{ key, value }]);
      return run.client.state.get('store', key);
    };
    const etagOf = async (key: string): Promise<string> => {
      const { etag } = await run.client.state.getWithEtag('store', key);
      expect(etag).toEqual(expect.any(String));
      return etag as string;
    };
    /** The etag of a value that has been written over since. */
    const staleEtag = async (key: string): Promise<string> => {
      await run.client.state.save('store', [{ key, value: 1 }]);
      const etag = await etagOf(key);
      await run.client.state.save('store', [{ key, value: 2 }]);
      return etag;
    };
    const mismatch = {
      name: 'EtagMismatchError',
      message: expect.stringContaining('Read the value and its etag again'),
    };

    it('gives back undefined where nothing is stored', async () => {
      const { state } = run.client;
      expect(await state.get('store', 'nothing')).toBeUndefined();
      expect(await state.getWithEtag('store', 'nothing')).toEqual({
        value: undefined,
        etag: undefined,
      });
    });

    it.each([
      ['123'],
      ['true'],
      ['null'],
      ['{"a":1}'],
      ['"'],
      [''],
      [0],
      [-1.5],
      [false],
      [null],
      [[]],
      [{ a: [1, { b: 'x' }], c: null }],
      ['<grüße> & 🎉\u2028'],
      [Number.MAX_SAFE_INTEGER],
    ])('keeps the type of %j [C5] [C11]', async (value) => {
      expect(await saved('typed', value)).toStrictEqual(value);
    });

    it('reads what was saved over the other protocol [C11]', async () => {
      const other = run.connect({
        communicationProtocol:
          run.protocol === 'HTTP'
            ? CommunicationProtocolEnum.GRPC
            : CommunicationProtocolEnum.HTTP,
      });
      const value = { text: '123', list: [0, null, 'ü<>'], deep: { a: 1 } };
      await other.state.save('store', [{ key: 'other', value }]);
      const read = await run.client.state.getWithEtag('store', 'other');
      expect(read.value).toStrictEqual(value);
      await run.client.state.save('store', [
        { key: 'other', value: '123', etag: read.etag as string },
      ]);
      expect(await other.state.get('store', 'other')).toBe('123');
      await other.state.delete('store', 'other');
      expect(await run.client.state.get('store', 'other')).toBeUndefined();
    });

    it('saves class instances, dates and maps as JSON [C1]', async () => {
      class Line {
        readonly bought = new Date(0);
        constructor(readonly sku: string) {}
      }
      const lines = new Map([['a', new Line('book')]]);
      expect(await saved('cart', { lines })).toEqual({
        lines: { a: { bought: '1970-01-01T00:00:00.000Z', sku: 'book' } },
      });
    });

    it('saves bytes as base64, of a view exactly its own [C2]', async () => {
      const view = Buffer.from('a whole lot').subarray(2, 7);
      expect(await saved('bytes', view)).toBe(view.toString('base64'));
    });

    it('saves a value that is undefined as null', async () => {
      expect(await saved('undefined', undefined)).toBeNull();
    });

    it('refuses what JSON can not carry', async () => {
      const failed = saved('k', { big: 2n ** 64n });
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toThrow(/state\.save "store" key "k".*big/);
    });

    it.each([
      'a/b',
      'a?b',
      'a#b',
      '100%',
      'a+b',
      'a b',
      'ключ 😀',
      '..',
      '%2F',
    ])('finds the key %j again [C4]', async (key) => {
      expect(await saved(key, key)).toBe(key);
      const [item] = await run.client.state.getBulk('store', [key]);
      expect(item).toMatchObject({ key, data: key });
      await run.client.state.delete('store', key);
      expect(await run.client.state.get('store', key)).toBeUndefined();
    });

    it.each([
      ['', 'the key is empty'],
      ['\ud800', 'the key is no valid Unicode text'],
    ])('refuses the key %j itself', async (key, words) => {
      const { state } = run.client;
      const request = { key };
      for (const call of [
        () => state.get('store', key),
        () => state.save('store', [{ key, value: 1 }]),
        () => state.delete('store', key),
        () => state.transaction('store', [{ operation: 'delete', request }]),
      ]) {
        const failed = call();
        await expect(failed).rejects.toThrow(DaprBadRequestError);
        await expect(failed).rejects.toThrow(words);
      }
    });

    it('rejects a key that Dapr does not take [C3]', async () => {
      const failed = run.client.state.get('store', 'a||b');
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toMatchObject({
        status: 400,
        errorCode: 'ERR_MALFORMED_REQUEST',
        message: expect.stringContaining("'a||b' can't contain '||'"),
      });
    });

    it('names a store that is not there, and what to check [C3]', async () => {
      const { state } = run.client;
      const calls: readonly [string, () => Promise<unknown>][] = [
        ['get', () => state.get('nope', 'key')],
        ['getBulk', () => state.getBulk('nope', ['key'])],
        ['save', () => state.save('nope', [{ key: 'key', value: 1 }])],
        ['delete', () => state.delete('nope', 'key')],
        ['transaction', () => state.transaction('nope')],
        ['query', () => state.query('nope', {})],
      ];
      for (const [name, call] of calls) {
        const failed = call();
        await expect(failed).rejects.toThrow(DaprNotFoundError);
        await expect(failed).rejects.toMatchObject({
          errorCode: 'ERR_STATE_STORE_NOT_FOUND',
          status: 400,
          details: [{ reason: 'DAPR_STATE_NOT_FOUND' }],
          operation: expect.stringContaining(`state.${name} "nope"`),
        });
        await expect(failed).rejects.toThrow(/"nope".*resources/);
      }
    });

    it('saves several values at once, and nothing of an empty list', async () => {
      const { state } = run.client;
      await state.save('store', [
        { key: 'm1', value: 1 },
        { key: 'm2', value: { two: 2 } },
      ]);
      const { error } = await state.save('store', []);
      expect(error).toBeUndefined();
      expect(await state.get('store', 'm1')).toBe(1);
      expect(await state.get('store', 'm2')).toEqual({ two: 2 });
    });

    it('reads several keys at once, absent ones too', async () => {
      const { state } = run.client;
      await state.save('store', [
        { key: 'b1', value: { x: 1 } },
        { key: 'b2', value: '2' },
      ]);
      const keys = ['b1', 'none', 'b2'];
      const items = await state.getBulk('store', keys, { parallelism: 1 });
      expect(items).toEqual([
        { key: 'b1', data: { x: 1 }, etag: await etagOf('b1') },
        { key: 'none' },
        { key: 'b2', data: '2', etag: await etagOf('b2') },
      ]);
      expect(await state.getBulk('store', [])).toEqual([]);
    });

    it('reads what is no JSON, as other gRPC callers may store it', async () => {
      const { state } = run.client;
      await grpcCall(run.sidecar, 'saveState', {
        storeName: 'store',
        states: [
          { key: 'text', value: Buffer.from('not json'), metadata: {} },
          { key: 'raw', value: Buffer.from([1, 255]), metadata: {} },
        ],
      });
      expect(await state.get('store', 'text')).toBe('not json');
      expect(await state.get('store', 'raw')).toEqual(Buffer.from([1, 255]));
      const bulk = state.getBulk('store', ['text', 'raw']);
      if (run.protocol === 'gRPC')
        expect(await bulk).toMatchObject([
          { key: 'text', data: 'not json' },
          { key: 'raw', data: Buffer.from([1, 255]) },
        ]);
      else await expect(bulk).rejects.toThrow(/Read the keys one by one/);
    });

    it('writes over the value whose etag is given, and no other [C10]', async () => {
      const { state } = run.client;
      const etag = await staleEtag('tag');
      const stale = state.save('store', [{ key: 'tag', value: 3, etag }]);
      await expect(stale).rejects.toThrow(EtagMismatchError);
      await expect(stale).rejects.toMatchObject({
        ...mismatch,
        status: 409,
        errorCode: 'ERR_STATE_SAVE',
        operation: 'state.save "store" key "tag"',
      });
      const fresh = await etagOf('tag');
      await state.save('store', [{ key: 'tag', value: 4, etag: fresh }]);
      expect(await state.get('store', 'tag')).toBe(4);
    });

    it('saves the other values of a list when one etag is stale [C10]', async () => {
      const { state } = run.client;
      const etag = await staleEtag('l2');
      const failed = state.save('store', [
        { key: 'l1', value: 1 },
        { key: 'l2', value: 9, etag },
        { key: 'l3', value: 3 },
      ]);
      await expect(failed).rejects.toMatchObject({
        ...mismatch,
        operation: 'state.save "store" keys "l1", "l2", "l3"',
      });
      const items = await state.getBulk('store', ['l1', 'l2', 'l3']);
      expect(items.map(({ data }) => data)).toEqual([1, 2, 3]);
    });

    it.each<StateOptions>([
      { concurrency: 'first-write', consistency: 'strong' },
      { concurrency: 'last-write', consistency: 'eventual' },
      {
        concurrency: StateConcurrencyEnum.CONCURRENCY_FIRST_WRITE,
        consistency: StateConsistencyEnum.CONSISTENCY_STRONG,
      },
      {
        concurrency: StateConcurrencyEnum.CONCURRENCY_UNSPECIFIED,
        consistency: StateConsistencyEnum.CONSISTENCY_EVENTUAL,
      },
    ])('writes and reads with the options %j', async (options) => {
      const { state } = run.client;
      const key = `options ${JSON.stringify(options)}`;
      await state.save('store', [{ key, value: 1, options }]);
      const { consistency = 'strong' } = options;
      expect(await state.get('store', key, { consistency })).toBe(1);
      const etag = await etagOf(key);
      await state.delete('store', key, { ...options, etag });
      expect(await state.get('store', key)).toBeUndefined();
    });

    it.each([{ concurrency: 'first' }, { consistency: 3 }])(
      'refuses the options %j itself',
      async (odd) => {
        const options = odd as StateOptions;
        const failed = run.client.state.save('store', [{ key: 'k', options }]);
        await expect(failed).rejects.toThrow(DaprBadRequestError);
        await expect(failed).rejects.toThrow(/the option con\w+ is .* is due/);
      },
    );

    it('deletes, what is absent too, and by etag [C10]', async () => {
      const { state } = run.client;
      const etag = await staleEtag('old');
      const stale = state.delete('store', 'old', { etag });
      await expect(stale).rejects.toMatchObject({
        ...mismatch,
        errorCode: 'ERR_STATE_DELETE',
      });
      await state.delete('store', 'old', { etag: await etagOf('old') });
      expect(await state.get('store', 'old')).toBeUndefined();
      const { error } = await state.delete('store', 'old');
      expect(error).toBeUndefined();
    });

    it('forgets a value after its time to live, that of the call before that of the entry', async () => {
      const { state } = run.client;
      const metadata = { ttlInSeconds: 1 };
      const keys = ['short', 'asked', 'both'];
      const values = async (): Promise<unknown[]> =>
        (await state.getBulk('store', keys)).map(({ data }) => data);
      // A second may have passed before they are read.
      await until(async () => {
        await state.save('store', [{ key: 'short', value: 1, metadata }]);
        await state.save(
          'store',
          [{ key: 'asked', value: 1, metadata: { ttlInSeconds: 100 } }],
          { metadata },
        );
        await state.transaction('store', [
          { operation: 'upsert', request: { key: 'both', value: 1, metadata } },
        ]);
        return (await values()).every((one) => one === 1);
      });
      await until(async () =>
        (await values()).every((one) => one === undefined),
      );
    });

    it('refuses a time to live that is no number', async () => {
      const metadata = { ttlInSeconds: 'soon' };
      const failed = run.client.state.save('store', [
        { key: 'ttl', value: 1, metadata },
      ]);
      await expect(failed).rejects.toMatchObject({
        name: 'DaprError',
        status: 500,
        errorCode: 'ERR_STATE_SAVE',
        message: expect.stringContaining('parsing "soon": invalid syntax'),
      });
    });

    it('writes and deletes objects in one transaction [C12]', async () => {
      const { state } = run.client;
      await state.save('store', [{ key: 'tx-old', value: 1 }]);
      await state.save('store', [{ key: 'tx-tag', value: 1 }]);
      const etag = { value: await etagOf('tx-tag') };
      await state.transaction(
        'store',
        [
          {
            operation: 'upsert',
            request: { key: 'tx-new', value: { a: [1, '1'], b: new Date(0) } },
          },
          { operation: 'delete', request: { key: 'tx-old' } },
          { operation: 'upsert', request: { key: 'tx-tag', value: '2', etag } },
        ],
        { partitionKey: 'p' },
      );
      expect(await state.get('store', 'tx-new')).toEqual({
        a: [1, '1'],
        b: '1970-01-01T00:00:00.000Z',
      });
      expect(await state.get('store', 'tx-old')).toBeUndefined();
      expect(await state.get('store', 'tx-tag')).toBe('2');
      expect(await state.transaction('store', [])).toBeUndefined();
      expect(await state.transaction('store')).toBeUndefined();
    });

    it.each<
      [string, (state: DaprClient['state'], keys: string[]) => Promise<unknown>]
    >([
      [
        'save',
        (state, keys) =>
          state.save(
            'nope',
            keys.map((key) => ({ key, value: 1 })),
          ),
      ],
      ['getBulk', (state, keys) => state.getBulk('nope', keys)],
      [
        'transaction',
        (state, keys) =>
          state.transaction(
            'nope',
            keys.map((key) => ({ operation: 'delete', request: { key } })),
          ),
      ],
    ])(
      'says in its errors which keys a call was about: %s',
      async (name, call) => {
        const { state } = run.client;
        const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
        for (const [count, words] of [
          [1, 'key "a"'],
          [5, 'keys "a", "b", "c", "d", "e"'],
          [7, 'keys "a", "b", "c", "d", "e" and 2 more'],
        ] as const)
          await expect(call(state, keys.slice(0, count))).rejects.toMatchObject(
            {
              operation: `state.${name} "nope" ${words}`,
            },
          );
      },
    );

    it('refuses an operation that Dapr does not know', async () => {
      const failed = run.client.state.transaction('store', [
        { operation: 'merge', request: { key: 'k', value: 1 } },
      ]);
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toThrow(
        'state.transaction "store" key "k" failed: an operation is "merge"; "upsert" or "delete" is due.',
      );
    });

    // The embedded sidecar serves state.redis from memory, as state.in-memory: docs/embedded-sidecar.md.
    describe('where stores differ', () => {
      const isRedis = sidecarKind === 'daprd';

      it('takes an etag for an absent key on Redis alone', async () => {
        const { state } = run.client;
        const etag = '1';
        const calls = [
          state.save('store', [{ key: `new-${run.protocol}`, value: 1, etag }]),
          state.delete('store', 'absent', { etag }),
        ];
        const ends = await Promise.allSettled(calls);
        for (const end of ends)
          expect(end).toMatchObject(
            isRedis ? { status: 'fulfilled' } : { reason: mismatch },
          );
      });

      it('says of a second first write that it failed, on Redis without the reason', async () => {
        const { state } = run.client;
        const entry = {
          key: `once-${run.protocol}`,
          value: 1,
          options: { concurrency: 'first-write' },
        } as const;
        await state.save('store', [entry]);
        await expect(state.save('store', [entry])).rejects.toMatchObject(
          isRedis
            ? { name: 'DaprError', status: 500, errorCode: 'ERR_STATE_SAVE' }
            : mismatch,
        );
      });

      it('takes an etag that it never gave for a bad one on Redis, else for a stale one', async () => {
        const { state } = run.client;
        await state.save('store', [{ key: 'odd', value: 1 }]);
        const failed = state.save('store', [
          { key: 'odd', value: 2, etag: 'not-an-etag' },
        ]);
        await expect(failed).rejects.toMatchObject(
          isRedis
            ? { name: 'DaprBadRequestError', status: 400 }
            : { ...mismatch, status: 409 },
        );
      });

      it('applies the rest of a transaction with a stale etag on Redis, else nothing [C10]', async () => {
        const { state } = run.client;
        const key = `tx-rest-${run.protocol}`;
        const etag = await staleEtag('tx-stale');
        const failed = state.transaction('store', [
          { operation: 'upsert', request: { key, value: 1 } },
          { operation: 'upsert', request: { key: 'tx-stale', value: 3, etag } },
        ]);
        await expect(failed).rejects.toMatchObject({
          ...(isRedis ? { name: 'DaprError' } : mismatch),
          status: 500,
          errorCode: 'ERR_STATE_TRANSACTION',
        });
        expect(await state.get('store', 'tx-stale')).toBe(2);
        expect(await state.get('store', key)).toBe(isRedis ? 1 : undefined);
      });

      it('tells when a value is forgotten, but for Redis', async () => {
        const { state } = run.client;
        const metadata = { ttlInSeconds: 100 };
        await state.save('store', [{ key: 'ttl', value: 1, metadata }]);
        const [item] = await state.getBulk('store', ['ttl']);
        expect(item?.metadata).toEqual(
          isRedis
            ? undefined
            : { ttlExpireTime: expect.stringMatching(/^20.*Z$/) },
        );
      });

      it('answers no query on a Redis without RedisJSON', async () => {
        const query = run.client.state.query('store', {
          filter: { EQ: { state: 'CA' } },
        });
        if (isRedis)
          await expect(query).rejects.toMatchObject({
            name: 'DaprError',
            status: 500,
            errorCode: 'ERR_STATE_QUERY',
            message: expect.stringContaining('redis-json'),
          });
        else expect(await query).toEqual({ results: [] });
      });
    });
  },
);

describeParity(
  'state in memory',
  {
    resources: () =>
      resources(
        component('state.in-memory', 'store'),
        component('state.in-memory', 'shared', { keyPrefix: 'none' }),
      ),
  },
  (run) => {
    it('tells a transaction with a stale etag, which leaves nothing behind [C10]', async () => {
      const { state } = run.client;
      const entry = { key: 'k', value: 1 };
      await state.save('store', [entry]);
      const { etag } = await state.getWithEtag('store', 'k');
      await state.save('store', [entry]);
      const failed = state.transaction('store', [
        { operation: 'upsert', request: { key: 'new', value: 1 } },
        {
          operation: 'delete',
          request: { key: 'k', etag: { value: etag as string } },
        },
      ]);
      await expect(failed).rejects.toThrow(EtagMismatchError);
      expect(await state.get('store', 'new')).toBeUndefined();
    });

    it('writes first what is not there alone [C10]', async () => {
      const { state } = run.client;
      const once = {
        key: 'once',
        value: 1,
        options: { concurrency: StateConcurrencyEnum.CONCURRENCY_FIRST_WRITE },
      };
      await state.save('store', [once]);
      const again = state.save('store', [once]);
      await expect(again).rejects.toThrow(EtagMismatchError);
    });

    it('keeps stores apart', async () => {
      const { state } = run.client;
      await state.save('shared', [{ key: 'mine', value: 1 }]);
      expect(await state.get('store', 'mine')).toBeUndefined();
      expect(await state.get('shared', 'mine')).toBe(1);
    });

    it('says that a store answers no queries [C3]', async () => {
      const failed = run.client.state.query('store', {});
      await expect(failed).rejects.toMatchObject({
        name: 'DaprError',
        status: 500,
        errorCode: 'ERR_STATE_STORE_NOT_SUPPORTED',
        operation: 'state.query "store"',
        message: expect.stringContaining(
          'state store does not support querying',
        ),
      });
      await expect(failed).rejects.toThrow(/supported-state-stores/);
    });
  },
);

describeParity(
  'a sidecar without a state store',
  { resources: () => '\n' },
  (run) => {
    it('says so, and what to check [C3]', async () => {
      const failed = run.client.state.get('store', 'key');
      await expect(failed).rejects.toThrow(DaprNotFoundError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_STATE_STORE_NOT_CONFIGURED',
        // FailedPrecondition, as gRPC has it.
        status: run.protocol === 'HTTP' ? 500 : 400,
        message: expect.stringContaining('resources'),
      });
    });
  },
);
