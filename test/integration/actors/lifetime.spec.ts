import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Actor } from '../../../lib/actors/actor.js';
import type {
  OnActivate,
  OnDeactivate,
} from '../../../lib/actors/actor-lifecycle.js';
import { ActorType } from '../../../lib/actors/actor-type.decorator.js';
import { ActorProxyFactory } from '../../../lib/actors/proxy/actor-proxy-factory.js';
import { startActorApp, type ActorApp } from './actor-app.js';

/** What the actors of a spec did, and the gates they wait at. */
@Injectable()
class Journal {
  readonly lines: string[] = [];
  readonly gates = new Map<string, () => void>();
  private readonly arrivals = new Map<string, () => void>();

  wait(gate: string): Promise<void> {
    return new Promise((resolve) => {
      this.gates.set(gate, resolve);
      this.arrivals.get(gate)?.();
    });
  }

  /** Resolves when somebody waits at the gate. */
  async arrival(gate: string): Promise<void> {
    if (!this.gates.has(gate))
      await new Promise<void>((resolve) => this.arrivals.set(gate, resolve));
  }

  open(gate: string): void {
    this.gates.get(gate)?.();
    this.gates.delete(gate);
  }
}

let instances = 0;

@ActorType('Counter')
class CounterActor
  extends Actor<{ count: number; born: number }>
  implements OnActivate, OnDeactivate
{
  private readonly instance = ++instances;
  private running = 0;

  constructor(private readonly journal: Journal) {
    super();
  }

  async onActivate(): Promise<void> {
    this.journal.lines.push(`activate ${this.id}`);
    if (this.id === 'stillborn') throw new Error('no licence');
    if (this.id === 'writer') this.state.set('born', 1);
    if (this.id === 'hasty') {
      this.state.set('born', 1);
      void this.state.save();
      throw new Error('too hasty');
    }
    await Promise.resolve();
  }

  async onDeactivate(): Promise<void> {
    this.journal.lines.push(`deactivate ${this.id}`);
    if (this.id === 'sloppy') throw new Error('nobody minds');
    if (this.id === 'late') {
      const attempt = this.state.get('count').catch((e: Error) => e.message);
      this.journal.lines.push(String(await attempt));
    }
  }

  async up(): Promise<number> {
    if (++this.running > 1) throw new Error('two turns at once');
    const count = (await this.state.get('count', 0)) + 1;
    await new Promise((resolve) => setImmediate(resolve));
    this.state.set('count', count);
    this.running--;
    return count;
  }

  async fail(): Promise<void> {
    throw new Error('on purpose');
  }

  async upSlowly(gate = 'gate'): Promise<number> {
    const count = (await this.state.get('count', 0)) + 1;
    this.state.set('count', count);
    await this.journal.wait(gate);
    return count;
  }

  async which(): Promise<number> {
    return this.instance;
  }

  async note(line: string): Promise<void> {
    this.journal.lines.push(line);
  }
}

@ActorType('Talker')
class TalkerActor extends Actor implements OnDeactivate {
  constructor(
    private readonly journal: Journal,
    private readonly actors: ActorProxyFactory,
  ) {
    super();
  }

  async onDeactivate(): Promise<void> {
    const self = this.actors.get(TalkerActor, this.id);
    this.journal.lines.push(await self.hello().catch(String));
  }

  async hello(): Promise<string> {
    return 'hello';
  }

  async callSlow(): Promise<string> {
    return this.actors.get(TalkerActor, 'other').callLater();
  }

  async callLater(): Promise<string> {
    await this.journal.wait('gate');
    return this.actors.get(TalkerActor, 'third').hello();
  }
}

let app: ActorApp;
let journal: Journal;
afterEach(() => app.close());

async function counterApp(): Promise<void> {
  app = await startActorApp({
    providers: [CounterActor, TalkerActor, Journal],
  });
  journal = app.module.get(Journal);
}

describe('an actor comes to life', () => {
  it('once, however many first calls there are, and takes them one after the other [A3]', async () => {
    await counterApp();
    const counts = await Promise.all(
      Array.from({ length: 1000 }, () => app.actor(CounterActor).up()),
    );
    expect([...counts].sort((one, other) => one - other)).toEqual(
      Array.from({ length: 1000 }, (_, index) => index + 1),
    );
    expect(journal.lines).toEqual(['activate a']);
  });

  it('and takes its calls in the order they came', async () => {
    await counterApp();
    const slow = app.call('Counter', 'upSlowly');
    await journal.arrival('gate');
    const rest = ['one', 'two', 'three'].map((line) =>
      app.call('Counter', 'note', { body: line }),
    );
    expect(journal.lines).toEqual(['activate a']);
    journal.open('gate');
    await Promise.all([slow, ...rest]);
    expect(journal.lines).toEqual(['activate a', 'one', 'two', 'three']);
  });

  it('not when onActivate throws: the call fails and the next one tries anew [A4]', async () => {
    await counterApp();
    const actor = app.actor(CounterActor, 'stillborn');
    await expect(actor.up()).rejects.toThrow(
      'Actor Counter/stillborn could not be activated: no licence',
    );
    await expect(actor.up()).rejects.toMatchObject({ status: 500 });
    expect(journal.lines).toEqual(['activate stillborn', 'activate stillborn']);
    expect(app.sidecar.requests).toEqual([]);
    expect(app.log.of('error', 'no licence')).toHaveLength(2);
  });

  it('anew only when it is known what became of a save() in the onActivate that threw [A4]', async () => {
    await counterApp();
    const release = app.sidecar.hold('state.write');
    const writing = app.sidecar.arrival('state.write');
    const first = app.call('Counter', 'up', { actorId: 'hasty' });
    const second = app.call('Counter', 'up', { actorId: 'hasty' });
    await writing;
    await app.call('Counter', 'which', { actorId: 'another' });
    expect(journal.lines).toEqual(['activate hasty', 'activate another']);
    release();
    const ends = await Promise.all([first, second]);
    expect(ends.map(({ status }) => status)).toEqual([500, 500]);
    expect(journal.lines).toHaveLength(3);
  });

  it('with what onActivate sets stored by the first turn', async () => {
    await counterApp();
    await app.actor(CounterActor, 'writer').up();
    expect(app.sidecar.requests).toEqual([
      'GET Counter/writer/state/count',
      'POST Counter/writer/state',
    ]);
    expect(app.sidecar.stateOf('Counter/writer')).toEqual({
      born: 1,
      count: 1,
    });
  });

  it('again when the first turn failed and what onActivate set was not stored', async () => {
    await counterApp();
    const actor = app.actor(CounterActor, 'writer');
    await expect(actor.fail()).rejects.toThrow('on purpose');
    await actor.up();
    expect(journal.lines).toEqual([
      'activate writer',
      'deactivate writer',
      'activate writer',
    ]);
    expect(app.sidecar.stateOf('Counter/writer')).toEqual({
      born: 1,
      count: 1,
    });
  });
});

describe('an actor is deactivated', () => {
  it('when it is idle, and the next call gets a new instance', async () => {
    await counterApp();
    const before = await app.actor(CounterActor).which();
    await app.runtime.deactivate('Counter', 'a');
    expect(journal.lines).toEqual(['activate a', 'deactivate a']);
    expect(await app.actor(CounterActor).which()).not.toBe(before);
  });

  it('after the turn that runs, which can not commit; then the calls that wait [A18]', async () => {
    await counterApp();
    await app.actor(CounterActor).up();
    const running = app.call('Counter', 'upSlowly');
    await journal.arrival('gate');
    const waiting = app.call('Counter', 'up');
    const deactivated = app.runtime.deactivate('Counter', 'a');
    const alsoWaiting = app.call('Counter', 'up');
    journal.open('gate');
    await expect(running).resolves.toMatchObject({
      status: 500,
      body: expect.stringContaining('Dapr deactivated the actor'),
    });
    await deactivated;
    await expect(waiting).resolves.toMatchObject({ status: 200, body: '2' });
    await expect(alsoWaiting).resolves.toMatchObject({ body: '3' });
    expect(journal.lines).toEqual(['activate a', 'deactivate a', 'activate a']);
  });

  it.each([
    ['stored', 200, '2'],
    ['refused', 500, '1'],
  ])(
    'when its transaction, if one is on the way, is %s, and the caller is told so [A18]',
    async (end, status, next) => {
      await counterApp();
      const release = app.sidecar.hold('state.write');
      const writing = app.sidecar.arrival('state.write');
      if (end === 'refused') app.sidecar.failNext('state.write');
      const running = app.call('Counter', 'up');
      await writing;
      const deactivated = app.runtime.deactivate('Counter', 'a');
      const waiting = app.call('Counter', 'up');
      await app.call('Counter', 'which', { actorId: 'another' });
      expect(journal.lines).toEqual(['activate a', 'activate another']);
      release();
      await expect(running).resolves.toMatchObject({ status });
      await deactivated;
      await expect(waiting).resolves.toMatchObject({ body: next });
      expect(app.sidecar.stateOf('Counter/a')).toEqual({ count: Number(next) });
    },
  );

  it.each([
    ['its transaction', 'state.write'],
    ['what it reads', 'state.read'],
  ] as const)(
    'within moments, though the sidecar lets %s wait until then [A18]',
    async (_what, operation) => {
      await counterApp();
      const release = app.sidecar.hold(operation);
      const arrival = app.sidecar.arrival(operation);
      const running = app.call('Counter', 'up');
      await arrival;
      const deactivated = app.runtime.deactivate('Counter', 'a');
      await app.clock.advance('500ms');
      await expect(running).resolves.toMatchObject({
        status: 500,
        body: expect.stringContaining('Dapr deactivated the actor'),
      });
      await deactivated;
      release();
    },
  );

  it('within moments, though it waits for a call of another actor [A18]', async () => {
    await counterApp();
    const running = app.call('Talker', 'callSlow');
    await journal.arrival('gate');
    const deactivated = app.runtime.deactivate('Talker', 'a');
    await app.clock.advance('500ms');
    await expect(running).resolves.toMatchObject({ status: 500 });
    await deactivated;
    journal.open('gate');
  });

  it('as far as Dapr is told, though a turn takes longer; then the calls that wait [A18]', async () => {
    await counterApp();
    const running = app.call('Counter', 'upSlowly');
    await journal.arrival('gate');
    const deactivated = app.runtime.deactivate('Counter', 'a');
    const waiting = app.call('Counter', 'up');
    await app.clock.advance('2s');
    await deactivated;
    expect(journal.lines).toEqual(['activate a']);
    journal.open('gate');
    await expect(running).resolves.toMatchObject({ status: 500 });
    await expect(waiting).resolves.toMatchObject({ status: 200, body: '1' });
    expect(journal.lines).toEqual(['activate a', 'deactivate a', 'activate a']);
  });

  it('and can not call itself meanwhile, which is refused in words', async () => {
    await counterApp();
    await app.actor(TalkerActor).hello();
    await app.runtime.deactivate('Talker', 'a');
    expect(journal.lines).toEqual([
      expect.stringMatching(/DaprBadRequestError: .*would wait for itself/),
    ]);
  });

  it('with an answer at once where it is not active [A11]', async () => {
    await counterApp();
    await app.runtime.deactivate('Counter', 'nobody');
    await app.runtime.deactivate('Nothing', 'nobody');
    expect(journal.lines).toEqual([]);
  });

  it('whatever onDeactivate throws', async () => {
    await counterApp();
    await app.actor(CounterActor, 'sloppy').up();
    await app.runtime.deactivate('Counter', 'sloppy');
    await expect(app.actor(CounterActor, 'sloppy').up()).resolves.toBe(2);
    expect(app.log.of('error', 'Counter/sloppy')).toHaveLength(1);
  });

  it('with its state out of reach of onDeactivate', async () => {
    await counterApp();
    await app.actor(CounterActor, 'late').up();
    await app.runtime.deactivate('Counter', 'late');
    expect(journal.lines.at(-1)).toMatch(
      /used too late: Dapr has already forgotten this instance/,
    );
  });
});

describe('a new sidecar', () => {
  it('finds no instance of the time before, and reads what others wrote meanwhile [A19]', async () => {
    await counterApp();
    await app.actor(CounterActor).up();
    app.sidecar.stored.set('Counter/a/count', '40');
    app.runtime.newWorld();
    await expect(app.actor(CounterActor).up()).resolves.toBe(41);
    expect(journal.lines).toEqual(['activate a', 'deactivate a', 'activate a']);
  });

  it('waits for no transaction that was meant for the one before [A19]', async () => {
    await counterApp();
    const release = app.sidecar.hold('state.write');
    const writing = app.sidecar.arrival('state.write');
    const running = app.call('Counter', 'up');
    await writing;
    app.runtime.newWorld();
    await expect(running).resolves.toMatchObject({ status: 500 });
    release();
  });

  it('stores nothing of a turn that began before it [A19]', async () => {
    await counterApp();
    const running = app.call('Counter', 'upSlowly');
    await journal.arrival('gate');
    const waiting = app.call('Counter', 'up');
    app.runtime.newWorld();
    const after = app.call('Counter', 'up');
    await expect(waiting).resolves.toMatchObject({ status: 503 });
    journal.open('gate');
    await expect(running).resolves.toMatchObject({ status: 500 });
    await expect(after).resolves.toMatchObject({ status: 200, body: '1' });
  });
});

describe('an app that shuts down', () => {
  it('lets a turn that runs call other actors, which it waits for [A18]', async () => {
    await counterApp();
    const running = app.call('Talker', 'callLater');
    await journal.arrival('gate');
    const drained = app.runtime.drain();
    await expect(app.call('Talker', 'hello')).resolves.toMatchObject({
      status: 503,
    });
    journal.open('gate');
    await expect(running).resolves.toMatchObject({
      status: 200,
      body: '"hello"',
    });
    await drained;
  });

  it('lets turns end, takes no new ones, then deactivates every actor [A18]', async () => {
    await counterApp();
    await app.actor(CounterActor, 'b').up();
    const running = app.call('Counter', 'upSlowly');
    await journal.arrival('gate');
    const waiting = app.call('Counter', 'up');
    const stopped = app.runtime.stop();
    await expect(app.call('Counter', 'up')).resolves.toMatchObject({
      status: 503,
    });
    journal.open('gate');
    await expect(running).resolves.toMatchObject({ status: 200, body: '1' });
    await expect(waiting).resolves.toMatchObject({ status: 200, body: '2' });
    await stopped;
    expect(journal.lines.slice(-2).sort()).toEqual([
      'deactivate a',
      'deactivate b',
    ]);
    expect(app.sidecar.stateOf('Counter/a')).toEqual({ count: 2 });
  });
});

@Injectable()
class Prices {
  private readonly margin = 1;

  of(sku: string): number {
    return sku.length + this.margin;
  }
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

@ActorType('Rich')
class RichActor extends Actor {
  constructor(
    private readonly journal: Journal,
    private readonly prices: Prices,
    private readonly scratch: Scratch,
    private readonly identity: Identity,
  ) {
    super();
  }

  async use(sku: string): Promise<unknown> {
    this.journal.lines.push(sku);
    this.scratch.lines.push(sku);
    return {
      price: this.prices.of(sku),
      own: this.scratch.lines,
      request: this.identity.request,
    };
  }
}

@ActorType('Nested')
class NestedActor extends Actor {
  constructor(private readonly prices: Prices) {
    super();
  }

  price(sku: string): number {
    return this.prices.of(sku);
  }
}

@Module({ imports: [PricesModule], providers: [NestedActor] })
class NestedModule {}

describe('the constructor of an actor', () => {
  it('is given singletons, transients, request-scoped providers and those of other modules [A17]', async () => {
    app = await startActorApp({
      imports: [PricesModule, NestedModule],
      providers: [RichActor, Journal, Scratch, Identity],
    });
    const use = (id: string) => app.actor(RichActor, id).use('pen');
    await use('a');
    await expect(use('a')).resolves.toEqual({
      price: 4,
      own: ['pen', 'pen'],
      request: { actorType: 'Rich', actorId: 'a' },
    });
    await expect(use('b')).resolves.toMatchObject({
      own: ['pen'],
      request: { actorId: 'b' },
    });
    expect(app.module.get(Journal).lines).toHaveLength(3);
    await expect(app.actor(NestedActor).price('book')).resolves.toBe(5);
  });

  it('has no id yet, and says so', async () => {
    @ActorType('Hasty')
    class HastyActor extends Actor {
      private readonly name = `actor ${this.id}`;

      async greet(): Promise<string> {
        return this.name;
      }
    }
    app = await startActorApp({ providers: [HastyActor] });
    await expect(app.actor(HastyActor).greet()).rejects.toThrow(
      /HastyActor: this\.id is not there in a constructor or a field initialiser/,
    );
  });
});
