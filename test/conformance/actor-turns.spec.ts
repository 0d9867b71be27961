import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { until } from '../support/until.js';
import { component } from './components.js';
import { RecordingApp, type Answer } from './recording-app.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

/** A handler that ends when it is told to. */
class Gate {
  private open = (): void => undefined;
  private readonly opened = new Promise<void>(
    (resolve) => (this.open = resolve),
  );

  release(): void {
    this.open();
  }
  readonly answer = async (): Promise<Answer> => {
    await this.opened;
    return {};
  };
}

describe('turns of actors', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;
  const invoke = (
    path: string,
    headers?: Record<string, string>,
    body?: string,
  ): Promise<WireAnswer> => {
    const [type, id, method = 'm'] = path.split('/');
    const target = `/v1.0/actors/${type}/${id}/method/${method}`;
    return call(sidecar, 'POST', target, body, headers);
  };

  beforeAll(async () => {
    app.on('GET /dapr/config', {
      body: {
        entities: ['Plain', 'Reentrant', 'Idle'],
        entitiesConfig: [
          {
            entities: ['Reentrant'],
            reentrancy: { enabled: true, maxStackDepth: 3 },
          },
          { entities: ['Idle'], actorIdleTimeout: '1s' },
        ],
      },
    });
    await app.listen();
    sidecar = await startSidecar({
      appId: 'turns',
      app,
      resources: component('state.in-memory', 'store', {
        actorStateStore: 'true',
      }),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  it('of one actor come one after the other, in the order of their calls', async () => {
    const endpoint = 'PUT /actors/Plain/queue/method/m';
    let running = 0;
    let most = 0;
    const gate = new Gate();
    app.on(endpoint, async () => {
      most = Math.max(most, ++running);
      await gate.answer();
      running -= 1;
      return {};
    });
    const calls: Promise<WireAnswer>[] = [];
    for (const body of ['0', '1', '2', '3', '4']) {
      calls.push(invoke('Plain/queue', {}, body));
      // Nothing tells when the sidecar has queued a call: this is time enough to keep their order, on a busy machine too.
      await delay(200);
    }
    expect(app.received(endpoint)).toHaveLength(1);
    gate.release();
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status)).toEqual([
      200, 200, 200, 200, 200,
    ]);
    expect(app.received(endpoint).map(({ text }) => text)).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
    ]);
    expect(most).toBe(1);
  });

  it('of different actors run beside each other', async () => {
    const gate = new Gate();
    const ids = ['a', 'b', 'c'];
    for (const id of ids)
      app.on(`PUT /actors/Plain/${id}/method/m`, gate.answer);
    const calls = ids.map((id) => invoke(`Plain/${id}`));
    for (const id of ids) await app.next(`PUT /actors/Plain/${id}/method/m`);
    gate.release();
    await Promise.all(calls);
  });

  it('go on after one that failed', async () => {
    const endpoint = 'PUT /actors/Plain/failing/method/m';
    app.on(endpoint, { status: 500 });
    expect((await invoke('Plain/failing')).status).toBe(500);
    app.on(endpoint, 'cut');
    expect((await invoke('Plain/failing')).status).toBe(500);
    app.on(endpoint, {});
    expect((await invoke('Plain/failing')).status).toBe(200);
  });

  it('without reentrancy know no id, and make an actor that calls itself wait', async () => {
    const inner = 'PUT /actors/Plain/self/method/inner';
    app.on(inner, {});
    let second: Promise<WireAnswer> | undefined;
    app.on('PUT /actors/Plain/self/method/outer', async ({ headers }) => {
      expect(headers).not.toHaveProperty('dapr-reentrancy-id');
      second = invoke('Plain/self/inner', { 'dapr-reentrancy-id': 'x' });
      await invoke('Plain/other/m');
      return {};
    });
    app.on('PUT /actors/Plain/other/method/m', {});
    expect((await invoke('Plain/self/outer')).status).toBe(200);
    expect((await second)?.status).toBe(200);
    const order = app.endpoints.filter((endpoint) =>
      /self|other/.test(endpoint),
    );
    expect(order).toEqual([
      'PUT /actors/Plain/self/method/outer',
      'PUT /actors/Plain/other/method/m',
      inner,
    ]);
  });

  it('with reentrancy have an id of their own', async () => {
    const endpoint = 'PUT /actors/Reentrant/id/method/m';
    app.on(endpoint, {});
    await invoke('Reentrant/id');
    await invoke('Reentrant/id');
    const ids = app
      .received(endpoint)
      .map(({ headers }) => headers['dapr-reentrancy-id']);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[1]).not.toBe(ids[0]);
  });

  it('with reentrancy keep the id of the caller', async () => {
    const endpoint = 'PUT /actors/Reentrant/own/method/m';
    app.on(endpoint, {});
    await invoke('Reentrant/own', { 'dapr-reentrancy-id': 'mine' });
    const { headers } = await app.next(endpoint);
    expect(headers['dapr-reentrancy-id']).toBe('mine');
  });

  it('with reentrancy let a call with the id of the running turn in, by way of others too', async () => {
    const pass =
      (id: string) => (received: { headers: Record<string, unknown> }) => ({
        'dapr-reentrancy-id': String(received.headers['dapr-reentrancy-id']),
        path: id,
      });
    app.on('PUT /actors/Reentrant/a/method/outer', async (received) => {
      const { path, ...headers } = pass('Reentrant/b/middle')(received);
      return { body: `a(${(await invoke(path, headers)).text})` };
    });
    app.on('PUT /actors/Reentrant/b/method/middle', async (received) => {
      const { path, ...headers } = pass('Reentrant/a/inner')(received);
      return { body: `b(${(await invoke(path, headers)).text})` };
    });
    app.on('PUT /actors/Reentrant/a/method/inner', { body: 'inner' });
    expect((await invoke('Reentrant/a/outer')).text).toBe('a(b(inner))');
  });

  it('with reentrancy make a call of another id wait', async () => {
    const gate = new Gate();
    const endpoint = 'PUT /actors/Reentrant/wait/method/m';
    app.on(endpoint, gate.answer);
    const first = invoke('Reentrant/wait', { 'dapr-reentrancy-id': 'one' });
    await app.next(endpoint);
    const second = invoke('Reentrant/wait', { 'dapr-reentrancy-id': 'two' });
    const inside = invoke('Reentrant/wait', { 'dapr-reentrancy-id': 'one' });
    const { headers } = await app.next(endpoint);
    expect(headers['dapr-reentrancy-id']).toBe('one');
    expect(app.received(endpoint)).toHaveLength(2);
    gate.release();
    const answers = await Promise.all([first, second, inside]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('with reentrancy end at the depth that the app allows', async () => {
    const endpoint = 'PUT /actors/Reentrant/deep/method/m';
    let refusal: WireAnswer | undefined;
    app.on(endpoint, async ({ headers }) => {
      const id = String(headers['dapr-reentrancy-id']);
      const inner = await invoke('Reentrant/deep', {
        'dapr-reentrancy-id': id,
      });
      if (inner.status !== 200) refusal ??= inner;
      return {};
    });
    expect((await invoke('Reentrant/deep')).status).toBe(200);
    expect(app.received(endpoint)).toHaveLength(3);
    expect(errorOf(refusal as WireAnswer)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_STACK_DEPTH',
    });
    expect(messageOf(refusal as WireAnswer)).toBe(
      'maximum stack depth exceeded',
    );
  });

  it('end with a DELETE after the idle time, however it is answered; the next call begins anew', async () => {
    const one = async (status: number): Promise<void> => {
      const id = `idle-${status}`;
      app
        .on(`PUT /actors/Idle/${id}/method/m`, {})
        .on(`DELETE /actors/Idle/${id}`, { status });
      const started = performance.now();
      await invoke(`Idle/${id}`);
      const deactivation = await app.next(`DELETE /actors/Idle/${id}`);
      expect(deactivation.at - started).toBeGreaterThan(900);
      expect(deactivation.text).toBe('');
      expect(deactivation.headers).not.toHaveProperty('traceparent');
      const path = `/v1.0/actors/Idle/${id}/state`;
      const state = (): Promise<WireAnswer> => call(sidecar, 'POST', path, []);
      await until(async () => (await state()).status === 400);
      // It is idle again after a second, which may have passed before it is asked.
      await until(async () => {
        expect((await invoke(`Idle/${id}`)).status).toBe(200);
        return (await state()).status === 204;
      });
    };
    await Promise.all([200, 204, 404, 500].map(one));
  });

  it('are begun by timers too, and these outlive the actor', async () => {
    const tick = 'PUT /actors/Idle/ticking/method/timer/t';
    app.on(tick, {}).on('DELETE /actors/Idle/ticking', {});
    const path = '/v1.0/actors/Idle/ticking/timers/t';
    await call(sidecar, 'POST', path, { dueTime: '0s', period: '2s' });
    await app.next(tick);
    await app.next('DELETE /actors/Idle/ticking');
    await app.next(tick);
    await call(sidecar, 'DELETE', path);
  });

  it('are cut by the idle time while they run', async () => {
    const gate = new Gate();
    const endpoint = 'PUT /actors/Idle/cut/method/m';
    app.on(endpoint, gate.answer).on('DELETE /actors/Idle/cut', {});
    const answer = await invoke('Idle/cut');
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_INVOKE_METHOD',
    });
    await app.next('DELETE /actors/Idle/cut');
    gate.release();
    app.on(endpoint, {});
    expect((await invoke('Idle/cut')).status).toBe(200);
  });
});

describe('a sidecar that stops', () => {
  it('deactivates the actors of the app', async () => {
    const app = new RecordingApp();
    app
      .on('GET /dapr/config', { body: { entities: ['Cart'] } })
      .on('PUT /actors/Cart/1/method/m', {})
      .on('DELETE /actors/Cart/1', {});
    await app.listen();
    const sidecar = await startSidecar({
      appId: 'stopping',
      app,
      resources: component('state.in-memory', 'store', {
        actorStateStore: 'true',
      }),
    });
    try {
      await call(sidecar, 'POST', '/v1.0/actors/Cart/1/method/m');
    } finally {
      await sidecar.stop();
    }
    expect(app.received('DELETE /actors/Cart/1')).toHaveLength(1);
    await app.close();
  });
});
