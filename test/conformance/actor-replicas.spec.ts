import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Gate } from '../support/gate.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { until } from '../support/until.js';
import { component } from './components.js';
import { RecordingApp } from './recording-app.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

const STORE = component('state.in-memory', 'store', {
  actorStateStore: 'true',
});
const ids = Array.from({ length: 24 }, (_, index) => `${index}`);
const METHOD = (id: string): string => `PUT /actors/Cart/${id}/method/m`;
const TIMER = (id: string): string => `PUT /actors/Cart/${id}/method/timer/t`;
const REMINDER = (id: string): string =>
  `PUT /actors/Cart/${id}/method/remind/r`;
const DELETE = (id: string): string => `DELETE /actors/Cart/${id}`;

// A daprd takes seconds to start, and to be known to the others.

/** A process that hosts actors and answers with its name. */
class Host {
  readonly app = new RecordingApp();

  constructor(
    readonly name: string,
    config: object,
  ) {
    this.app.on('GET /dapr/config', { body: config });
    for (const id of ids)
      this.app
        .on(METHOD(id), { body: name })
        .on(DELETE(id), {})
        .on(TIMER(id), {})
        .on(REMINDER(id), {});
  }

  /** The ids that got such a request. */
  with(endpoint: (id: string) => string): string[] {
    return ids.filter((id) => this.app.received(endpoint(id)).length > 0);
  }
}

/** The ids whose timers and reminders come to each of the hosts from now on, once all that are due have come. */
async function ticking(
  hosts: readonly Host[],
  due: { readonly timers: number } = { timers: 1 },
): Promise<readonly { timers: string[]; reminders: string[] }[]> {
  for (const { app } of hosts) app.forget();
  const times = (endpoint: string): number =>
    hosts.reduce((sum, { app }) => sum + app.received(endpoint).length, 0);
  // So many reminders leave time for a timer that should not come.
  await until(() =>
    ids.every(
      (id) => times(REMINDER(id)) >= 4 && times(TIMER(id)) >= due.timers,
    ),
  );
  return hosts.map((host) => ({
    timers: host.with(TIMER),
    reminders: host.with(REMINDER),
  }));
}

describe('replicas that host one actor type', () => {
  let caller: Sidecar;
  const hosts: Host[] = [];
  const sidecars: Sidecar[] = [];

  beforeEach(async () => {
    caller = await startSidecar({ appId: 'caller', resources: STORE });
  });
  afterEach(async () => {
    for (const sidecar of sidecars.splice(0)) await sidecar.stop();
    for (const { app } of hosts.splice(0)) await app.close();
    await caller.stop();
  });

  async function join(
    name: string,
    config: object = { entities: ['Cart'] },
    appId = 'carts',
  ): Promise<{ host: Host; sidecar: Sidecar }> {
    const host = new Host(name, config);
    hosts.push(host);
    await host.app.listen();
    const sidecar = await startSidecar({
      appId,
      app: host.app,
      resources: STORE,
      beside: caller,
    });
    sidecars.push(sidecar);
    return { host, sidecar };
  }

  const actor = (
    sidecar: Sidecar,
    verb: string,
    path: string,
    body?: unknown,
  ): Promise<WireAnswer> => call(sidecar, verb, `/v1.0/actors/${path}`, body);
  const invoke = (id: string): Promise<WireAnswer> =>
    actor(caller, 'POST', `Cart/${id}/method/m`);
  const whereAll = async (): Promise<Map<string, string>> => {
    const answers = await Promise.all(ids.map((id) => invoke(id)));
    return new Map(ids.map((id, index) => [id, answers[index]?.text ?? '']));
  };
  const idsOf = (where: ReadonlyMap<string, string>, name: string): string[] =>
    ids.filter((id) => where.get(id) === name);

  it('share its ids, and give them to each other when one comes or goes; turns end before', async () => {
    const { host: one } = await join('one');
    expect(idsOf(await whereAll(), 'one')).toEqual(ids);
    const gate = new Gate();
    for (const id of ids)
      one.app.on(METHOD(id), async () => {
        await gate.opened;
        return { body: 'one' };
      });
    one.app.forget();
    const running = ids.map((id) => invoke(id));
    for (const id of ids) await one.app.next(METHOD(id));
    const joining = join('two');
    await hosts[1]?.app.next('GET /dapr/config');
    gate.open();
    for (const answer of await Promise.all(running))
      expect([answer.status, answer.text]).toEqual([200, 'one']);
    const { host: two, sidecar } = await joining;
    const where = await whereAll();
    expect(one.with(DELETE)).toEqual(idsOf(where, 'two'));
    expect(idsOf(where, 'one').length).toBeGreaterThan(2);
    expect(idsOf(where, 'two').length).toBeGreaterThan(2);
    expect(await whereAll()).toEqual(where);
    await sidecar.stop();
    expect(two.with(DELETE)).toEqual(idsOf(where, 'two'));
    expect(idsOf(await whereAll(), 'one')).toEqual(ids);
  });

  it.each<[string, object]>([
    ['the time that the app allows', { drainOngoingCallTimeout: '1s' }],
    [
      'the time that the app allows for their type',
      {
        drainOngoingCallTimeout: '25s',
        entitiesConfig: [{ entities: ['Cart'], drainOngoingCallTimeout: '1s' }],
      },
    ],
    ['no time at all', { drainRebalancedActors: false }],
    [
      'no time at all, whatever an entry says',
      {
        drainRebalancedActors: false,
        entitiesConfig: [{ entities: ['Cart'], drainRebalancedActors: true }],
      },
    ],
  ])(
    'cut turns that must move after %s, and run them again',
    async (_name, config) => {
      const hosting = { entities: ['Cart'], ...config };
      const { host: one } = await join('one', hosting);
      const gate = new Gate();
      for (const id of ids)
        one.app.on(METHOD(id), async () => {
          await gate.opened;
          return { body: 'one' };
        });
      const running = ids.map((id) => invoke(id));
      for (const id of ids) await one.app.next(METHOD(id));
      // It is ready when the turns that move to it have been cut: none of them may end where it was.
      const { host: two } = await join('two', hosting);
      expect(one.with(DELETE).length).toBeGreaterThan(2);
      gate.open();
      const answers = await Promise.all(running);
      for (const { status } of answers) expect(status).toBe(200);
      const moved = ids.filter((_, index) => answers[index]?.text === 'two');
      expect(moved).toEqual(one.with(DELETE));
      expect(moved).toEqual(two.with(METHOD));
    },
  );

  it('get the timers and reminders of the actors that they have; timers end with the sidecar where they were made', async () => {
    const { sidecar: first, host: one } = await join('one');
    const every = { dueTime: '400ms', period: '400ms' };
    for (const id of ids)
      for (const path of ['timers/t', 'reminders/r'])
        await actor(first, 'POST', `Cart/${id}/${path}`, every);
    const { sidecar: second, host: two } = await join('two');
    const [ofOne, ofTwo] = await ticking([one, two]);
    expect(ofOne?.timers).toEqual(ofOne?.reminders);
    expect(ofTwo?.timers).toEqual(ofTwo?.reminders);
    expect(ids.filter((id) => ofOne?.timers.includes(id))).toEqual(
      ids.filter((id) => !ofTwo?.timers.includes(id)),
    );
    for (const id of ids) await actor(second, 'DELETE', `Cart/${id}/timers/t`);
    expect(await ticking([one, two])).toEqual([ofOne, ofTwo]);
    await first.stop();
    expect(await ticking([two], { timers: 0 })).toEqual([
      { timers: [], reminders: ids },
    ]);
  });

  it('may be of several apps, which share its reminders and not its state', async () => {
    const { sidecar: carts } = await join('one', {
      entities: ['Cart', 'Own'],
    });
    const { sidecar: mail } = await join('two', { entities: ['Cart'] }, 'mail');
    const where = await whereAll();
    const [mine = ''] = idsOf(where, 'one');
    const later = { dueTime: '1h' };
    await actor(carts, 'POST', `Cart/${mine}/reminders/r`, later);
    await actor(carts, 'POST', `Own/1/reminders/r`, later);
    const reminder = await actor(mail, 'GET', `Cart/${mine}/reminders/r`);
    expect(reminder.json).toMatchObject(later);
    for (const verb of ['GET', 'DELETE'])
      expect(errorOf(await actor(mail, verb, 'Own/1/reminders/r'))).toEqual({
        status: 403,
        errorCode: 'ERR_ACTOR_REMINDER_NON_HOSTED',
      });
    const save = (sidecar: Sidecar): Promise<WireAnswer> =>
      actor(sidecar, 'POST', `Cart/${mine}/state`, [
        { operation: 'upsert', request: { key: 'k', value: 1 } },
      ]);
    expect((await save(carts)).status).toBe(204);
    expect(errorOf(await save(mail))).toEqual({
      status: 400,
      errorCode: 'ERR_ACTOR_INSTANCE_MISSING',
    });
    const read = await actor(mail, 'GET', `Cart/${mine}/state/k`);
    expect(read.status).toBe(204);
  });

  it('that have all gone are looked for five more times, a second apart', async () => {
    const { sidecar } = await join('one');
    expect((await invoke('1')).text).toBe('one');
    await sidecar.stop();
    const begun = performance.now();
    const answer = await invoke('1');
    expect(performance.now() - begun).toBeGreaterThan(4900);
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_INVOKE_METHOD',
    });
    expect(messageOf(answer)).toMatch(
      /did not find address for actor 'Cart\/1'$/,
    );
  });
});
