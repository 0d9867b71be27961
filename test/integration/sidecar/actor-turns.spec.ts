import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Answer } from '../../conformance/recording-app.js';
import { errorOf, messageOf, type WireAnswer } from '../../conformance/wire.js';
import { ActorBench, type BenchHost } from '../../support/actor-bench.js';
import { Gate } from '../../support/gate.js';
import { passUntil } from '../../support/until.js';

const FAILED = { status: 500, errorCode: 'ERR_ACTOR_INVOKE_METHOD' };
const MISSING = { status: 400, errorCode: 'ERR_ACTOR_INSTANCE_MISSING' };

describe('turns of actors in the embedded sidecar', () => {
  let bench: ActorBench;
  beforeEach(() => {
    bench = new ActorBench();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const invoke = (id: string, method = 'm'): Promise<WireAnswer> =>
    bench.call('app', 'POST', `Cart/${id}/method/${method}`);
  const save = (id: string, appId = 'app'): Promise<WireAnswer> =>
    bench.call(appId, 'POST', `Cart/${id}/state`, [
      { operation: 'upsert', request: { key: 'k', value: 1 } },
    ]);
  const endpoint = (id: string, method = 'm'): string =>
    `PUT /actors/Cart/${id}/method/${method}`;
  /** A turn that runs until the gate opens. */
  async function running(host: BenchHost, id: string, gate: Gate) {
    host.app.on(endpoint(id), gate.answer);
    const answer = invoke(id);
    await host.app.next(endpoint(id));
    return { answer };
  }

  it('end with the idle time, which moves with the clock and begins anew with each turn', async () => {
    const host = await bench.host('app', { entities: ['Cart'] });
    host.app.on(endpoint('1'), {}).on('DELETE /actors/Cart/1', {});
    await invoke('1');
    await bench.clock.advance('59m');
    await invoke('1');
    await bench.clock.advance('59m');
    expect(host.app.received('DELETE /actors/Cart/1')).toHaveLength(0);
    expect((await save('1')).status).toBe(204);
    await bench.clock.advance('1m');
    expect(host.app.received('DELETE /actors/Cart/1')).toHaveLength(1);
    expect(errorOf(await save('1'))).toEqual(MISSING);
    expect(bench.transcript.of('actor-deactivate')).toEqual([
      expect.objectContaining({ appId: 'app', name: 'Cart/1', outcome: '200' }),
    ]);
  });

  it('begin anew only when the host has answered the DELETE, and state can’t be written before', async () => {
    const host = await bench.host('app', {
      entities: ['Cart'],
      actorIdleTimeout: '1s',
    });
    const gate = new Gate();
    host.app.on(endpoint('1'), {}).on('DELETE /actors/Cart/1', gate.answer);
    await invoke('1');
    const advanced = bench.clock.advance('1s');
    await host.app.next('DELETE /actors/Cart/1');
    expect(errorOf(await save('1'))).toEqual(MISSING);
    const next = invoke('1');
    await advanced;
    expect(host.app.received(endpoint('1'))).toHaveLength(1);
    gate.open();
    expect((await next).status).toBe(200);
    expect((await save('1')).status).toBe(204);
  });

  it('that waited behind one which the idle time cut go on with the next instance', async () => {
    const host = await bench.host('app', {
      entities: ['Cart'],
      actorIdleTimeout: '1s',
    });
    host.app.on('DELETE /actors/Cart/1', {});
    const gate = new Gate();
    const { answer: first } = await running(host, '1', gate);
    const second = invoke('1', 'second');
    host.app.on(endpoint('1', 'second'), {});
    await bench.clock.advance('1s');
    expect(messageOf(await first)).toBe(
      'error invoke actor method: context canceled',
    );
    expect((await second).status).toBe(200);
    gate.open();
  });

  it('of a caller that went away make room for the next one', async () => {
    const host = await bench.host('app', { entities: ['Cart'] });
    const gate = new Gate();
    host.app.on(endpoint('1'), gate.answer).on(endpoint('1', 'next'), {});
    const { httpPort } = await bench.api('app');
    const caller = new AbortController();
    const url = `http://127.0.0.1:${httpPort}/v1.0/actors/Cart/1/method/m`;
    const left = fetch(url, { method: 'POST', signal: caller.signal });
    await host.app.next(endpoint('1'));
    caller.abort();
    await expect(left).rejects.toThrow();
    expect((await invoke('1', 'next')).status).toBe(200);
    gate.open();
  });

  it('fail when the sidecar is told to, and the application is not called', async () => {
    const host = await bench.host('app', { entities: ['Cart'] });
    host.app.on(endpoint('1'), {});
    bench.faults.failNext('actor.invoke');
    const answer = await invoke('1');
    expect(errorOf(answer)).toEqual(FAILED);
    expect(host.app.received(endpoint('1'))).toHaveLength(0);
    expect((await invoke('1')).status).toBe(200);
  });

  it('stand in the transcript', async () => {
    const host = await bench.host('app', { entities: ['Cart'] });
    host.app.on(endpoint('1'), {}).on(endpoint('2'), { status: 500 });
    await invoke('1');
    await invoke('2');
    expect(bench.transcript.of('actor-method')).toMatchObject([
      { appId: 'app', name: 'Cart/1/m', outcome: '200' },
      { appId: 'app', name: 'Cart/2/m', outcome: '500' },
    ]);
  });

  it.each(['lost', 'closing'] as const)(
    'fail when their host is %s, and the actor is forgotten; those that waited find no other host',
    async (how) => {
      const host = await bench.host('app', { entities: ['Cart'] });
      host.app.on('DELETE /actors/Cart/1', {});
      const gate = new Gate();
      const { answer } = await running(host, '1', gate);
      const waiting = invoke('1', 'second');
      await bench.actors.unregister(host, how);
      expect(errorOf(await answer)).toEqual(FAILED);
      const left = await passUntil(bench.clock, waiting);
      expect(messageOf(left)).toMatch(/did not find address/);
      expect(errorOf(await save('1'))).toEqual(MISSING);
      expect(host.app.received('DELETE /actors/Cart/1')).toHaveLength(
        how === 'closing' ? 1 : 0,
      );
      gate.open();
      await bench.activity.idle();
    },
  );

  it('of a lost host do not wait for the answer to a DELETE', async () => {
    const host = await bench.host('app', { entities: ['Cart'] });
    const gate = new Gate();
    host.app.on(endpoint('1'), {}).on('DELETE /actors/Cart/1', gate.answer);
    await invoke('1');
    const closing = bench.actors.unregister(host, 'closing');
    await host.app.next('DELETE /actors/Cart/1');
    await bench.actors.unregister(host, 'lost');
    await closing;
    gate.open();
  });

  describe('with a second replica', () => {
    const ids = Array.from({ length: 20 }, (_, index) => `${index}`);
    const answerWith = (host: BenchHost): void => {
      for (const id of ids)
        host.app
          .on(endpoint(id), { body: host.instanceId })
          .on(`DELETE /actors/Cart/${id}`, {});
    };
    const whereAll = async (): Promise<string[]> => {
      const answers = await Promise.all(ids.map((id) => invoke(id)));
      return answers.map(({ text }) => text);
    };
    const deleted = (host: BenchHost): string[] =>
      ids.filter(
        (id) => host.app.received(`DELETE /actors/Cart/${id}`).length > 0,
      );

    it('move with a DELETE, each to one host, and back when it leaves', async () => {
      const one = await bench.host('app', { entities: ['Cart'] }, 'one');
      answerWith(one);
      expect(new Set(await whereAll())).toEqual(new Set(['one']));
      const two = await bench.host('app', { entities: ['Cart'] }, 'two');
      answerWith(two);
      const moved = deleted(one);
      expect(moved.length).toBeGreaterThan(4);
      expect(moved.length).toBeLessThan(16);
      const where = await whereAll();
      expect(ids.filter((_, index) => where[index] === 'two')).toEqual(moved);
      await bench.actors.unregister(two, 'closing');
      expect(deleted(two)).toEqual(moved);
      expect(new Set(await whereAll())).toEqual(new Set(['one']));
    });

    it('end before their actor moves; later calls go to its new host', async () => {
      const one = await bench.host('app', { entities: ['Cart'] }, 'one');
      answerWith(one);
      const gate = new Gate();
      for (const id of ids)
        one.app.on(endpoint(id), async () => {
          await gate.opened;
          return { body: 'one' };
        });
      const running = ids.map((id) => invoke(id));
      for (const id of ids) await one.app.next(endpoint(id));
      const joining = bench.host('app', { entities: ['Cart'] }, 'two');
      await bench.activity.settled(30);
      gate.open();
      answerWith(await joining);
      for (const answer of await Promise.all(running))
        expect([answer.status, answer.text]).toEqual([200, 'one']);
      expect(new Set(await whereAll())).toEqual(new Set(['one', 'two']));
    });

    it('are cut when they take longer to end than the app allows', async () => {
      const config = { entities: ['Cart'], drainOngoingCallTimeout: '3s' };
      const one = await bench.host('app', config, 'one');
      answerWith(one);
      const gate = new Gate();
      for (const id of ids) one.app.on(endpoint(id), gate.answer);
      const running = ids.map((id) => invoke(id));
      for (const id of ids) await one.app.next(endpoint(id));
      const joining = bench.host('app', config, 'two');
      await bench.clock.advance('3s');
      answerWith(await joining);
      const moved = deleted(one);
      gate.open();
      const answers = await Promise.all(running);
      const failed = ids.filter((_, index) => answers[index]?.status === 500);
      expect(failed).toEqual(moved);
    });

    it('of a chain that is inside may come back in while it is about to move', async () => {
      const config = { entities: ['Cart'], reentrancy: { enabled: true } };
      const one = await bench.host('app', config, 'one');
      answerWith(one);
      const gate = new Gate();
      for (const id of ids) {
        one.app.on(endpoint(id), async ({ headers }): Promise<Answer> => {
          await gate.opened;
          const inner = await bench.call(
            'app',
            'POST',
            `Cart/${id}/method/inner`,
            undefined,
            { 'dapr-reentrancy-id': String(headers['dapr-reentrancy-id']) },
          );
          return { body: inner.text };
        });
        one.app.on(endpoint(id, 'inner'), { body: 'inner' });
      }
      const running = ids.map((id) => invoke(id));
      for (const id of ids) await one.app.next(endpoint(id));
      const joining = bench.host('app', config, 'two');
      await bench.activity.settled(30);
      gate.open();
      await joining;
      for (const answer of await Promise.all(running))
        expect(answer.text).toBe('inner');
    });
  });
});
