import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { errorOf, type WireAnswer } from '../../conformance/wire.js';
import { ActorHosts, IDS, type Host } from '../../support/actor-hosts.js';
import { Gate } from '../../support/gate.js';

const EVERY_MINUTE = { dueTime: '1m', period: '1m' };

describe('actors of two replicas', () => {
  let all: ActorHosts;
  let one: Host;
  let two: Host;
  beforeEach(async () => {
    all = await ActorHosts.open();
    one = await all.start('one');
    two = await all.start('two');
  });
  afterEach(() => all[Symbol.asyncDispose]());

  const invoke = (id: string): Promise<WireAnswer> =>
    one.call('POST', `Cart/${id}/method/m`);
  const whereAll = async (): Promise<string[]> => {
    const answers = await Promise.all(IDS.map(invoke));
    return answers.map(({ text }) => text);
  };
  /** The ids that a host has. */
  const of = async ({ name }: Host): Promise<string[]> => {
    const where = await whereAll();
    return IDS.filter((_, index) => where[index] === name);
  };

  it('are each on one of them, whichever sidecar is asked', async () => {
    const where = await whereAll();
    expect(new Set(where)).toEqual(new Set(['one', 'two']));
    for (const [index, id] of IDS.entries()) {
      const answer = await two.call('POST', `Cart/${id}/method/m`);
      expect(answer.text).toBe(where[index]);
    }
  });

  it('store state only by the sidecar of their own host', async () => {
    const [id] = await of(two);
    const save = (host: Host): Promise<WireAnswer> =>
      host.call('POST', `Cart/${id}/state`, [
        { operation: 'upsert', request: { key: 'k', value: 1 } },
      ]);
    expect((await save(two)).status).toBe(204);
    expect(errorOf(await save(one))).toEqual({
      status: 400,
      errorCode: 'ERR_ACTOR_INSTANCE_MISSING',
    });
    const read = await one.call('GET', `Cart/${id}/state/k`);
    expect(read.text).toBe('1');
  });

  it('leave a replica that goes when their turn has ended; calls wait for the next instance', async () => {
    const [running = '', ...others] = await of(two);
    const gate = new Gate();
    two.on('method', `Cart/${running}`, async () => {
      await gate.opened;
      return { body: 'two' };
    });
    two.app.forget();
    const turn = invoke(running);
    await two.next('method', `Cart/${running}`);
    const leaving = two.sidecar.disconnect();
    for (const id of others) expect((await invoke(id)).text).toBe('one');
    expect(two.got('DELETE')).toEqual(others);
    const waiting = invoke(running);
    gate.open();
    expect((await turn).text).toBe('two');
    expect((await waiting).text).toBe('one');
    await leaving;
    expect(two.got('DELETE')).toEqual([running, ...others].sort(byNumber));
  });

  it('go to the other replica when theirs is lost', async () => {
    expect((await of(two)).length).toBeGreaterThan(3);
    await two.app.close();
    await two.sidecar.close();
    expect(await of(one)).toEqual(IDS);
  });

  it('keep a timer as long as the sidecar where it was made, wherever they are', async () => {
    const ofTwo = await of(two);
    for (const id of IDS)
      await one.call('POST', `Cart/${id}/timers/t`, EVERY_MINUTE);
    await all.clock.advance('1m');
    expect(two.got('timer')).toEqual(ofTwo);
    // That is another timer.
    await two.call('POST', `Cart/0/timers/t`, EVERY_MINUTE);
    await two.call('DELETE', `Cart/0/timers/t`);
    await two.sidecar.disconnect();
    await all.clock.advance('1m');
    expect(one.got('timer')).toEqual(IDS);
    await two.sidecar.connect({ port: two.app.port });
    await one.sidecar.disconnect();
    two.app.forget();
    await all.clock.advance('1h');
    expect(two.got('timer')).toEqual([]);
  });

  it('get their reminders where they are', async () => {
    for (const id of IDS)
      await two.call('POST', `Cart/${id}/reminders/r`, EVERY_MINUTE);
    await all.clock.advance('1m');
    const ofOne = one.got('remind');
    const ofTwo = two.got('remind');
    expect([...ofOne, ...ofTwo].sort(byNumber)).toEqual(IDS);
    expect(ofTwo.length).toBeGreaterThan(3);
    await two.sidecar.disconnect();
    one.app.forget();
    await all.clock.advance('1m');
    expect(one.got('remind')).toEqual(IDS);
    expect(one.received('remind', `Cart/${ofTwo[0]}`)).toHaveLength(1);
  });

  it('are counted by the sidecar of their host', async () => {
    const { length } = await of(two);
    const { actors } = all.engine;
    const counts = ['carts-1', 'carts-2'].map((id) => actors.activeActors(id));
    expect(counts).toEqual([
      [{ type: 'Cart', count: IDS.length - length }],
      [{ type: 'Cart', count: length }],
    ]);
  });

  it('whose turn a new replica cuts run it again there, and the old turn can’t store anything', async () => {
    const gate = new Gate();
    await two.sidecar.disconnect();
    one.hosts('Cart');
    for (const id of IDS)
      one.on('method', `Cart/${id}`, async () => {
        await gate.opened;
        const { status } = await one.call('POST', `Cart/${id}/state`, [
          { operation: 'upsert', request: { key: 'by', value: 'one' } },
        ]);
        return { body: `one ${status}` };
      });
    const running = IDS.map(invoke);
    for (const id of IDS) await one.next('method', `Cart/${id}`);
    const joining = two.sidecar.connect({ port: two.app.port });
    const answers = Promise.all(running);
    await all.clock.advance('3s');
    await joining;
    gate.open();
    const texts = (await answers).map(({ text }) => text);
    expect(new Set(texts)).toEqual(new Set(['one 204', 'two']));
    await all.engine.idle();
    const moved = IDS.filter((_, index) => texts[index] === 'two');
    expect(one.got('DELETE')).toEqual(moved);
    for (const id of moved) {
      const stored = await one.call('GET', `Cart/${id}/state/by`);
      expect(stored.status).toBe(204);
    }
  });
});

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}
