import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import {
  Actor,
  ActorProxyFactory,
  ActorType,
  type OnActivate,
  type OnDeactivate,
} from '../../lib/index.js';
import { callApp } from '../support/delivery.js';
import { Gate } from '../support/gate.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

@Injectable()
class Prices {
  readonly margin = 1;
}

@Module({ providers: [Prices], exports: [Prices] })
class PricesModule {}

@Injectable({ scope: Scope.TRANSIENT })
class Scratch {
  readonly lines: string[] = [];
}

@Injectable({ scope: Scope.REQUEST })
class Identity {
  constructor(@Inject(REQUEST) readonly request: unknown) {}
}

const journal: string[] = [];
let gate = new Gate();
let stillborn = 0;

@ActorType('Counter', { idleTimeout: '1h' })
class CounterActor
  extends Actor<{ count: number; born: boolean }>
  implements OnActivate, OnDeactivate
{
  onActivate(): void {
    journal.push(`activate ${this.id}`);
    if (!this.id.startsWith('stillborn')) return;
    this.state.set('born', true);
    if (++stillborn % 2 === 1) throw new Error('no licence');
  }

  async onDeactivate(): Promise<void> {
    const state = await this.state.get('count').catch(() => 'out of reach');
    journal.push(`deactivate ${this.id}, state ${state}`);
  }

  async up(): Promise<number> {
    const count = (await this.count()) + 1;
    this.state.set('count', count);
    return count;
  }

  async upSlowly(): Promise<number> {
    const count = await this.up();
    journal.push(`slow ${this.id}`);
    await gate.opened;
    journal.push(`end ${this.id}`);
    return count;
  }

  count(): Promise<number> {
    return this.state.get('count', 0);
  }
}

@ActorType('Idler', { idleTimeout: '1s' })
class IdlerActor extends CounterActor {}

@ActorType('Rich')
class RichActor extends Actor {
  constructor(
    private readonly prices: Prices,
    private readonly scratch: Scratch,
    private readonly identity: Identity,
  ) {
    super();
  }

  use(line: string): unknown {
    this.scratch.lines.push(line);
    const { lines } = this.scratch;
    const { margin } = this.prices;
    return { margin, lines, request: this.identity.request };
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Notebook {
  readonly pages: string[] = [];

  constructor(readonly scratch: Scratch) {}
}

@ActorType('Writer')
class WriterActor extends Actor {
  @Inject(Notebook) private readonly notebook!: Notebook;

  constructor(private readonly scratch: Scratch) {
    super();
  }

  write(line: string): unknown {
    const { pages, scratch } = this.notebook;
    pages.push(line);
    this.scratch.lines.push(line);
    return { pages, lines: this.scratch.lines, inner: scratch.lines };
  }
}

describe.each(platforms)('an actor on %s', (platform, adapter) => {
  let nest: NestRun;
  beforeAll(async () => {
    nest = await runNest({
      adapter: adapter(),
      imports: [PricesModule],
      providers: [
        CounterActor,
        IdlerActor,
        RichActor,
        WriterActor,
        Scratch,
        Notebook,
        Identity,
      ],
    });
  });
  afterAll(() => nest.close());
  beforeEach(() => {
    gate = new Gate();
    journal.length = 0;
  });

  const actor = (type: typeof CounterActor, id: string) =>
    nest.app.get(ActorProxyFactory).get(type, id);
  const stored = (type: string, id: string, key = 'count') =>
    nest.client.actor.stateGet(type, id, key);
  const isJournaled = (line: string) => () => journal.includes(line);
  const journalOf = (id: string) =>
    journal.filter((line) => line.includes(` ${id}`));

  it('whose onActivate throws is not there, and the next call tries anew [A4]', async () => {
    const id = `stillborn-${platform}`;
    const counter = actor(CounterActor, id);
    await expect(counter.up()).rejects.toThrow(
      `Actor Counter/${id} could not be activated: no licence`,
    );
    expect(await stored('Counter', id, 'born')).toBeUndefined();
    expect(nest.log.of('error', 'no licence')).toHaveLength(1);
    await expect(counter.up()).resolves.toBe(1);
    expect(await stored('Counter', id, 'born')).toBe(true);
    expect(journalOf(id)).toEqual([`activate ${id}`, `activate ${id}`]);
  });

  it('is given what its constructor asks for, whatever its scope [A17]', async () => {
    const use = (id: string, line: string) =>
      nest.app.get(ActorProxyFactory).get(RichActor, id).use(line);
    await use('a', 'one');
    expect(await use('a', 'two')).toEqual({
      margin: 1,
      lines: ['one', 'two'],
      request: { actorType: 'Rich', actorId: 'a' },
    });
    expect(await use('b', 'three')).toMatchObject({
      lines: ['three'],
      request: { actorId: 'b' },
    });
  });

  it('has transient dependencies of its own, and theirs [A17]', async () => {
    const writer = (id: string) =>
      nest.app.get(ActorProxyFactory).get(WriterActor, id);
    await writer('a').write('one');
    expect(await writer('b').write('two')).toMatchObject({
      pages: ['two'],
      lines: ['two'],
      inner: expect.any(Array),
    });
    expect(await writer('a').write('three')).toMatchObject({
      pages: ['one', 'three'],
      lines: ['one', 'three'],
    });
  });

  it('that is idle is deactivated, and comes back with its state [A18]', async () => {
    const idler = actor(IdlerActor, 'idle');
    await idler.up();
    const gone = 'deactivate idle, state out of reach';
    await until(isJournaled(gone));
    await expect(idler.up()).resolves.toBe(2);
    // By now it may be idle again.
    expect(journalOf('idle').slice(0, 3)).toEqual([
      'activate idle',
      gone,
      'activate idle',
    ]);
  });

  it('whose turn outlasts the idle time stores nothing of it, and takes the next call as another [A18]', async () => {
    const idler = actor(IdlerActor, 'busy');
    await expect(idler.upSlowly()).rejects.toMatchObject({ status: 500 });
    const next = idler.up();
    gate.open();
    await expect(next).resolves.toBe(1);
    // Dapr tells the state of active actors only, and by now this one may be idle again.
    await until(async () => {
      await idler.count();
      return (await stored('Idler', 'busy').catch(() => undefined)) === 1;
    });
    expect(journalOf('busy').slice(0, 5)).toEqual([
      'activate busy',
      'slow busy',
      'end busy',
      'deactivate busy, state out of reach',
      'activate busy',
    ]);
  });

  it('that is deactivated in a turn ends it first, unstored, and lets the calls wait for the next instance [A18]', async () => {
    const counter = actor(CounterActor, 'gone');
    const running = counter.upSlowly();
    await until(isJournaled('slow gone'));
    const waiting = counter.up();
    const deactivate = (id: string) =>
      callApp(nest, 'DELETE', `/actors/Counter/${id}`);
    const deactivated = deactivate('gone');
    // It came by the same way later, so that the first has arrived.
    await deactivate('nobody');
    const failed = expect(running).rejects.toThrow(/deactivated the actor/);
    gate.open();
    await failed;
    expect((await deactivated).status).toBe(200);
    await expect(waiting).resolves.toBe(1);
    expect(journalOf('gone')).toEqual([
      'activate gone',
      'slow gone',
      'end gone',
      'deactivate gone, state out of reach',
      'activate gone',
    ]);
  });

  it('remembers nothing across a restart of the sidecar, and stores nothing of a turn from before [A19]', async () => {
    const counter = actor(CounterActor, 'restart');
    await counter.up();
    const write = { key: 'count', value: 40 };
    await nest.client.actor.stateTransaction('Counter', 'restart', [
      { operation: 'upsert', request: write },
    ]);
    await expect(counter.count()).resolves.toBe(1);
    const running = actor(CounterActor, 'cut').upSlowly();
    const failed = expect(running).rejects.toThrow();
    await until(isJournaled('slow cut'));
    const restarted = nest.sidecar.restart();
    await failed;
    gate.open();
    await restarted;
    await expect(actor(CounterActor, 'cut').count()).resolves.toBe(0);
    // A daprd with a store in its memory comes back without it.
    const now = (await stored('Counter', 'restart')) ?? 0;
    await expect(counter.count()).resolves.toBe(now);
    expect(now).not.toBe(1);
  });
});
