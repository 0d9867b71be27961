import {
  Inject,
  Module,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Ctx } from '@nestjs/microservices';
import {
  Actor,
  ActorContext,
  ActorType,
  DaprModule,
  OnReminder,
  OnTimer,
  type OnActivate,
  type OnDeactivate,
} from '../../../lib/index.js';
import { EmbeddedSidecar } from '../../../lib/testing/index.js';
import { Gate } from '../../support/gate.js';
import { platforms } from '../../support/platforms.js';
import { passUntil, until } from '../../support/until.js';

const IDS = Array.from({ length: 20 }, (_, index) => `ledger-${index}`);
const WRITERS = 8;
const HOST = Symbol('the name of a process');
const journal: string[] = [];
let gate = new Gate();

interface LedgerState {
  entries: string[];
  remindedBy: string;
}

/** Writes down what it is told, and who it was. */
@ActorType('Ledger')
class LedgerActor
  extends Actor<LedgerState>
  implements OnActivate, OnDeactivate
{
  constructor(@Inject(HOST) private readonly host: string) {
    super();
  }

  onActivate(): void {
    journal.push(`${this.host} activates ${this.id}`);
  }

  onDeactivate(): void {
    journal.push(`${this.host} deactivates ${this.id}`);
  }

  async add(entry: string): Promise<string> {
    const entries = await this.state.get('entries', []);
    this.state.set('entries', [...entries, entry]);
    return this.host;
  }

  async addSlowly(
    entry: string,
    @Ctx() { signal }: ActorContext,
  ): Promise<string> {
    journal.push(`${this.host} begins ${entry}`);
    signal.addEventListener('abort', () =>
      journal.push(`${this.host} has to end ${entry}`),
    );
    await gate.opened;
    return this.add(entry);
  }

  async schedule(): Promise<void> {
    await this.reminders.set('audit', { dueTime: '1h', period: '1h' });
    await this.timers.set('beat', { dueTime: '1m', period: '1m' });
  }

  @OnReminder('audit')
  async audit(): Promise<void> {
    await this.add('audited');
    this.state.set('remindedBy', this.host);
  }

  @OnTimer('beat')
  beat(): void {
    journal.push(`${this.host} beats ${this.id}`);
  }
}

@ActorType('Archive')
class ArchiveActor extends Actor {
  name(): string {
    return 'archive';
  }
}

function host(name: string, actor: Type = LedgerActor): Type {
  @Module({
    imports: [DaprModule.forRoot()],
    providers: [actor, { provide: HOST, useValue: name }],
  })
  class HostModule {}
  return HostModule;
}

describe.each(platforms)('replicas of an app on %s', (_platform, adapter) => {
  let dapr: EmbeddedSidecar;
  beforeEach(async () => {
    journal.length = 0;
    gate = new Gate();
    dapr = await EmbeddedSidecar.start();
  });
  afterEach(async () => {
    gate.open();
    await dapr.close();
  });

  const run = (
    name: string,
    actor?: Type,
    configure?: (app: INestApplication) => void,
  ): Promise<INestApplication> =>
    dapr.run(host(name, actor), {
      adapter: adapter() as AbstractHttpAdapter,
      ...(configure && { configure }),
    });
  const ledger = (id: string) => dapr.actor(LedgerActor, id);
  const addAll = (entry: string): Promise<string[]> =>
    Promise.all(IDS.map((id) => ledger(id).add(entry)));
  const entriesOf = async (id: string): Promise<string[]> =>
    (await dapr.client.actor.stateGet<string[]>('Ledger', id, 'entries')) ?? [];
  const idsIn = (line: string): string[] =>
    IDS.filter((id) => journal.includes(`${line} ${id}`));

  it('share its actors; what one has to give up it puts away, and the other goes on with what is stored', async () => {
    await run('one');
    expect(new Set(await addAll('first'))).toEqual(new Set(['one']));
    const two = await run('two');
    const moved = idsIn('one deactivates');
    expect(moved.length).toBeGreaterThan(2);
    expect(moved.length).toBeLessThan(18);
    const where = await addAll('second');
    expect(IDS.filter((_, index) => where[index] === 'two')).toEqual(moved);
    expect(idsIn('two activates')).toEqual(moved);
    await two.close();
    expect(idsIn('two deactivates')).toEqual(moved);
    expect(new Set(await addAll('third'))).toEqual(new Set(['one']));
    for (const id of IDS)
      expect(await entriesOf(id)).toEqual(['first', 'second', 'third']);
  });

  it('run a turn again that had not ended when its actor had to move, and store it once', async () => {
    await run('one');
    const adding = IDS.map((id) => ledger(id).addSlowly(id));
    await until(() => IDS.every((id) => journal.includes(`one begins ${id}`)));
    const joining = run('two');
    while (idsIn('one has to end').length === 0) await dapr.clock.advance('1s');
    gate.open();
    const by = await Promise.all(adding);
    await joining;
    const moved = IDS.filter((_, index) => by[index] === 'two');
    expect(idsIn('two begins')).toEqual(moved);
    expect(new Set(by)).toEqual(new Set(['one', 'two']));
    for (const id of IDS) expect(await entriesOf(id)).toEqual([id]);
  });

  it('hand over reminders, and no timers', async () => {
    await run('one');
    const two = await run('two');
    const where = await addAll('first');
    const ofTwo = IDS.filter((_, index) => where[index] === 'two');
    for (const id of IDS) await ledger(id).schedule();
    await dapr.clock.advance('1m');
    expect(idsIn('two beats')).toEqual(ofTwo);
    await two.close();
    journal.length = 0;
    await dapr.clock.advance('1h');
    expect(idsIn('one beats')).toEqual(IDS.filter((id) => !ofTwo.includes(id)));
    for (const id of IDS) {
      expect(await entriesOf(id)).toEqual(['first', 'audited']);
      const by = dapr.client.actor.stateGet('Ledger', id, 'remindedBy');
      expect(await by).toBe('one');
    }
  });

  it('may all go: what was due comes when one is back, and calls wait for it', async () => {
    const one = await run('one');
    await ledger('a').schedule();
    await one.close();
    await dapr.clock.advance('150m');
    const adding = ledger('a').add('meanwhile');
    await run('two');
    expect(await adding).toBe('two');
    await dapr.idle();
    const entries = await entriesOf('a');
    expect(entries.filter((entry) => entry === 'audited')).toHaveLength(2);
    expect(entries).toHaveLength(3);
  });

  it('may come back with other actors', async () => {
    const one = await run('one');
    await ledger('a').schedule();
    await one.close();
    const other = await run('other', ArchiveActor);
    expect(await dapr.actor(ArchiveActor, 'a').name()).toBe('archive');
    const adding = dapr.client.actor.invoke('Ledger', 'a', 'add', 'lost', {
      timeout: 24 * 3_600_000,
    });
    await passUntil(
      dapr.clock,
      adding.catch(() => undefined),
    );
    await expect(adding).rejects.toThrow(/did not find address/);
    const reminder = dapr.client.actor.reminderGet('Ledger', 'a', 'audit');
    await expect(reminder).rejects.toMatchObject({ status: 403 });
    await dapr.clock.advance('1h');
    await other.close();
    await run('one');
    await dapr.idle();
    expect(await entriesOf('a')).toEqual(['audited']);
  });

  it('store every increment that they acknowledge exactly once, while one comes and goes [A18]', async () => {
    const tried = new Set<string>();
    const acknowledged: { id: string; entry: string; by: string }[] = [];
    let isOver = false;
    const write = async (writer: number): Promise<void> => {
      for (let turn = 0; !isOver; turn += 1) {
        const id = IDS[(turn * WRITERS + writer * 7) % IDS.length] ?? '';
        const entry = `${writer}-${turn}`;
        tried.add(`${id} ${entry}`);
        const by = await ledger(id)
          .add(entry)
          .catch(() => undefined);
        // Of one that failed nobody knows: it may be stored, but not twice.
        if (by !== undefined) acknowledged.push({ id, entry, by });
      }
    };
    const more = async (name: string, count: number): Promise<void> => {
      const by = (): number =>
        acknowledged.filter((each) => each.by === name).length;
      const goal = by() + count;
      await until(() => by() >= goal);
    };

    await run('one');
    const writing = Array.from({ length: WRITERS }, (_, each) => write(each));
    await more('one', 100);
    let second: INestApplication | undefined;
    const joining = run('two', LedgerActor, (app) => (second = app));
    await more('two', 100);
    await second?.close();
    await more('one', 100);
    isOver = true;
    await Promise.all(writing);
    await joining;

    for (const id of IDS) {
      const stored = await entriesOf(id);
      expect(stored).toEqual([...new Set(stored)]);
      const unknown = stored.filter((entry) => !tried.has(`${id} ${entry}`));
      expect(unknown).toEqual([]);
      const missing = acknowledged.filter(
        (each) => each.id === id && !stored.includes(each.entry),
      );
      expect(missing).toEqual([]);
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(300);
  });
});
