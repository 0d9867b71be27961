import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import { DaprBadRequestError } from '../../../lib/errors/dapr-bad-request.error.js';
import { DaprNotFoundError } from '../../../lib/errors/dapr-not-found.error.js';
import { DaprError } from '../../../lib/errors/dapr.error.js';
import { EtagMismatchError } from '../../../lib/errors/etag-mismatch.error.js';
import type { StateEntry } from '../../../lib/client/state.js';
import {
  startRecordedSidecar,
  type RecordedSidecar,
} from './recorded-sidecar.js';
import { startServer, type TestServer } from './server.js';

const JSON_TYPE = 'application/json';

const OLD_ETAG = 'ff289c8f-2269-464b-a0ae-0f1335d5401e';

describe('client.state', () => {
  let sidecar: RecordedSidecar;
  let client: DaprClient;

  beforeAll(async () => {
    sidecar = await startRecordedSidecar();
    client = new DaprClient({ httpEndpoint: sidecar.url });
  });

  afterAll(async () => {
    await client.stop();
    await sidecar.close();
  });

  it.each([
    ['mem: get saved null', 'v-null', null],
    ['mem: get saved false', 'v-false', false],
    ['mem: get saved 0', 'v-0', 0],
    ['mem: get saved empty string', 'v-emptystring', ''],
  ])('%s gives the value that was saved [C5]', async (name, key, value) => {
    expect(
      await sidecar.play(name, () => client.state.get('mem', key)),
    ).toStrictEqual(value);
  });

  it('gives undefined for a key under which nothing is stored', async () => {
    const got = sidecar.play('mem: get an absent key', () =>
      client.state.get('mem', 'absent'),
    );
    expect(await got).toBeUndefined();
  });

  it('gives what is no JSON, as gRPC callers may store it, as text', async () => {
    const got = sidecar.play(
      'mem: get a value saved by gRPC that is not JSON',
      () => client.state.get('mem', 'rawbytes'),
    );
    expect(await got).toBe('not json');
  });

  it('reads with the consistency asked for', async () => {
    const got = sidecar.play('mem: get k1', () =>
      client.state.get('mem', 'k1', { consistency: 'strong' }),
    );
    expect(await got).toBe(1);
  });

  it('saves class instances, dates, maps and nested ones as JSON [C1]', async () => {
    class Line {
      readonly bought = new Date(0);
      constructor(readonly sku: string) {}
    }
    sidecar.answerWith('mem: save three items');
    await client.state.save('mem', [
      { key: 'cart', value: { lines: new Map([['a', new Line('book')]]) } },
    ]);
    const { headers, body } = sidecar.requests.at(-1)!;
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body.toString())).toEqual([
      {
        key: 'cart',
        value: {
          lines: { a: { bought: '1970-01-01T00:00:00.000Z', sku: 'book' } },
        },
      },
    ]);
  });

  it('refuses what JSON can not carry, and sends nothing', async () => {
    const before = sidecar.requests.length;
    const saved = client.state.save('mem', [{ key: 'k', value: 2n ** 64n }]);
    await expect(saved).rejects.toThrow(DaprBadRequestError);
    await expect(saved).rejects.toThrow(/state\.save "mem" key "k" failed: /);
    expect(sidecar.requests.length).toBe(before);
  });

  it('sends a key with any characters as daprd takes it [C4]', async () => {
    await sidecar.play('mem: key with a slash encoded', () =>
      client.state.save('mem', [{ key: 'a/b c+d?#%ü', value: 1 }]),
    );
  });

  it('tells the store what metadata says, numbers as text', async () => {
    await sidecar.play('mem: save with ttl in the query', () =>
      client.state.save('mem', [{ key: 'ttlq', value: 1 }], {
        metadata: { ttlInSeconds: 100 },
      }),
    );
  });

  it('resolves a success with an object that has no error', async () => {
    sidecar.answerWith('mem: save three items');
    const { error } = await client.state.save('mem', [{ key: 'a', value: 1 }]);
    expect(error).toBeUndefined();
  });

  it('reads a value together with its etag [C10]', async () => {
    const got = sidecar.play('mem: get an object', () =>
      client.state.getWithEtag('mem', 'k1'),
    );
    expect(await got).toEqual({
      value: { a: '<x>&', b: 2 },
      etag: OLD_ETAG,
    });
  });

  it('rejects a save with a stale etag with an EtagMismatchError [C10]', async () => {
    const saved = sidecar.play('mem: save with a stale etag, first-write', () =>
      client.state.save('mem', [
        {
          key: 'k1',
          value: 2,
          etag: OLD_ETAG,
          options: { concurrency: 'first-write' },
        },
      ]),
    );
    await expect(saved).rejects.toThrow(EtagMismatchError);
    await expect(saved).rejects.toMatchObject({
      status: 409,
      errorCode: 'ERR_STATE_SAVE',
      operation: 'state.save "mem" key "k1"',
    });
  });

  it('rejects a delete with a stale etag with an EtagMismatchError [C10]', async () => {
    const deleted = sidecar.play('mem: delete with a stale If-Match', () =>
      client.state.delete('mem', 'k1', {
        etag: 'd1f917d6-2987-4210-92b5-4807872c72eb',
        concurrency: 'first-write',
      }),
    );
    await expect(deleted).rejects.toThrow(EtagMismatchError);
  });

  it('rejects a transaction with a stale etag with an EtagMismatchError where the store says so [C10]', async () => {
    const committed = sidecar.play('mem: transaction with a stale etag', () =>
      client.state.transaction('mem', [
        { operation: 'upsert', request: { key: 'tx', value: 1 } },
        {
          operation: 'upsert',
          request: {
            key: 't1',
            value: 2,
            etag: { value: '893555b0-13de-4365-8398-f3a5d496bc50' },
            options: { concurrency: 'first-write' },
          },
        },
      ]),
    );
    await expect(committed).rejects.toThrow(EtagMismatchError);
  });

  it('rejects a transaction whose store hides the reason with a DaprError', async () => {
    const committed = sidecar.play('red: transaction with a stale etag', () =>
      client.state.transaction('red', [
        { operation: 'upsert', request: { key: 'tx', value: 1 } },
        {
          operation: 'upsert',
          request: {
            key: 't1',
            value: 2,
            etag: '99999',
            options: { concurrency: 'first-write' },
          },
        },
      ]),
    );
    await expect(committed).rejects.toMatchObject({
      name: 'DaprError',
      status: 500,
      errorCode: 'ERR_STATE_TRANSACTION',
    });
  });

  it('commits a transaction with metadata of its own', async () => {
    const committed = sidecar.play(
      'mem: transaction with body metadata ttl',
      () =>
        client.state.transaction(
          'mem',
          [{ operation: 'upsert', request: { key: 't3', value: 1 } }],
          { ttlInSeconds: 100 },
        ),
    );
    await expect(committed).resolves.toBeUndefined();
  });

  it('deletes with and without an etag', async () => {
    await sidecar.play('mem: delete with the right If-Match', () =>
      client.state.delete('mem', 'k1', {
        etag: '5e3944a1-2d55-4344-8d1b-c76e036f1f46',
      }),
    );
    await sidecar.play('mem: delete an absent key', () =>
      client.state.delete('mem', 'absent'),
    );
  });

  it('reads several keys at once', async () => {
    const got = sidecar.play('mem: bulk get', () =>
      client.state.getBulk('mem', ['k1', 'k2', 'absent'], { parallelism: 2 }),
    );
    expect(await got).toEqual([
      { key: 'k1', data: 1, etag: '5e3944a1-2d55-4344-8d1b-c76e036f1f46' },
      { key: 'k2', data: 'str', etag: 'a02bc058-6ae2-41e5-9957-9aec777527a8' },
      { key: 'absent' },
    ]);
  });

  it('says why a bulk read has no answer where a stored value is no JSON', async () => {
    const got = sidecar.play(
      'mem: bulk get that includes a value that is not JSON',
      () => client.state.getBulk('mem', ['rawbytes', 't1']),
    );
    await expect(got).rejects.toThrow(/no JSON\. Read the keys one by one/);
  });

  it.each([
    [
      'state: unknown store, get',
      (dapr: DaprClient) => dapr.state.get('nope', 'k'),
    ],
    [
      'state: unknown store, save',
      (dapr: DaprClient) => dapr.state.save('nope', [{ key: 'a', value: 1 }]),
    ],
    [
      'state: unknown store, delete',
      (dapr: DaprClient) => dapr.state.delete('nope', 'k'),
    ],
    [
      'state: unknown store, transaction',
      (dapr: DaprClient) => dapr.state.transaction('nope'),
    ],
  ])('%s, rejects and tells what to check [C3]', async (name, call) => {
    const failed = sidecar.play<unknown>(name, () => call(client));
    await expect(failed).rejects.toThrow(DaprNotFoundError);
    await expect(failed).rejects.toThrow(
      /"nope".*state store nope is not found \(ERR_STATE_STORE_NOT_FOUND, status 400\)\. Check the name/,
    );
    await expect(failed).rejects.toMatchObject({
      status: 400,
      errorCode: 'ERR_STATE_STORE_NOT_FOUND',
      details: [{ reason: 'DAPR_STATE_NOT_FOUND' }],
    });
  });

  it('rejects where no store is configured at all [C3]', async () => {
    const got = sidecar.play('nothing configured: state get', () =>
      client.state.get('x', 'k'),
    );
    await expect(got).rejects.toThrow(DaprNotFoundError);
  });

  it('rejects a key that Dapr does not take [C3]', async () => {
    const got = sidecar.play('state: key with ||', () =>
      client.state.get('mem', 'a||b'),
    );
    await expect(got).rejects.toThrow(DaprBadRequestError);
  });

  it('refuses an empty key itself, which would call another API', async () => {
    await expect(client.state.get('mem', '')).rejects.toThrow(
      'state.get "mem" key "" failed: the key is empty.',
    );
    await expect(client.state.get('', 'k')).rejects.toThrow(DaprError);
  });
});

describe('client.state, on a store that keeps JSON', () => {
  const stored = new Map<string, string>();
  let sidecar: TestServer;
  let client: DaprClient;

  beforeAll(async () => {
    sidecar = await startServer(({ method, url, body }, response) => {
      if (method === 'POST') {
        for (const { key, value } of JSON.parse(
          body.toString(),
        ) as StateEntry[])
          stored.set(key, JSON.stringify(value));
        response.writeHead(204).end();
        return;
      }
      // As daprd reads a part of a path: a plus is a space.
      const key = url.split('/')[4]?.replaceAll('+', ' ') ?? '';
      const text = stored.get(decodeURIComponent(key));
      response.writeHead(text ? 200 : 204, { 'content-type': JSON_TYPE });
      response.end(text);
    });
    client = new DaprClient({ httpEndpoint: sidecar.url });
  });

  afterAll(async () => {
    await client.stop();
    await sidecar.close();
  });

  it.each([
    ['123'],
    ['true'],
    ['null'],
    ['{"a":1}'],
    ['"'],
    [123],
    [{ a: '1' }],
  ])('saves %j and reads it with its type [C11]', async (value) => {
    await client.state.save('mem', [{ key: 'k', value }]);
    expect(await client.state.get('mem', 'k')).toStrictEqual(value);
  });

  it.each(['a/b', 'a?b', 'a#b', '100%', 'a+b', 'a b', 'ключ 😀', '..', '%2F'])(
    'finds the key %j again [C4]',
    async (key) => {
      await client.state.save('mem', [{ key, value: key }]);
      expect(await client.state.get('mem', key)).toBe(key);
    },
  );

  it('refuses a key that is no valid Unicode text [C4]', async () => {
    await expect(client.state.get('mem', '\ud800')).rejects.toThrow(
      'the key is no valid Unicode text',
    );
  });
});
