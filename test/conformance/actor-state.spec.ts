import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { until } from '../support/until.js';
import { component } from './components.js';
import { RecordingApp } from './recording-app.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

const STORE = component('state.in-memory', 'store', {
  actorStateStore: 'true',
});
const TTL_FEATURE = `apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata:
  name: features
spec:
  features:
    - name: ActorStateTTL
      enabled: true
`;

const upsert = (key: string, value: unknown, metadata?: object): object => ({
  operation: 'upsert',
  request: { key, value, ...(metadata && { metadata }) },
});
const remove = (key: string): object => ({
  operation: 'delete',
  request: { key },
});

describe.each([
  { feature: 'as it comes', config: undefined },
  { feature: 'with ActorStateTTL', config: TTL_FEATURE },
])('actor state, $feature,', ({ config }) => {
  const app = new RecordingApp();
  let sidecar: Sidecar;
  const get = (path: string): Promise<WireAnswer> =>
    call(sidecar, 'GET', `/v1.0/actors/${path}`);
  const save = (
    path: string,
    body: unknown,
    verb = 'POST',
  ): Promise<WireAnswer> =>
    call(sidecar, verb, `/v1.0/actors/${path}/state`, body);

  beforeAll(async () => {
    app
      .on('GET /dapr/config', { body: { entities: ['Cart', 'Order'] } })
      .on('PUT /actors/Cart/1/method/wake', {})
      .on('PUT /actors/Cart/2/method/wake', {})
      .on('PUT /actors/Order/1/method/wake', {});
    await app.listen();
    sidecar = await startSidecar({
      appId: 'actor-states',
      app,
      resources: STORE,
      ...(config && { config }),
    });
    for (const id of ['Cart/1', 'Cart/2', 'Order/1'])
      await call(sidecar, 'POST', `/v1.0/actors/${id}/method/wake`);
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  it('that is absent is answered 204', async () => {
    const answer = await get('Cart/1/state/absent');
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
  });

  it.each<[string, unknown, string]>([
    ['an object', { b: 1, a: '<' }, '{"a":"\\u003c","b":1}'],
    ['a string', 'x', '"x"'],
    ['an empty string', '', '""'],
    ['0', 0, '0'],
    ['false', false, 'false'],
    ['null', null, 'null'],
    ['an empty array', [], '[]'],
  ])('of %s is given back', async (_what, value, text) => {
    const saved = await save('Cart/1', [upsert('k', value)]);
    expect([saved.status, saved.text]).toEqual([204, '']);
    const answer = await get('Cart/1/state/k');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.text).toBe(text);
  });

  it('may be saved by PUT', async () => {
    expect((await save('Cart/1', [upsert('put', 1)], 'PUT')).status).toBe(204);
    expect((await get('Cart/1/state/put')).text).toBe('1');
  });

  it('is saved and deleted in one transaction', async () => {
    await save('Cart/1', [upsert('old', 1)]);
    const answer = await save('Cart/1', [
      upsert('new', 1),
      remove('old'),
      remove('absent'),
    ]);
    expect(answer.status).toBe(204);
    expect((await get('Cart/1/state/new')).text).toBe('1');
    expect((await get('Cart/1/state/old')).status).toBe(204);
  });

  it('takes operations in their order', async () => {
    await save('Cart/1', [upsert('o', 1), remove('o'), upsert('o', 2)]);
    expect((await get('Cart/1/state/o')).text).toBe('2');
  });

  it('belongs to one actor only', async () => {
    await save('Cart/1', [upsert('mine', 1)]);
    expect((await get('Cart/2/state/mine')).status).toBe(204);
    expect((await get('Order/1/state/mine')).status).toBe(204);
  });

  it('of no operations is answered 204', async () => {
    expect((await save('Cart/1', [])).status).toBe(204);
  });

  it('takes keys of any letters', async () => {
    const key = 'a/b c?#ü';
    await save('Cart/1', [upsert(key, 'odd')]);
    const answer = await get(`Cart/1/state/${encodeURIComponent(key)}`);
    expect(answer.text).toBe('"odd"');
  });

  it('keeps nothing of a transaction with an unknown operation', async () => {
    const answer = await save('Cart/1', [
      upsert('half', 1),
      { operation: 'get', request: { key: 'k' } },
    ]);
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_STATE_TRANSACTION_SAVE',
    });
    expect(messageOf(answer)).toBe(
      'error saving actor transaction state: operation type get not supported',
    );
    expect((await get('Cart/1/state/half')).status).toBe(204);
  });

  it('can’t hold a number that is too large', async () => {
    const body = '[{"operation":"upsert","request":{"key":"k","value":1e400}}]';
    const path = '/v1.0/actors/Cart/1/state';
    expect(errorOf(await call(sidecar, 'POST', path, body))).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    });
  });

  it('needs a key', async () => {
    const answer = await save('Cart/1', [
      { operation: 'upsert', request: { value: 1 } },
    ]);
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_STATE_TRANSACTION_SAVE',
    });
    expect(messageOf(answer)).toBe(
      'error saving actor transaction state: missing key',
    );
  });

  it.each(['', '{x', '{}'])('refuses a body of %j', async (body) => {
    expect(errorOf(await save('Cart/1', body))).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    });
  });

  it.each(['Cart/never-called', 'Nobody/1'])(
    'can’t be saved for %s, which is not active, but read',
    async (actor) => {
      for (const operations of [[], [upsert('k', 1)]]) {
        const answer = await save(actor, operations);
        expect(errorOf(answer)).toEqual({
          status: 400,
          errorCode: 'ERR_ACTOR_INSTANCE_MISSING',
        });
        expect(messageOf(answer)).toBe('actor instance is missing');
      }
      expect((await get(`${actor}/state/k`)).status).toBe(204);
    },
  );

  it('of a reserved type is answered 403', async () => {
    const reserved = { status: 403, errorCode: 'ERR_ACTOR_TYPE_RESERVED' };
    expect(errorOf(await get('dapr.internal.x/1/state/k'))).toEqual(reserved);
    expect(errorOf(await save('dapr.internal.x/1', []))).toEqual(reserved);
  });

  it('is not part of what the state API shows', async () => {
    await save('Cart/1', [upsert('hidden', 1)]);
    const path = '/v1.0/state/store/hidden';
    expect((await call(sidecar, 'GET', path)).status).toBe(204);
  });

  if (config)
    it('ends by its time to live', async () => {
      const operation = upsert('short', 1, { ttlInSeconds: '1' });
      let answer: WireAnswer | undefined;
      // A second may have passed before it is read.
      await until(async () => {
        expect((await save('Cart/1', [operation])).status).toBe(204);
        answer = await get('Cart/1/state/short');
        return answer.status === 200;
      });
      expect(answer?.headers['metadata.ttlexpiretime']).toMatch(/Z$/);
      await until(async () => (await get('Cart/1/state/short')).status === 204);
    });
  else
    it('has no time to live', async () => {
      const answer = await save('Cart/1', [
        upsert('short', 1, { ttlInSeconds: '1' }),
      ]);
      expect(errorOf(answer)).toEqual({
        status: 500,
        errorCode: 'ERR_ACTOR_STATE_TRANSACTION_SAVE',
      });
      expect((await get('Cart/1/state/short')).status).toBe(204);
    });
});
