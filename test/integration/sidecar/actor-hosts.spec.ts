import { describe, expect, it } from '@jest/globals';
import { errorOf, messageOf, type WireAnswer } from '../../conformance/wire.js';
import { ActorHosts, IDS, type Host } from '../../support/actor-hosts.js';
import { Gate } from '../../support/gate.js';
import { passUntil } from '../../support/until.js';

const NOT_FOUND = /did not find address for actor 'Cart\/1'$/;
const FORBIDDEN = { status: 403, errorCode: 'ERR_ACTOR_REMINDER_NON_HOSTED' };

const invoke = (from: Host, actor = 'Cart/1'): Promise<WireAnswer> =>
  from.call('POST', `${actor}/method/m`);
const remind = (host: Host, actor: string, body: object): Promise<WireAnswer> =>
  host.call('POST', `${actor}/reminders/r`, body);

describe('apps that host actors of different types', () => {
  it('call each other’s, and have reminders of their own only', async () => {
    await using all = await ActorHosts.open();
    const carts = await all.start('carts', ['Cart']);
    const mail = await all.start('mail', ['Mail'], 'mail');
    expect((await invoke(mail)).text).toBe('carts');
    expect((await invoke(carts, 'Mail/1')).text).toBe('mail');
    const later = { dueTime: '1h' };
    expect((await remind(carts, 'Cart/1', later)).status).toBe(204);
    expect(errorOf(await remind(mail, 'Cart/1', later))).toEqual(FORBIDDEN);
    for (const verb of ['GET', 'DELETE'])
      expect(errorOf(await mail.call(verb, 'Cart/1/reminders/r'))).toEqual(
        FORBIDDEN,
      );
    const state = [{ operation: 'upsert', request: { key: 'k', value: 1 } }];
    const saved = await carts.call('POST', 'Cart/1/state', state);
    expect(saved.status).toBe(204);
    const stolen = await mail.call('POST', 'Cart/1/state', state);
    expect(errorOf(stolen).errorCode).toBe('ERR_ACTOR_INSTANCE_MISSING');
    expect((await mail.call('GET', 'Cart/1/state/k')).status).toBe(204);
  });

  it('may call another in a turn that was called by it', async () => {
    await using all = await ActorHosts.open();
    const carts = await all.start('carts', ['Cart']);
    const mail = await all.start('mail', ['Mail'], 'mail');
    mail.on('method', 'Mail/1', async () => {
      const inner = await invoke(mail, 'Cart/2');
      return { body: `mail of ${inner.text}` };
    });
    carts.on('method', 'Cart/1', async () => {
      const inner = await invoke(carts, 'Mail/1');
      return { body: inner.text };
    });
    expect((await invoke(mail)).text).toBe('mail of carts');
  });
});

describe('an actor type', () => {
  it('that nobody ever hosted is not to be found, at once', async () => {
    await using all = await ActorHosts.open();
    const other = await all.start('other', []);
    expect(messageOf(await invoke(other))).toMatch(NOT_FOUND);
  });

  it('that nobody hosts any more is looked for once a second, for five seconds', async () => {
    await using all = await ActorHosts.open();
    const carts = await all.start('carts');
    const other = await all.start('other', [], 'other');
    await carts.sidecar.disconnect();
    const begun = all.clock.now();
    const answer = await passUntil(all.clock, invoke(other));
    expect(all.clock.now() - begun).toBeGreaterThanOrEqual(5000);
    expect(messageOf(answer)).toMatch(NOT_FOUND);
  });

  it('whose host comes back meanwhile is found as soon as it is there', async () => {
    await using all = await ActorHosts.open();
    const carts = await all.start('carts');
    const other = await all.start('other', [], 'other');
    await carts.sidecar.disconnect();
    const calls = IDS.map((id) => invoke(other, `Cart/${id}`));
    await carts.sidecar.connect({ port: carts.app.port });
    for (const { text } of await Promise.all(calls)) expect(text).toBe('carts');
  });

  it('has policies in place of that, where a file names it', async () => {
    await using all = await ActorHosts.open(`apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: store }
spec: { type: state.in-memory, version: v1, metadata: [{ name: actorStateStore, value: 'true' }] }
---
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: own }
spec:
  policies: { timeouts: { long: 60s } }
  targets: { actors: { Cart: { timeout: long } } }
`);
    const carts = await all.start('carts');
    const other = await all.start('other', [], 'other');
    await carts.sidecar.disconnect();
    expect(messageOf(await invoke(other))).toMatch(NOT_FOUND);
  });

  it('does not hold a host that goes and still looks for it', async () => {
    await using all = await ActorHosts.open();
    const mail = await all.start('mail', ['Mail'], 'mail');
    await mail.sidecar.disconnect();
    const carts = await all.start('carts');
    let answer: Promise<WireAnswer> | undefined;
    carts.on('method', 'Cart/1', async () => {
      answer = invoke(carts, 'Mail/1');
      await answer;
      return {};
    });
    const turn = invoke(carts);
    await carts.next('method', 'Cart/1');
    await carts.sidecar.disconnect();
    expect((await turn).status).toBe(200);
    expect((await answer)?.status).toBe(500);
  });
});

describe('an app that comes back', () => {
  it('gets the reminders that it has, and those that were due meanwhile', async () => {
    await using all = await ActorHosts.open();
    const carts = await all.start('carts');
    await remind(carts, 'Cart/1', { dueTime: '1m' });
    await remind(carts, 'Cart/2', { dueTime: '1h', period: '1h' });
    await remind(carts, 'Cart/3', { dueTime: '1m', period: 'R3/PT1M' });
    await carts.call('POST', 'Cart/4/timers/t', { period: '1m' });
    await carts.sidecar.disconnect();
    await all.clock.advance('59m');
    expect(carts.got('remind')).toEqual([]);
    await carts.sidecar.connect({ port: carts.app.port });
    await all.engine.idle();
    const count = (id: string): number =>
      carts.received('remind', `Cart/${id}`).length;
    expect(['1', '2', '3'].map(count)).toEqual([1, 0, 3]);
    await all.clock.advance('1m');
    expect(['1', '2', '3'].map(count)).toEqual([1, 1, 3]);
    expect(carts.got('timer')).toEqual(['4']);
    expect(carts.received('timer', 'Cart/4')).toHaveLength(1);
  });

  it('with other types has no reminders of the old ones, which wait for a host', async () => {
    await using all = await ActorHosts.open();
    const carts = await all.start('carts', ['Cart', 'Order']);
    await remind(carts, 'Cart/1', { dueTime: '1m' });
    await remind(carts, 'Order/1', { dueTime: '1m' });
    await carts.sidecar.disconnect();
    carts.hosts('Order', 'Mail');
    await carts.sidecar.connect({ port: carts.app.port });
    expect(errorOf(await remind(carts, 'Cart/1', {}))).toEqual(FORBIDDEN);
    expect(messageOf(await passUntil(all.clock, invoke(carts)))).toMatch(
      NOT_FOUND,
    );
    expect((await invoke(carts, 'Mail/1')).text).toBe('carts');
    await all.clock.advance('1h');
    expect(carts.got('remind')).toEqual([]);
    expect(carts.got('remind', 'Order')).toEqual(['1']);
    const late = await all.start('late', ['Cart'], 'late');
    await all.engine.idle();
    expect(late.got('remind')).toEqual(['1']);
  });

  it('while a reminder fails tries it again then', async () => {
    await using all = await ActorHosts.open();
    const carts = await all.start('carts');
    const gate = new Gate();
    carts.on('remind', 'Cart/1', async () => {
      await gate.opened;
      return { status: 500 };
    });
    await remind(carts, 'Cart/1', { dueTime: '1m' });
    await all.clock.advance('1m');
    const leaving = carts.sidecar.disconnect();
    gate.open();
    await leaving;
    carts.on('remind', 'Cart/1', {});
    await all.clock.advance('1h');
    await carts.sidecar.connect({ port: carts.app.port });
    await all.engine.idle();
    expect(carts.received('remind', 'Cart/1')).toHaveLength(2);
  });
});

describe('a replica that has yet to tell its actor types', () => {
  it('has its reminder calls wait until it has, while another runs', async () => {
    await using all = await ActorHosts.open();
    await all.start('one');
    const two = await all.prepare('two', ['Cart']);
    const reminder = remind(two, 'Cart/1', { dueTime: '1h' });
    await two.sidecar.connect({ port: two.app.port });
    expect((await reminder).status).toBe(204);
  });
});
