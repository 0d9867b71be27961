import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { errorOf, type WireAnswer } from '../../conformance/wire.js';
import { ActorBench, type BenchHost } from '../../support/actor-bench.js';
import { Gate } from '../../support/gate.js';

const CONFIG = { entities: ['Cart'] };

let bench: ActorBench;
beforeEach(() => {
  bench = new ActorBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

async function set(
  kind: 'timers' | 'reminders',
  path: string,
  body: object,
  of: string | BenchHost = 'app',
): Promise<void> {
  const [id, name] = path.split('/');
  const answer = await bench.call(
    of,
    'POST',
    `Cart/${id}/${kind}/${name}`,
    body,
  );
  expect([answer.status, answer.text]).toEqual([204, '']);
}

describe('timers in the embedded sidecar', () => {
  const tick = (name: string, id = '1'): string =>
    `PUT /actors/Cart/${id}/method/timer/${name}`;
  const count = (host: BenchHost, name: string): number =>
    host.app.received(tick(name)).length;

  it('move with the clock, and outlive an actor that was idle', async () => {
    const host = await bench.host('app', CONFIG);
    host.app.on(tick('t'), {}).on('DELETE /actors/Cart/1', {});
    await set('timers', '1/t', { dueTime: '10m', period: '3h' });
    await bench.clock.advance('10m');
    expect(count(host, 't')).toBe(1);
    await bench.clock.advance('2h');
    expect(host.app.received('DELETE /actors/Cart/1')).toHaveLength(1);
    await bench.clock.advance('22h');
    expect(count(host, 't')).toBe(8 + 1);
    expect(bench.transcript.of('actor-timer')[0]).toEqual({
      kind: 'actor-timer',
      at: expect.any(Number),
      appId: 'app',
      name: 'Cart/1/t',
      outcome: '200',
    });
  });

  it('keep their actor from being idle', async () => {
    const config = { ...CONFIG, actorIdleTimeout: '2s' };
    const host = await bench.host('app', config);
    host.app.on(tick('t'), {}).on('DELETE /actors/Cart/1', {});
    await set('timers', '1/t', { dueTime: '0s', period: '1s' });
    await bench.clock.advance('1m');
    expect(host.app.received('DELETE /actors/Cart/1')).toHaveLength(0);
  });

  it('that come late follow one another at once, at the times of their schedule', async () => {
    const host = await bench.host('app', CONFIG);
    const gate = new Gate();
    host.app.on(tick('t'), gate.answer);
    await set('timers', '1/t', { dueTime: '1s', period: '1s' });
    await bench.clock.advance('1s');
    host.app.on(tick('t'), {});
    await bench.clock.advance('2500ms');
    expect(count(host, 't')).toBe(1);
    gate.open();
    await bench.activity.idle();
    expect(count(host, 't')).toBe(3);
    await bench.clock.advance('500ms');
    expect(count(host, 't')).toBe(4);
  });

  it('that were deleted or replaced while they ran do not come again', async () => {
    const host = await bench.host('app', CONFIG);
    const gate = new Gate();
    host.app.on(tick('gone'), gate.answer).on(tick('new'), gate.answer);
    await set('timers', '1/gone', { period: '1s' });
    await set('timers', '2/new', { period: '1s' });
    host.app.on(tick('new', '2'), {});
    await host.app.next(tick('gone'));
    await bench.call('app', 'DELETE', 'Cart/1/timers/gone');
    await set('timers', '2/new', { dueTime: '1h' });
    gate.open();
    await bench.clock.advance('10m');
    expect(count(host, 'gone')).toBe(1);
    expect(host.app.received(tick('new', '2'))).toHaveLength(1);
    await bench.clock.advance('50m');
    expect(host.app.received(tick('new', '2'))).toHaveLength(2);
  });

  it('fail when the sidecar is told to, and go on', async () => {
    const host = await bench.host('app', CONFIG);
    host.app.on(tick('t'), {});
    bench.faults.failNext('actor.timer', 2);
    await set('timers', '1/t', { dueTime: '1s', period: '1s' });
    await bench.clock.advance('3s');
    expect(count(host, 't')).toBe(1);
  });

  it('go with their host', async () => {
    const host = await bench.host('app', CONFIG);
    host.app.on(tick('t'), {});
    await set('timers', '1/t', { dueTime: '1s', period: '1s' });
    await bench.actors.unregister(host, 'lost');
    const again = await bench.host('app', CONFIG, 'again');
    again.app.on(tick('t'), {});
    await bench.clock.advance('1m');
    expect([count(host, 't'), count(again, 't')]).toEqual([0, 0]);
  });
});

describe('reminders in the embedded sidecar', () => {
  const tick = (name: string, id = '1'): string =>
    `PUT /actors/Cart/${id}/method/remind/${name}`;
  const count = (host: BenchHost, name: string): number =>
    host.app.received(tick(name)).length;
  const get = (path: string): Promise<WireAnswer> => {
    const [id, name] = path.split('/');
    return bench.call('app', 'GET', `Cart/${id}/reminders/${name}`);
  };

  it('come when they are due, and are over after the last time', async () => {
    const host = await bench.host('app', CONFIG);
    host.app.on(tick('r'), {}).on('DELETE /actors/Cart/1', {});
    await set('reminders', '1/r', {
      dueTime: '24h',
      period: 'R2/PT1H',
      data: { a: 1 },
    });
    await bench.clock.advance('24h');
    expect(host.app.received(tick('r')).map(({ json }) => json)).toEqual([
      { data: { a: 1 }, dueTime: '', period: '' },
    ]);
    expect((await get('1/r')).json).toEqual({
      actorID: '1',
      actorType: 'Cart',
      data: { a: 1 },
      dueTime: '24h',
      period: '@every 1h0m0s',
    });
    await bench.clock.advance('1h');
    expect(count(host, 'r')).toBe(2);
    expect((await get('1/r')).status).toBe(404);
    expect(bench.transcript.of('actor-reminder')).toHaveLength(2);
  });

  it('tell their end only where it was given as a moment', async () => {
    await bench.host('app', CONFIG);
    const due = { dueTime: '1h', period: '1h' };
    await set('reminders', '1/a', { ...due, ttl: '10h' });
    await set('reminders', '1/b', { ...due, ttl: '2030-01-01T00:00:00.500Z' });
    await set('reminders', '1/c', {
      ...due,
      ttl: '2030-01-01T02:00:00.00+02:00',
    });
    const ttl = async (name: string): Promise<unknown> =>
      ((await get(`1/${name}`)).json as Record<string, unknown>)['ttl'];
    expect([await ttl('a'), await ttl('b'), await ttl('c')]).toEqual([
      undefined,
      '2030-01-01T00:00:00.5Z',
      '2030-01-01T02:00:00+02:00',
    ]);
  });

  it('that fail are tried three more times, a second apart, and then go on by their schedule', async () => {
    const host = await bench.host('app', CONFIG);
    host.app.on(tick('r'), { status: 500 });
    await set('reminders', '1/r', { dueTime: '1m', period: '1m' });
    await bench.clock.advance('1m');
    expect(count(host, 'r')).toBe(1);
    await bench.clock.advance('1s');
    expect(count(host, 'r')).toBe(2);
    await bench.clock.advance('30s');
    expect(count(host, 'r')).toBe(4);
    host.app.on(tick('r'), {});
    await bench.clock.advance('29s');
    expect(count(host, 'r')).toBe(5);
    expect((await get('1/r')).status).toBe(200);
  });

  it('that fail and have no further time are over after the last try', async () => {
    const host = await bench.host('app', CONFIG);
    host.app.on(tick('r'), { status: 404 });
    await set('reminders', '1/r', { dueTime: '1m' });
    await bench.clock.advance('1m');
    expect((await get('1/r')).status).toBe(200);
    await bench.clock.advance('3s');
    expect(count(host, 'r')).toBe(4);
    expect((await get('1/r')).status).toBe(404);
  });

  it('fail when the sidecar is told to', async () => {
    const host = await bench.host('app', CONFIG);
    host.app.on(tick('r'), {});
    bench.faults.failNext('actor.reminder', 2);
    await set('reminders', '1/r', { dueTime: '1s' });
    await bench.clock.advance('2s');
    expect(count(host, 'r')).toBe(0);
    await bench.clock.advance('1s');
    expect(count(host, 'r')).toBe(1);
  });

  it('outlive their app: what it missed comes when it is back, one after the other', async () => {
    const host = await bench.host('app', CONFIG);
    await set('reminders', '1/r', { dueTime: '1m', period: '1m' });
    await bench.actors.unregister(host, 'lost');
    await bench.clock.advance('3m');
    const back = await bench.host('app', CONFIG, 'back');
    let [running, most] = [0, 0];
    back.app.on(tick('r'), async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return {};
    });
    await bench.activity.idle();
    // The first went out before the app was told how to answer, and is tried again.
    await bench.clock.advance('1s');
    expect(count(back, 'r')).toBeGreaterThanOrEqual(3);
    expect(most).toBe(1);
    const caughtUp = count(back, 'r');
    await bench.clock.advance('59s');
    expect(count(back, 'r')).toBe(caughtUp + 1);
  });

  it('are those of all apps that host the type', async () => {
    const host = await bench.host('app', CONFIG);
    await set('reminders', '1/r', { dueTime: '1m' });
    await bench.actors.unregister(host, 'lost');
    const other = await bench.host('other', CONFIG);
    other.app.on(tick('r'), {});
    const path = 'Cart/1/reminders/r';
    expect((await bench.call('other', 'GET', path)).status).toBe(200);
    await bench.clock.advance('1h');
    expect(count(other, 'r')).toBe(1);
  });

  it('are replaced and begin anew, unless they must not be', async () => {
    const host = await bench.host('app', CONFIG);
    host.app.on(tick('r'), {});
    await set('reminders', '1/r', { dueTime: '1m', data: 1 });
    const answer = await bench.call('app', 'POST', 'Cart/1/reminders/r', {
      dueTime: '2m',
      overwrite: false,
    });
    expect(errorOf(answer)).toEqual({
      status: 409,
      errorCode: 'ERR_ACTOR_REMINDER_ALREADY_EXISTS',
    });
    await set('reminders', '1/r', { dueTime: '2m', data: 2 });
    await bench.clock.advance('10m');
    expect(host.app.received(tick('r')).map(({ json }) => json)).toEqual([
      { data: 2, dueTime: '', period: '' },
    ]);
  });

  it('that were deleted do not come', async () => {
    const host = await bench.host('app', CONFIG);
    await set('reminders', '1/r', { dueTime: '1m' });
    const path = 'Cart/1/reminders/r';
    expect((await bench.call('app', 'DELETE', path)).status).toBe(204);
    expect((await bench.call('app', 'DELETE', path)).status).toBe(204);
    await bench.clock.advance('1h');
    expect(count(host, 'r')).toBe(0);
  });

  it('go to the actor’s new host when it has moved', async () => {
    const one = await bench.host('app', CONFIG, 'one');
    const two = await bench.host('app', CONFIG, 'two');
    const ids = Array.from({ length: 20 }, (_, index) => `${index}`);
    for (const id of ids) {
      for (const { app } of [one, two]) app.on(tick('r', id), {});
      const every = { dueTime: '1m', period: '1m' };
      await set('reminders', `${id}/r`, every, one);
    }
    const received = (host: BenchHost): number =>
      ids.filter((id) => host.app.received(tick('r', id)).length > 0).length;
    await bench.clock.advance('1m');
    expect(received(one)).toBeGreaterThan(3);
    expect(received(one) + received(two)).toBe(20);
    await bench.actors.unregister(two, 'lost');
    await bench.clock.advance('1m');
    expect(received(one)).toBe(20);
  });
});
