import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component } from './components.js';
import { RecordingApp, type Answering } from './recording-app.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

describe('an actor timer', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;
  const timer = (
    path: string,
    body: unknown,
    verb = 'POST',
  ): Promise<WireAnswer> => {
    const [id, name] = path.split('/');
    return call(sidecar, verb, `/v1.0/actors/Cart/${id}/timers/${name}`, body);
  };
  const endpointOf = (path: string): string => {
    const [id, name] = path.split('/');
    return `PUT /actors/Cart/${id}/method/timer/${name}`;
  };
  /** Names the callback of a timer, and answers it 200 from now on. */
  const callback = (path: string): string => {
    const endpoint = endpointOf(path);
    app.on(endpoint, {});
    return endpoint;
  };
  const set = async (path: string, body: unknown): Promise<string> => {
    const endpoint = callback(path);
    const answer = await timer(path, body);
    expect([answer.status, answer.text]).toEqual([204, '']);
    return endpoint;
  };

  /** What takes seconds begins before all, so that it takes them once. */
  async function startLasting(): Promise<void> {
    await set('ends/repeated', { dueTime: '0s', period: 'R2/PT1S' });
    await set('ends/bounded', { period: '400ms', ttl: '1s' });
    await set('ends/once', { dueTime: '100ms' });
    // Due so late that they are deleted and replaced before on a busy machine, too.
    await set('ends/deleted', { dueTime: '3s' });
    expect((await timer('ends/deleted', undefined, 'DELETE')).status).toBe(204);
    await set('again/same', { dueTime: '3s', data: 1 });
    await set('again/same', { dueTime: '10ms', data: 2 });
    for (const id of ['ends', 'again'])
      await set(`${id}/mark`, { dueTime: '3500ms' });
  }

  beforeAll(async () => {
    app.on('GET /dapr/config', {
      body: { entities: ['Cart'], reentrancy: { enabled: true } },
    });
    await app.listen();
    sidecar = await startSidecar({
      appId: 'timers',
      app,
      resources: component('state.in-memory', 'store', {
        actorStateStore: 'true',
      }),
    });
    await startLasting();
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  it('comes as PUT of all that was registered, in a fixed form', async () => {
    const endpoint = await set(
      'form/full',
      '{ "dueTime": "100ms", "period": "200ms", "ttl": "10s", "callback": "own", "data": { "b": 1, "a": "<" } }',
    );
    const { text, headers } = await app.next(endpoint);
    expect(text).toBe(
      '{"data":{"b":1,"a":"\\u003c"},"callback":"own","dueTime":"100ms","period":"200ms"}',
    );
    expect(headers['content-type']).toBe('application/json');
    for (const name of [
      'traceparent',
      'dapr-caller-app-id',
      'dapr-api-call',
      'dapr-reentrancy-id',
    ])
      expect(headers).not.toHaveProperty(name);
    expect((await app.next(endpoint)).text).toBe(text);
    await timer('form/full', undefined, 'DELETE');
  });

  it.each<[string, string, string]>([
    ['no data', '{"dueTime":"10ms"}', ''],
    ['null', '{"dueTime":"10ms","data":null}', '"data":null,'],
    ['a text', '{"dueTime":"10ms","data":"x"}', '"data":"x",'],
    ['0', '{"dueTime":"10ms","data":0}', '"data":0,'],
    ['an array', '{"dueTime":"10ms","data":[1, 2]}', '"data":[1,2],'],
  ])('carries %s', async (what, body, member) => {
    const endpoint = await set(`data/${encodeURIComponent(what)}`, body);
    const { text } = await app.next(endpoint);
    expect(text).toBe(`{${member}"callback":"","dueTime":"10ms","period":""}`);
  });

  it('with neither due time nor period comes once, at once', async () => {
    await app.next(await set('once/neither', {}));
  });

  it('with a period only comes at once, then after each period', async () => {
    // Longer than this waits for it.
    await app.next(await set('period/long', { period: '1h' }));
    const begun = performance.now();
    const endpoint = await set('period/only', { period: '800ms' });
    const [, second] = await app.count(endpoint, 2);
    expect((second?.at ?? 0) - begun).toBeGreaterThan(750);
    await timer('period/only', undefined, 'DELETE');
  });

  it('with a due time in the past comes at once', async () => {
    await app.next(await set('past/due', { dueTime: '2020-01-01T00:00:00Z' }));
  });

  it('comes at a due time given as a moment', async () => {
    const dueTime = new Date(Date.now() + 500).toISOString();
    await app.next(await set('moment/due', { dueTime }));
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(dueTime));
  });

  it('wakes an actor that was never called', async () => {
    await app.next(await set('never-called/wake', { dueTime: '0s' }));
  });

  it('may be set by PUT', async () => {
    const endpoint = callback('verbs/put');
    expect((await timer('verbs/put', { dueTime: '0s' }, 'PUT')).status).toBe(
      204,
    );
    await app.next(endpoint);
  });

  it('comes as often as it should, and not after it was deleted or has ended', async () => {
    await app.next(endpointOf('ends/mark'));
    const received = (path: string): number =>
      app.received(endpointOf(path)).length;
    expect(received('ends/repeated')).toBe(2);
    expect(received('ends/bounded')).toBe(3);
    expect(received('ends/once')).toBe(1);
    expect(received('ends/deleted')).toBe(0);
  });

  it('set again replaces the first of that name', async () => {
    await app.next(endpointOf('again/mark'));
    const received = app.received(endpointOf('again/same'));
    expect(received.map(({ json }) => json)).toEqual([
      expect.objectContaining({ data: 2 }),
    ]);
  });

  it('that is absent can be deleted', async () => {
    expect((await timer('none/none', undefined, 'DELETE')).status).toBe(204);
  });

  it('goes on however its callback is answered', async () => {
    const answers: Record<string, Answering> = {
      failed: { status: 500 },
      unknown: { status: 404 },
      empty: { status: 204 },
      cancelled: { headers: { 'X-DaprReminderCancel': 'true' } },
      cut: 'cut',
    };
    const one = async (name: string, answering: Answering): Promise<void> => {
      const path = `going-on/${name}`;
      const endpoint = callback(path);
      app.on(endpoint, answering);
      await timer(path, { dueTime: '0s', period: '200ms' });
      await app.count(endpoint, 3);
      await timer(path, undefined, 'DELETE');
    };
    await Promise.all(
      Object.entries(answers).map(([name, answering]) => one(name, answering)),
    );
  });

  it('does not overlap with itself; late ticks follow at once', async () => {
    let running = 0;
    let most = 0;
    const endpoint = callback('slow/slow');
    app.on(endpoint, async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 300));
      running -= 1;
      return {};
    });
    await timer('slow/slow', { dueTime: '0s', period: '100ms' });
    const [first, , third] = await app.count(endpoint, 3);
    expect(most).toBe(1);
    expect((third?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(550);
    await timer('slow/slow', undefined, 'DELETE');
  });

  it('waits for its turn', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const method = 'PUT /actors/Cart/turn/method/slow';
    app.on(method, () => gate.then(() => ({})));
    const running = call(sidecar, 'POST', '/v1.0/actors/Cart/turn/method/slow');
    await app.next(method);
    const endpoint = await set('turn/tick', { dueTime: '0s' });
    await app.next(await set('other/mark', { dueTime: '200ms' }));
    expect(app.received(endpoint)).toHaveLength(0);
    release();
    await app.next(endpoint);
    expect((await running).status).toBe(200);
  });

  it.each<[object, string]>([
    [
      { dueTime: '1 second' },
      'error parsing timer due time: unsupported time/duration format: 1 second',
    ],
    [{ period: 'R0/PT1S' }, 'invalid timer period: has zero repetitions'],
    [
      { period: 'R3/PT0.4S' },
      'invalid timer period: parse error: unsupported duration format: R3/PT0.4S',
    ],
    [
      { period: 'nonsense' },
      'invalid timer period: parse error: unsupported duration format: nonsense',
    ],
  ])('of %j is refused', async (body, message) => {
    const answer = await timer('bad/bad', body);
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_TIMER_CREATE',
    });
    expect(messageOf(answer)).toBe(`error creating actor timer: ${message}`);
  });

  it.each([
    { dueTime: '1s', ttl: '2020-01-01T00:00:00Z' },
    { dueTime: 'R2/PT1S' },
    { ttl: 'nonsense' },
  ])('of %j is refused', async (body) => {
    const answer = await timer('bad/bad', body);
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_TIMER_CREATE',
    });
  });

  it.each(['PT1H', 'P1D', 'P1M', 'P1Y', 'R5/P1W', '1h30m'])(
    'may have the period %s',
    async (period) => {
      expect((await timer('long/long', { dueTime: '1h', period })).status).toBe(
        204,
      );
    },
  );

  it.each(['', '{x', '[]'])('refuses a body of %j', async (body) => {
    expect(errorOf(await timer('bad/bad', body))).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    });
  });

  it('of a type that the app does not host is answered 500', async () => {
    const path = '/v1.0/actors/Nobody/1/timers/t';
    const answer = await call(sidecar, 'POST', path, { dueTime: '1s' });
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_TIMER_CREATE',
    });
    expect(messageOf(answer)).toBe(
      "error creating actor timer: can't create timer for actor Nobody||1: actor type not registered",
    );
  });

  it('of a reserved type is answered 403', async () => {
    const path = '/v1.0/actors/dapr.internal.x/1/timers/t';
    const answer = await call(sidecar, 'POST', path, { dueTime: '1s' });
    expect(errorOf(answer)).toEqual({
      status: 403,
      errorCode: 'ERR_ACTOR_TYPE_RESERVED',
    });
  });
});
