import { Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Actor } from '../../../lib/actors/actor.js';
import { ActorType } from '../../../lib/actors/actor-type.decorator.js';
import { ActorProxyFactory } from '../../../lib/actors/proxy/actor-proxy-factory.js';
import { startActorApp, type ActorApp } from './actor-app.js';

/** Lets calls wait for each other. */
@Injectable()
class Meeting {
  private readonly arrived = new Set<string>();
  private readonly waiting = new Map<string, () => void>();

  reached(place: string): void {
    this.arrived.add(place);
    this.waiting.get(place)?.();
  }

  async at(place: string): Promise<void> {
    if (!this.arrived.has(place))
      await new Promise<void>((resolve) => this.waiting.set(place, resolve));
  }
}

interface AccountState {
  outer: number;
  inner: number;
  other: number;
  deepest: number;
}

@ActorType('Account', { reentrancy: { enabled: true, maxStackDepth: 4 } })
class AccountActor extends Actor<AccountState> {
  constructor(
    private readonly actors: ActorProxyFactory,
    private readonly meeting: Meeting,
  ) {
    super();
  }

  async onActivate(): Promise<void> {
    if (this.id === 'impatient') await this.me.read();
    if (this.id === 'cold') await this.state.has('outer');
    if (this.id === 'broken') throw new Error('can not begin');
  }

  private get me() {
    return this.actors.get(AccountActor, this.id);
  }

  async read(): Promise<(number | undefined)[]> {
    return [
      await this.state.get('outer'),
      await this.state.get('inner'),
      await this.state.get('other'),
      await this.state.get('deepest'),
    ];
  }

  async thereAndBack(): Promise<(number | null)[]> {
    this.state.set('outer', 1);
    return this.actors.get(MirrorActor, 'm').reflect(this.id);
  }

  async setInner(fails = false): Promise<void> {
    this.state.set('inner', 1);
    if (fails) throw new Error('inner failed');
  }

  async setOther(fails = false): Promise<void> {
    this.state.set('other', 1);
    if (fails) throw new Error('other failed');
  }

  async catchInner(): Promise<string> {
    this.state.set('outer', 1);
    const message = await this.me.setInner(true).then(
      () => 'no error',
      (error: Error) => error.message,
    );
    return message;
  }

  async catchDeepest(level: number): Promise<void> {
    if (level === 2) {
      this.state.set('deepest', 1);
      throw new Error('deepest failed');
    }
    this.state.set(level === 0 ? 'outer' : 'inner', 1);
    await this.me.catchDeepest(level + 1).catch((error: Error) => {
      if (level === 0) throw error;
    });
  }

  async bothAtOnce(fails: boolean): Promise<string[]> {
    this.state.set('outer', 1);
    const ends = await Promise.allSettled([
      this.me.meet('one', 'two', false),
      this.me.meet('two', 'one', fails),
    ]);
    return ends.map(({ status }) => status);
  }

  async bothQuickly(failing: 'first' | 'second'): Promise<void> {
    await Promise.allSettled([
      this.me.setInner(failing === 'first'),
      this.me.setOther(failing === 'second'),
    ]);
  }

  async bothInTurn(): Promise<void> {
    await this.me.setInner(true).catch(() => undefined);
    await this.me.setOther(false);
  }

  async callTwice(id: string): Promise<string[]> {
    const other = this.actors.get(AccountActor, id);
    const ends = await Promise.allSettled([other.setInner(), other.setOther()]);
    return ends.map(({ status }) => status);
  }

  async addOuter(): Promise<number> {
    const outer = ((await this.state.get('outer')) ?? 0) + 1;
    // Lets another come in between, if it may.
    await this.actors.get(AccountActor, 'elsewhere').read();
    this.state.set('outer', outer);
    return outer;
  }

  async failLate(): Promise<void> {
    this.meeting.reached('late one runs');
    await this.meeting.at('written beside');
    throw new Error('late one failed');
  }

  async writeWhenLateRuns(): Promise<void> {
    this.state.set('other', 1);
  }

  async addTwiceTo(id: string): Promise<number[]> {
    const other = this.actors.get(AccountActor, id);
    return Promise.all([other.addOuter(), other.addOuter()]);
  }

  async failBeside(id: string): Promise<string[]> {
    const other = this.actors.get(AccountActor, id);
    const late = other.failLate();
    await this.meeting.at('late one runs');
    const written = other.writeWhenLateRuns();
    // What is sent later arrives later.
    await this.actors.get(AccountActor, 'elsewhere').read();
    this.meeting.reached('written beside');
    const ends = await Promise.allSettled([late, written]);
    return ends.map(({ status }) => status);
  }

  async hold(): Promise<void> {
    this.state.set('outer', 1);
    this.meeting.reached('held');
    await this.meeting.at('release');
  }

  async meet(here: string, there: string, fails: boolean): Promise<void> {
    this.meeting.reached(here);
    await this.meeting.at(there);
    if (here === 'one') this.state.set('inner', 1);
    else await this.setOther(fails);
  }

  async writeBeside(): Promise<void> {
    const inner = this.me.waitThenFail();
    await this.meeting.at('inner runs');
    this.state.set('outer', 1);
    this.meeting.reached('outer wrote');
    await inner.catch(() => undefined);
  }

  async waitThenFail(): Promise<void> {
    this.state.set('inner', 1);
    this.meeting.reached('inner runs');
    await this.meeting.at('outer wrote');
    throw new Error('inner failed');
  }

  async forget(): Promise<void> {
    this.state.set('outer', 1);
    void this.me.slowly();
    await this.meeting.at('slow one runs');
  }

  async slowly(): Promise<void> {
    this.meeting.reached('slow one runs');
    await new Promise((resolve) => setImmediate(resolve));
    await this.state.has('other');
    this.state.set('inner', 1);
  }

  async dive(levels: number): Promise<number> {
    return levels === 0 ? 0 : 1 + (await this.me.dive(levels - 1));
  }
}

@ActorType('Mirror')
class MirrorActor extends Actor {
  constructor(private readonly actors: ActorProxyFactory) {
    super();
  }

  async reflect(id: string): Promise<(number | null)[]> {
    const account = this.actors.get(AccountActor, id);
    await account.setInner();
    return account.read();
  }
}

let app: ActorApp;
afterEach(() => app.close());

async function accountApp(): Promise<void> {
  app = await startActorApp({
    providers: [AccountActor, MirrorActor, Meeting],
  });
}

const stored = () => app.sidecar.stateOf('Account/a');
const writes = () =>
  app.sidecar.requests.filter((request) => request.startsWith('POST'));

describe('a call that comes back to an actor', () => {
  it('enters at once, sees what is pending, and is stored with it [A16]', async () => {
    await accountApp();
    await expect(app.actor(AccountActor).thereAndBack()).resolves.toEqual([
      1,
      1,
      null,
      null,
    ]);
    expect(stored()).toEqual({ outer: 1, inner: 1 });
    expect(writes()).toHaveLength(1);
    const [first, ...others] = app.sidecar.callHeaders.map(
      (headers) => headers['dapr-reentrancy-id'],
    );
    expect(first).toBeUndefined();
    expect(new Set(others).size).toBe(1);
  });

  it('is a matter of its own chain: two chains share no id and wait for each other [A16]', async () => {
    await accountApp();
    await Promise.all([
      app.actor(AccountActor).thereAndBack(),
      app.actor(AccountActor).thereAndBack(),
    ]);
    const ids = app.sidecar.callHeaders.flatMap(
      (headers) => headers['dapr-reentrancy-id'] ?? [],
    );
    expect(ids).toHaveLength(6);
    expect(new Set(ids).size).toBe(2);
    expect(writes()).toHaveLength(2);
  });

  it('is refused where the chain is deeper than maxStackDepth [A16]', async () => {
    await accountApp();
    await expect(app.actor(AccountActor).dive(3)).resolves.toBe(3);
    await expect(app.actor(AccountActor).dive(4)).rejects.toThrow(
      'More than 4 calls of one chain are inside actor Account/a',
    );
  });

  it('is refused in words while onActivate waits for it', async () => {
    await accountApp();
    const call = app.call('Account', 'read', {
      actorId: 'impatient',
      headers: { 'dapr-reentrancy-id': 'chain' },
    });
    await expect(call).resolves.toMatchObject({
      status: 500,
      body: expect.stringContaining('is still being activated'),
    });
  });

  it('waits for the instance where its chain makes it and another call at once', async () => {
    await accountApp();
    await expect(app.actor(AccountActor).callTwice('cold')).resolves.toEqual([
      'fulfilled',
      'fulfilled',
    ]);
    expect(app.sidecar.stateOf('Account/cold')).toEqual({ inner: 1, other: 1 });
  });

  it('fails with the call beside it where the instance can not be made', async () => {
    await accountApp();
    await expect(app.actor(AccountActor).callTwice('broken')).resolves.toEqual([
      'rejected',
      'rejected',
    ]);
  });

  it('takes back what it changed when it throws, though the outer call goes on [A1]', async () => {
    await accountApp();
    await expect(app.actor(AccountActor).catchInner()).resolves.toBe(
      'inner failed',
    );
    expect(stored()).toEqual({ outer: 1 });
    await expect(app.actor(AccountActor).read()).resolves.toEqual([
      1,
      null,
      null,
      null,
    ]);
  });

  it('takes back its own changes alone, at any depth [A1]', async () => {
    await accountApp();
    await app.actor(AccountActor).catchDeepest(0);
    expect(stored()).toEqual({ outer: 1, inner: 1 });
  });

  it('is waited for though the outer call does not wait', async () => {
    await accountApp();
    await app.actor(AccountActor).forget();
    expect(stored()).toEqual({ outer: 1, inner: 1 });
    expect(writes()).toHaveLength(1);
  });

  it('is not one that is made beside it: that waits, sees what the first stored, and is no loss [A16]', async () => {
    await accountApp();
    await expect(app.actor(AccountActor).addTwiceTo('b')).resolves.toEqual([
      1, 2,
    ]);
    expect(app.sidecar.stateOf('Account/b')).toEqual({ outer: 2 });
  });

  it('stores what its caller was told is stored, though one that was made beside it fails [A1]', async () => {
    await accountApp();
    await expect(app.actor(AccountActor).failBeside('b')).resolves.toEqual([
      'rejected',
      'fulfilled',
    ]);
    expect(app.sidecar.stateOf('Account/b')).toEqual({ other: 1 });
  });

  it('is taken while the app shuts down, since the outer one waits for it', async () => {
    await accountApp();
    const forward = app.sidecar.app;
    app.sidecar.app = (call) => {
      if (call.name === 'meet') void app.runtime.drain();
      return forward(call);
    };
    const running = app.actor(AccountActor).bothAtOnce(false);
    await expect(running).resolves.toEqual(['fulfilled', 'fulfilled']);
  });
});

describe('calls that come back to an actor at once', () => {
  it('are stored together', async () => {
    await accountApp();
    await expect(app.actor(AccountActor).bothAtOnce(false)).resolves.toEqual([
      'fulfilled',
      'fulfilled',
    ]);
    expect(stored()).toEqual({ outer: 1, inner: 1, other: 1 });
    expect(writes()).toHaveLength(1);
  });

  it('fail the outer call when one of them throws, for their changes can not be told apart [A1]', async () => {
    await accountApp();
    await expect(app.actor(AccountActor).bothAtOnce(true)).rejects.toThrow(
      /stored nothing: A call failed while others of its chain ran beside it/,
    );
    expect(stored()).toEqual({});
    await expect(app.actor(AccountActor).read()).resolves.toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it.each(['first', 'second'] as const)(
    'fail the outer call when the %s throws, even if they happen to run one after the other [A1]',
    async (failing) => {
      await accountApp();
      await expect(
        app.actor(AccountActor).bothQuickly(failing),
      ).rejects.toThrow(/stored nothing/);
      expect(stored()).toEqual({});
    },
  );

  it('are none of it when one is made after the other', async () => {
    await accountApp();
    await app.actor(AccountActor).bothInTurn();
    expect(stored()).toEqual({ other: 1 });
  });

  it('fail the outer call, too, when it wrote beside them [A1]', async () => {
    await accountApp();
    await expect(app.actor(AccountActor).writeBeside()).rejects.toThrow(
      /stored nothing/,
    );
    expect(stored()).toEqual({});
  });

  it('fail the outer call, too, when a caller does not tell who called [A1]', async () => {
    await accountApp();
    const meeting = app.module.get(Meeting);
    const inChain = (name: string, body: string, place: string) =>
      app.call('Account', name, {
        body,
        headers: {
          'dapr-reentrancy-id': 'chain',
          'x-nestjs-dapr-args': place,
        },
      });
    const outer = inChain('hold', '[]', '0');
    await meeting.at('held');
    const ends = await Promise.all([
      inChain('meet', '["one","two",false]', '3'),
      inChain('meet', '["two","one",true]', '3'),
    ]);
    meeting.reached('release');
    expect(ends.map(({ status }) => status)).toEqual([200, 500]);
    await expect(outer).resolves.toMatchObject({ status: 500 });
    expect(stored()).toEqual({});
  });

  it('begin a chain of their own when the one they name has ended', async () => {
    await accountApp();
    const headers = { 'dapr-reentrancy-id': 'chain' };
    await app.call('Account', 'setInner', { headers });
    await app.call('Account', 'setOther', { headers });
    expect(stored()).toEqual({ inner: 1, other: 1 });
    expect(writes()).toHaveLength(2);
  });
});
