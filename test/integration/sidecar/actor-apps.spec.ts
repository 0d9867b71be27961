import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { errorOf, messageOf, type WireAnswer } from '../../conformance/wire.js';
import { ActorBench } from '../../support/actor-bench.js';
import { stateComponent } from '../../support/state-component.js';

const CONFIG = { entities: ['Cart'] };
const upsert = (key: string, value: unknown, metadata?: object): object => ({
  operation: 'upsert',
  request: { key, value, ...(metadata && { metadata }) },
});

describe('actors of several apps', () => {
  let bench: ActorBench;
  beforeEach(() => {
    bench = new ActorBench();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  it('are called with the id of the calling app', async () => {
    const host = await bench.host('carts', CONFIG);
    host.app.on('PUT /actors/Cart/1/method/m', {});
    await bench.call('shop', 'POST', 'Cart/1/method/m', '{}', {
      'x-own': 'kept',
    });
    const { headers } = await host.app.next('PUT /actors/Cart/1/method/m');
    expect(headers).toMatchObject({
      'dapr-caller-app-id': 'shop',
      'dapr-caller-namespace': 'default',
      'x-own': 'kept',
    });
  });

  it('keep state for the app that hosts them', async () => {
    const host = await bench.host('carts', CONFIG);
    host.app.on('PUT /actors/Cart/1/method/m', {});
    await bench.call('carts', 'POST', 'Cart/1/method/m');
    const save = (appId: string): Promise<WireAnswer> =>
      bench.call(appId, 'POST', 'Cart/1/state', [upsert('k', 1)]);
    expect((await save('carts')).status).toBe(204);
    expect(errorOf(await save('shop'))).toEqual({
      status: 400,
      errorCode: 'ERR_ACTOR_INSTANCE_MISSING',
    });
    const store = bench.stores.forActors('carts');
    expect([...(store?.entries() ?? [])].map(([key]) => key)).toEqual([
      'carts||Cart||1||k',
    ]);
    expect((await bench.call('shop', 'GET', 'Cart/1/state/k')).status).toBe(
      204,
    );
  });

  it('may be of one type: each actor is on one of them', async () => {
    const hosts = [
      await bench.host('one', CONFIG),
      await bench.host('two', CONFIG),
    ];
    const ids = Array.from({ length: 20 }, (_, index) => `${index}`);
    for (const id of ids)
      for (const { app, appId } of hosts)
        app.on(`PUT /actors/Cart/${id}/method/m`, { body: appId });
    const where = [];
    for (const id of ids)
      where.push((await bench.call('one', 'POST', `Cart/${id}/method/m`)).text);
    expect(new Set(where)).toEqual(new Set(['one', 'two']));
    const [first] = bench.actors.activeActors('one-1');
    expect(first).toEqual({
      type: 'Cart',
      count: where.filter((appId) => appId === 'one').length,
    });
  });

  it('have timers and reminders only through an app that hosts them', async () => {
    await bench.host('carts', CONFIG);
    const body = { dueTime: '1h' };
    const forbidden = {
      status: 403,
      errorCode: 'ERR_ACTOR_REMINDER_NON_HOSTED',
    };
    const path = 'Cart/1/reminders/r';
    for (const verb of ['POST', 'GET', 'DELETE'])
      expect(
        errorOf(
          await bench.call(
            'shop',
            verb,
            path,
            verb === 'POST' ? body : undefined,
          ),
        ),
      ).toEqual(forbidden);
    const timer = await bench.call('shop', 'POST', 'Cart/1/timers/t', body);
    expect(errorOf(timer)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_TIMER_CREATE',
    });
  });
});

describe('actor state in the embedded sidecar', () => {
  it('fails when the sidecar is told to, and nothing is stored', async () => {
    await using bench = new ActorBench();
    const host = await bench.host('app', CONFIG);
    host.app.on('PUT /actors/Cart/1/method/m', {});
    await bench.call('app', 'POST', 'Cart/1/method/m');
    bench.faults.failNext('state.write');
    const operations = [upsert('k', 1)];
    const failed = await bench.call('app', 'POST', 'Cart/1/state', operations);
    expect(errorOf(failed)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_STATE_TRANSACTION_SAVE',
    });
    expect((await bench.call('app', 'GET', 'Cart/1/state/k')).status).toBe(204);
    bench.faults.failNext('state.read');
    const unread = await bench.call('app', 'GET', 'Cart/1/state/k');
    expect(errorOf(unread)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_STATE_GET',
    });
  });

  it('ends by the clock where the feature is on', async () => {
    await using bench = new ActorBench({ features: ['ActorStateTTL'] });
    const host = await bench.host('app', CONFIG);
    host.app.on('PUT /actors/Cart/1/method/m', {});
    await bench.call('app', 'POST', 'Cart/1/method/m');
    const operations = [upsert('k', 1, { ttlInSeconds: '10' })];
    await bench.call('app', 'POST', 'Cart/1/state', operations);
    const answer = await bench.call('app', 'GET', 'Cart/1/state/k');
    expect(answer.headers['metadata.ttlexpiretime']).toBe(
      '2026-01-01T00:00:10Z',
    );
    await bench.clock.advance('11s');
    expect((await bench.call('app', 'GET', 'Cart/1/state/k')).status).toBe(204);
  });

  it('is refused in words where no store is for actors', async () => {
    await using bench = new ActorBench({
      components: [stateComponent('plain')],
    });
    const host = await bench.host('app', CONFIG);
    expect(bench.warnings).toEqual([
      expect.stringContaining('actorStateStore: "true"'),
    ]);
    host.app.on('PUT /actors/Cart/1/method/m', {});
    expect((await bench.call('app', 'POST', 'Cart/1/method/m')).status).toBe(
      200,
    );
    for (const answer of [
      await bench.call('app', 'GET', 'Cart/1/state/k'),
      await bench.call('app', 'POST', 'Cart/1/state', [upsert('k', 1)]),
    ]) {
      expect(errorOf(answer)).toEqual({
        status: 500,
        errorCode: 'ERR_ACTOR_RUNTIME_NOT_FOUND',
      });
      expect(messageOf(answer)).toContain('actorStateStore');
    }
  });
});

describe('an app that has yet to tell its actor types', () => {
  it('has its state, timer and reminder calls wait until it has', async () => {
    await using bench = new ActorBench();
    bench.actors.expect('app-1');
    const order: string[] = [];
    const reminder = bench
      .call('app', 'POST', 'Cart/1/reminders/r', { dueTime: '1h' })
      .then((answer) => {
        order.push('answered');
        return answer;
      });
    await bench.call('other', 'GET', 'Cart/1/state/k');
    order.push('registers');
    await bench.host('app', CONFIG);
    expect((await reminder).status).toBe(204);
    expect(order).toEqual(['registers', 'answered']);
  });

  it('does not hold them when it goes away', async () => {
    await using bench = new ActorBench();
    const host = await bench.host('app', CONFIG);
    await bench.actors.unregister(host, 'lost');
    bench.actors.expect('app-1');
    const timer = bench.call('app', 'POST', 'Cart/1/timers/t', {});
    await bench.call('other', 'GET', 'Cart/1/state/k');
    await bench.actors.unregister(host, 'lost');
    expect((await timer).status).toBe(500);
  });

  it.each<[object, string]>([
    [{ entities: ['Cart'], actorIdleTimeout: '1d12h' }, 'no Go duration'],
    [{ entities: ['Cart'], actorIdleTimeout: 60 }, 'no Go duration'],
    [{ entities: 'Cart' }, 'entities is no list of texts'],
    [
      { entities: ['Cart'], entitiesConfig: [{ entities: 1 }] },
      'entities is no list of texts',
    ],
  ])('hosts none when it answers %j', async (config, words) => {
    await using bench = new ActorBench();
    await bench.host('app', config);
    expect(bench.warnings).toEqual([expect.stringContaining(words)]);
    expect(bench.actors.activeActors('app')).toEqual([]);
    const answer = await bench.call('app', 'POST', 'Cart/1/method/m');
    expect(messageOf(answer)).toMatch(/did not find address/);
  });
});
