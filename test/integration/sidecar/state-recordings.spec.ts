import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StateStores } from '../../../lib/sidecar/blocks/state.js';
import { Faults } from '../../../lib/sidecar/faults.js';
import { stateRoutes } from '../../../lib/sidecar/http/state.js';
import { VirtualClock } from '../../../lib/sidecar/virtual-clock.js';
import { call, errorOf, type WireAnswer } from '../../conformance/wire.js';
import { serveApi, type ApiServer } from '../../support/api-server.js';
import { recordings, type Recording } from '../../support/recordings.js';
import { expected, replay, shown } from '../../support/replay.js';
import { stateComponent } from '../../support/state-component.js';

const ETAG = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;

/** Etags and times are never the same twice. */
const masked = (text: string): string =>
  text.replace(ETAG, '<etag>').replace(TIME, '<time>');

/** Redis counts its etags, accepts them for absent keys, and has its own words; here it is served from memory. */
const REDIS = new Set([
  'save with the right etag',
  'save with a malformed etag',
  'first-write without etag on an existing key',
  'save with an etag on an absent key',
  'bulk get',
  'bulk get, ttl key',
  'get k1',
  'delete with the right If-Match',
  'delete an absent key with If-Match',
  'get tx after the failed transaction',
]);

/** What a store says of an etag, or of a time to live, differs from store to store; status and error code do not. */
const WORDS_OF_THE_STORE =
  /etag|ttl abc|first-write without|If-Match|one stale/;

describe('the state API against recordings of daprd', () => {
  const clock = new VirtualClock();
  let server: ApiServer;
  /** Etags of then, and what they are now. */
  const etags = new Map<string, string>();
  const current = (text: string): string =>
    text.replace(ETAG, (etag) => etags.get(etag) ?? etag);

  beforeAll(async () => {
    const stores = new StateStores({
      clock,
      faults: new Faults(),
      components: [
        stateComponent('mem', 'state.in-memory'),
        stateComponent('red', 'state.redis'),
        stateComponent('sql', 'state.sqlite'),
        stateComponent('rednoprefix', 'state.redis', { keyPrefix: 'none' }),
      ],
    });
    server = await serveApi('api', stateRoutes(stores));
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const save = (store: string, item: object): Promise<WireAnswer> =>
    call(server, 'POST', `/v1.0/state/${store}`, [item]);
  const transact = (
    store: string,
    query: string,
    ...requests: object[]
  ): Promise<WireAnswer> =>
    call(server, 'POST', `/v1.0/state/${store}/transaction${query}`, {
      operations: requests.map((request) => ({ operation: 'upsert', request })),
    });

  /** What came before a recording then, and was not recorded. */
  const before: Readonly<
    Record<string, (store: string) => Promise<WireAnswer | void>>
  > = {
    'get saved false': (store) => save(store, { key: 'v-false', value: false }),
    'get saved empty string': (store) =>
      save(store, { key: 'v-emptystring', value: '' }),
    'get saved missing value': (store) =>
      save(store, { key: 'v-missingvalue' }),
    'get after the ttl': () => clock.advance('3s'),
    'get t2 with ttl of its operation': (store) =>
      transact(
        store,
        '',
        { key: 't1', value: 1 },
        { key: 't2', value: 'x', metadata: { ttlInSeconds: '100' } },
      ),
    'get t4': (store) =>
      transact(store, '?metadata.ttlInSeconds=100', { key: 't4', value: 1 }),
  };

  const rows = recordings('state-api').filter(
    ({ name }) =>
      // Without the module for JSON, Redis refuses queries; SQLite knows none.
      !/^(red|sql): query$/.test(name),
  );
  it.each(rows)('$name', async (recording) => {
    const [store = '', what = ''] = recording.name.split(': ');
    await before[what]?.(store);
    const answer = await replay(server, recording, current);
    learn(recording, answer);
    if (store === 'red' && REDIS.has(what)) return;
    if (
      store !== 'mem' &&
      WORDS_OF_THE_STORE.test(what) &&
      answer.status >= 400
    )
      expect(errorOf(answer)).toEqual(errorOf(expected(recording)));
    else
      expect(shown(answer, masked)).toEqual(shown(expected(recording), masked));
    const hasTtl = 'metadata.ttlexpiretime' in answer.headers;
    if (store !== 'red')
      expect(hasTtl).toBe(
        'metadata.ttlexpiretime' in expected(recording).headers,
      );
  });

  function learn(recording: Recording, answer: WireAnswer): void {
    const then = expected(recording);
    const was = [then.headers.etag, ...(then.text.match(ETAG) ?? [])];
    const is = [answer.headers.etag, ...(answer.text.match(ETAG) ?? [])];
    if (then.status !== 200 || was.length !== is.length) return;
    for (const [index, etag] of was.entries())
      if (etag) etags.set(etag, is[index] ?? '');
  }

  it.each(
    recordings('state-errors').filter(({ name }) => name.startsWith('state')),
  )('$name', async (recording) => {
    const answer = await replay(server, recording);
    expect(shown(answer)).toEqual(shown(expected(recording)));
  });

  it.each(
    recordings('state-errors').filter(({ name }) => name.startsWith('nothing')),
  )('$name', async (recording) => {
    const none = new StateStores({
      clock,
      faults: new Faults(),
      components: [],
    });
    await using bare = await serveApi('bare', stateRoutes(none));
    const answer = await replay(bare, recording);
    expect(shown(answer)).toEqual(shown(expected(recording)));
  });
});

describe('the query API against recordings of daprd on PostgreSQL', () => {
  let server: ApiServer;
  beforeAll(async () => {
    const stores = new StateStores({
      clock: new VirtualClock(),
      faults: new Faults(),
      components: [stateComponent('pg', 'state.postgresql')],
    });
    server = await serveApi('query', stateRoutes(stores));
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const byKey = (one: { key: string }, other: { key: string }): number =>
    one.key < other.key ? -1 : 1;
  const withoutEtags = (body: unknown): unknown => {
    if (typeof body !== 'object' || !body || !('results' in body)) return body;
    const results = body.results as { key: string; etag: string }[];
    const rest = results.map(({ etag: _etag, ...result }) => result);
    // Without a sort PostgreSQL gives no order.
    return { ...body, results: 'token' in body ? rest : rest.sort(byKey) };
  };

  // Of an etag that is no number PostgreSQL says 400; here each etag is a text.
  const rows = recordings('state-query').filter(
    ({ name }) => name !== 'get malformed etag',
  );
  it.each(rows)('$name', async (recording) => {
    const answer = shown(await replay(server, recording));
    const then = shown(expected(recording));
    expect(answer.status).toBe(then.status);
    expect(withoutEtags(answer.body)).toEqual(withoutEtags(then.body));
  });
});
