import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component } from './components.js';
import { RecordingApp, type Answering } from './recording-app.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

const CREATE = { status: 500, errorCode: 'ERR_ACTOR_REMINDER_CREATE' };
const NOT_FOUND = { status: 404, errorCode: 'ERR_ACTOR_REMINDER_NOT_FOUND' };

describe('an actor reminder', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;
  const reminder = (
    verb: string,
    path: string,
    body?: unknown,
  ): Promise<WireAnswer> => {
    const [id, name] = path.split('/');
    return call(
      sidecar,
      verb,
      `/v1.0/actors/Cart/${id}/reminders/${name}`,
      body,
    );
  };
  const callback = (path: string): string => {
    const [id, name] = path.split('/');
    const endpoint = `PUT /actors/Cart/${id}/method/remind/${name}`;
    app.on(endpoint, {});
    return endpoint;
  };
  const set = async (path: string, body: unknown): Promise<string> => {
    const endpoint = callback(path);
    const answer = await reminder('POST', path, body);
    expect([answer.status, answer.text]).toEqual([204, '']);
    return endpoint;
  };
  /** The reminder is told to have ended once its last callback has been answered. */
  const ended = async (path: string): Promise<void> => {
    while ((await reminder('GET', path)).status === 200)
      await new Promise((resolve) => setTimeout(resolve, 20));
  };

  const failing: Record<string, Answering> = {
    'failing-500': { status: 500 },
    'failing-404': { status: 404 },
    'failing-204': { status: 204 },
  };
  /** What takes seconds begins before all, so that it takes them once. */
  async function startLasting(): Promise<void> {
    const second = callback('second/r');
    app.on(second, () => ({
      status: app.received(second).length < 2 ? 500 : 200,
    }));
    await reminder('POST', 'second/r', { dueTime: '0s' });
    for (const [id, answering] of Object.entries(failing)) {
      app.on(callback(`${id}/r`), answering);
      // A policy over HTTP is taken, and has no effect.
      const failurePolicy = { drop: {} };
      await reminder('POST', `${id}/r`, { dueTime: '0s', failurePolicy });
    }
    await set('repeated/two', { dueTime: '0s', period: 'R2/PT1S' });
    await set('repeated/zero', { dueTime: '0s', period: 'R0/PT1S' });
    await set('bounded/ttl', { dueTime: '0s', period: '400ms', ttl: '1s' });
    // Due so late that it is deleted before on a busy machine, too.
    await set('deleted/deleted', { dueTime: '4s' });
    expect((await reminder('DELETE', 'deleted/deleted')).status).toBe(204);
    await set('deleted/mark', { dueTime: '4500ms' });
  }
  const received = (path: string): number => {
    const [id, name] = path.split('/');
    return app.received(`PUT /actors/Cart/${id}/method/remind/${name}`).length;
  };

  beforeAll(async () => {
    app.on('GET /dapr/config', {
      body: { entities: ['Cart'], reentrancy: { enabled: true } },
    });
    await app.listen();
    sidecar = await startSidecar({
      appId: 'reminders',
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

  it('comes as PUT of its data, with empty times', async () => {
    const endpoint = await set(
      'form/full',
      '{ "dueTime": "100ms", "period": "300ms", "data": { "b": 1, "a": "<>&" } }',
    );
    const { text, headers } = await app.next(endpoint);
    expect(text).toBe(
      '{"data":{"b":1,"a":"\\u003c\\u003e\\u0026"},"dueTime":"","period":""}',
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
    await reminder('DELETE', 'form/full');
  });

  it.each<[string, string, string]>([
    ['no data', '{"dueTime":"0s"}', ''],
    ['null', '{"dueTime":"0s","data":null}', '"data":null,'],
    ['a text', '{"dueTime":"0s","data":"x"}', '"data":"x",'],
    ['0', '{"dueTime":"0s","data":0}', '"data":0,'],
    ['false', '{"dueTime":"0s","data":false}', '"data":false,'],
    ['an array', '{"dueTime":"0s","data":[1, 2]}', '"data":[1,2],'],
  ])('carries %s', async (what, body, member) => {
    const endpoint = await set(`data/${encodeURIComponent(what)}`, body);
    const { text } = await app.next(endpoint);
    expect(text).toBe(`{${member}"dueTime":"","period":""}`);
  });

  it('with a period only comes first after one period', async () => {
    const registered = performance.now();
    const endpoint = await set('period/only', { period: '500ms' });
    const [first, second] = await app.count(endpoint, 2);
    expect((first?.at ?? 0) - registered).toBeGreaterThan(450);
    expect((second?.at ?? 0) - registered).toBeGreaterThan(950);
    await reminder('DELETE', 'period/only');
  });

  it('with a due time only comes once and is over', async () => {
    const endpoint = await set('once/once', { dueTime: '100ms' });
    await app.next(endpoint);
    await ended('once/once');
    expect(errorOf(await reminder('GET', 'once/once'))).toEqual(NOT_FOUND);
    expect(app.received(endpoint)).toHaveLength(1);
  });

  it('of n repetitions comes n times and is over', async () => {
    await ended('repeated/two');
    expect(received('repeated/two')).toBe(2);
  });

  it('of zero repetitions comes without end', async () => {
    await app.count('PUT /actors/Cart/repeated/method/remind/zero', 3);
    expect((await reminder('GET', 'repeated/zero')).status).toBe(200);
    await reminder('DELETE', 'repeated/zero');
  });

  it('ends by its time to live', async () => {
    await ended('bounded/ttl');
    expect(received('bounded/ttl')).toBe(3);
  });

  it('with a due time in the past comes at once', async () => {
    await app.next(await set('past/due', { dueTime: '2020-01-01T00:00:00Z' }));
  });

  it('wakes an actor that was never called', async () => {
    await app.next(await set('never-called/wake', { dueTime: '0s' }));
  });

  it('may be set by PUT', async () => {
    const endpoint = callback('verbs/put');
    const answer = await reminder('PUT', 'verbs/put', { dueTime: '0s' });
    expect(answer.status).toBe(204);
    await app.next(endpoint);
  });

  it('does not come after it was deleted', async () => {
    expect(errorOf(await reminder('GET', 'deleted/deleted'))).toEqual(
      NOT_FOUND,
    );
    await app.until(() => received('deleted/mark') > 0, 'what is due later');
    expect(received('deleted/deleted')).toBe(0);
  });

  it('that is absent can be deleted, but not read', async () => {
    expect((await reminder('DELETE', 'none/none')).status).toBe(204);
    const answer = await reminder('GET', 'none/none');
    expect(errorOf(answer)).toEqual(NOT_FOUND);
    expect(messageOf(answer)).toBe('actor reminder not found: none');
  });

  it.each<[object, object]>([
    [
      { dueTime: '1h', period: '1s' },
      { dueTime: '1h', period: '@every 1s' },
    ],
    [
      { dueTime: '1h', period: '1h30m' },
      { dueTime: '1h', period: '@every 1h30m0s' },
    ],
    [
      { dueTime: '1h', period: '1500ms' },
      { dueTime: '1h', period: '@every 1.5s' },
    ],
    [
      { dueTime: 'PT1H', period: 'R2/PT24H' },
      { dueTime: 'PT1H', period: '@every 24h0m0s' },
    ],
    [{ dueTime: 'P1D' }, { dueTime: 'P1D' }],
    [{ period: '1h' }, { period: '@every 1h0m0s' }],
    [
      { dueTime: '1h', data: { b: 1, a: 2 } },
      { dueTime: '1h', data: { b: 1, a: 2 } },
    ],
    [
      { dueTime: '1h', data: 'x' },
      { dueTime: '1h', data: 'x' },
    ],
    [
      { dueTime: '1h', period: '1h', ttl: '5h' },
      { dueTime: '1h', period: '@every 1h0m0s' },
    ],
  ])('of %j is read as %j', async (body, form) => {
    await set('read/read', body);
    const answer = await reminder('GET', 'read/read');
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      actorID: 'read',
      actorType: 'Cart',
      ...form,
    });
    expect(answer.text.endsWith('\n')).toBe(true);
    await reminder('DELETE', 'read/read');
  });

  it('set again replaces the first of that name', async () => {
    await set('again/again', { dueTime: '1h', data: 1 });
    await set('again/again', { dueTime: '2h', data: 2, overwrite: true });
    const answer = await reminder('GET', 'again/again');
    expect(answer.json).toMatchObject({ dueTime: '2h', data: 2 });
  });

  it('is not replaced where overwrite is false', async () => {
    await set('kept/kept', { dueTime: '1h', data: 1, overwrite: false });
    const answer = await reminder('POST', 'kept/kept', {
      dueTime: '2h',
      data: 2,
      overwrite: false,
    });
    expect(errorOf(answer)).toEqual({
      status: 409,
      errorCode: 'ERR_ACTOR_REMINDER_ALREADY_EXISTS',
    });
    const read = await reminder('GET', 'kept/kept');
    expect(read.json).toMatchObject({ dueTime: '1h', data: 1 });
  });

  it('belongs to one actor only', async () => {
    await set('mine/mine', { dueTime: '1h' });
    expect(errorOf(await reminder('GET', 'theirs/mine'))).toEqual(NOT_FOUND);
  });

  it('that succeeds at the second try is not tried again', async () => {
    await ended('second/r');
    expect(received('second/r')).toBe(2);
  });

  it.each(Object.keys(failing))(
    'that is answered as by %s is tried four times, a second apart, and then over',
    async (id) => {
      const endpoint = `PUT /actors/Cart/${id}/method/remind/r`;
      const calls = await app.count(endpoint, 4);
      for (const [index, { at }] of calls.entries()) {
        if (index === 0) continue;
        expect(at - (calls[index - 1]?.at ?? 0)).toBeGreaterThan(500);
      }
      await ended(`${id}/r`);
      expect(received(`${id}/r`)).toBe(4);
    },
  );

  it('goes on though its callback asks to cancel it', async () => {
    const endpoint = callback('cancel/r');
    app.on(endpoint, { headers: { 'X-DaprReminderCancel': 'true' } });
    await reminder('POST', 'cancel/r', { dueTime: '0s', period: '300ms' });
    await app.count(endpoint, 3);
    await reminder('DELETE', 'cancel/r');
  });

  it('can be deleted by its own callback', async () => {
    const endpoint = callback('self/r');
    app.on(endpoint, async () => {
      await reminder('DELETE', 'self/r');
      return {};
    });
    await reminder('POST', 'self/r', { dueTime: '0s', period: '300ms' });
    await app.next(endpoint);
    await app.next(await set('self/mark', { dueTime: '800ms' }));
    expect(app.received(endpoint)).toHaveLength(1);
  });

  it.each<[object, string]>([
    [
      {},
      'rpc error: code = Unknown desc = job failed validation: job must have either a due time or a schedule',
    ],
    [{ dueTime: '1h', period: 'P1D' }, 'unsupported period format: P1D'],
    [{ dueTime: '1h', period: 'R3/P1W' }, 'unsupported period format: R3/P1W'],
    [{ dueTime: '1h', period: 'PT0.5S' }, 'unsupported period format: PT0.5S'],
    [
      { dueTime: '1h', period: '@every 1s' },
      'unsupported period format: @every 1s',
    ],
    [
      { dueTime: '1h', period: 'nonsense' },
      'unsupported period format: nonsense',
    ],
    [
      { dueTime: '1s', ttl: '10s' },
      'rpc error: code = Unknown desc = job failed validation: job must have a schedule to have a ttl',
    ],
    [
      { dueTime: '1h', period: '1s', ttl: '2020-01-01T00:00:00Z' },
      'rpc error: code = Unknown desc = job failed validation: ttl must be greater than due time',
    ],
  ])('of %j is refused', async (body, message) => {
    const answer = await reminder('POST', 'bad/bad', body);
    expect(errorOf(answer)).toEqual(CREATE);
    expect(messageOf(answer)).toBe(`error creating actor reminder: ${message}`);
  });

  it('of a due time that is none is refused', async () => {
    const answer = await reminder('POST', 'bad/bad', { dueTime: 'nonsense' });
    expect(errorOf(answer)).toEqual(CREATE);
  });

  it.each(['', '{x', '[]'])('refuses a body of %j', async (body) => {
    expect(errorOf(await reminder('POST', 'bad/bad', body))).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    });
  });

  it.each(['POST', 'GET', 'DELETE'])(
    'of a type that the app does not host is answered 403 to %s',
    async (verb) => {
      const path = '/v1.0/actors/Nobody/1/reminders/r';
      const body = verb === 'POST' ? { dueTime: '1s' } : undefined;
      const answer = await call(sidecar, verb, path, body);
      expect(errorOf(answer)).toEqual({
        status: 403,
        errorCode: 'ERR_ACTOR_REMINDER_NON_HOSTED',
      });
      expect(messageOf(answer)).toBe(
        'operations on actor reminders are only possible on hosted actor types',
      );
    },
  );
});
