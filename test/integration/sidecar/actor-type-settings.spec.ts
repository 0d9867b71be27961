import { describe, expect, it } from '@jest/globals';
import type { WireAnswer } from '../../conformance/wire.js';
import { ActorHosts, IDS, type Host } from '../../support/actor-hosts.js';
import { Gate } from '../../support/gate.js';

/** Types without an entry of their own, and with one. */
const TYPES = ['Cart', 'Own'];

const invoke = (host: Host, actor: string): Promise<WireAnswer> =>
  host.call('POST', `${actor}/method/m`);

async function start(
  all: ActorHosts,
  name: string,
  settings: object,
): Promise<Host> {
  const host = await all.prepare(name, TYPES);
  const body = { entities: TYPES, ...settings };
  host.app.on('GET /dapr/config', { body });
  await host.sidecar.connect({ port: host.app.port });
  return host;
}

describe('an entry of a type in the settings of actors', () => {
  it.each<[string, object, Record<string, number>]>([
    [
      'takes the place of',
      {
        actorIdleTimeout: '10m',
        entitiesConfig: [{ entities: ['Own'], actorIdleTimeout: '90s' }],
      },
      { Cart: 600, Own: 90 },
    ],
    [
      'without one takes Dapr’s own, not',
      { actorIdleTimeout: '10m', entitiesConfig: [{ entities: ['Own'] }] },
      { Cart: 600, Own: 3600 },
    ],
  ])('%s the idle timeout of all', async (_name, settings, seconds) => {
    await using all = await ActorHosts.open();
    const host = await start(all, 'one', settings);
    for (const type of TYPES) {
      await invoke(host, `${type}/1`);
      const idle = seconds[type] ?? 0;
      await all.clock.advance(`${idle - 1}s`);
      expect(host.got('DELETE', type)).toEqual([]);
      await all.clock.advance('1s');
      expect(host.got('DELETE', type)).toEqual(['1']);
    }
  });

  it('takes the place of the reentrancy of all', async () => {
    await using all = await ActorHosts.open();
    const own = { enabled: true, maxStackDepth: 2 };
    const host = await start(all, 'one', {
      reentrancy: { enabled: false },
      entitiesConfig: [{ entities: ['Own'], reentrancy: own }],
    });
    let depth = 0;
    host.on('method', 'Own/1', async ({ headers }) => {
      depth += 1;
      const id = String(headers['dapr-reentrancy-id']);
      const path = `/v1.0/actors/Own/1/method/m`;
      const url = `http://127.0.0.1:${host.sidecar.httpPort}${path}`;
      const inner = await fetch(url, {
        method: 'POST',
        headers: { 'dapr-reentrancy-id': id },
      });
      return { body: await inner.text() };
    });
    const answer = await invoke(host, 'Own/1');
    expect(depth).toBe(2);
    expect(answer.text).toContain('ERR_ACTOR_STACK_DEPTH');
    await invoke(host, 'Cart/1');
    const { headers } = await host.next('method', 'Cart/1');
    expect(headers).not.toHaveProperty('dapr-reentrancy-id');
  });

  it.each<[string, object, Record<string, number>]>([
    [
      'takes the place of the drain timeout of all',
      {
        drainOngoingCallTimeout: '10s',
        entitiesConfig: [{ entities: ['Own'], drainOngoingCallTimeout: '3s' }],
      },
      { Cart: 10, Own: 3 },
    ],
    [
      'without a drain timeout takes that of all',
      {
        drainOngoingCallTimeout: '10s',
        entitiesConfig: [{ entities: ['Own'] }],
      },
      { Cart: 10, Own: 10 },
    ],
    [
      'does not say whether turns are drained',
      {
        drainOngoingCallTimeout: '10s',
        entitiesConfig: [{ entities: ['Own'], drainRebalancedActors: false }],
      },
      { Cart: 10, Own: 10 },
    ],
    [
      'does not say so where none are, either',
      {
        drainRebalancedActors: false,
        drainOngoingCallTimeout: '10s',
        entitiesConfig: [{ entities: ['Own'], drainRebalancedActors: true }],
      },
      { Cart: 0, Own: 0 },
    ],
    [
      'may count its reminders’ partitions, which changes nothing',
      {
        remindersStoragePartitions: 7,
        entitiesConfig: [{ entities: ['Own'], remindersStoragePartitions: 3 }],
      },
      { Cart: 2, Own: 2 },
    ],
  ])('%s', async (_name, settings, seconds) => {
    await using all = await ActorHosts.open();
    const one = await start(all, 'one', settings);
    const gate = new Gate();
    const actors = TYPES.flatMap((type) => IDS.map((id) => `${type}/${id}`));
    for (const actor of actors) one.on('method', actor, gate.answer);
    const running = actors.map((actor) => invoke(one, actor));
    for (const actor of actors) await one.next('method', actor);
    const two = await all.prepare('two', TYPES);
    const joining = two.sidecar.connect({ port: two.app.port });
    const begun = all.clock.now();
    const cutAfter: Record<string, number> = {};
    for (const type of TYPES)
      for (const id of IDS)
        one.on('DELETE', `${type}/${id}`, () => {
          cutAfter[type] ??= (all.clock.now() - begun) / 1000;
          return {};
        });
    await two.app.next('GET /dapr/config');
    await all.clock.advance('10s');
    await joining;
    expect(cutAfter).toEqual(seconds);
    gate.open();
    for (const { status } of await Promise.all(running))
      expect(status).toBe(200);
  });
});
