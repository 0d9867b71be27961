import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Actor,
  ActorContext,
  ActorProxyFactory,
  Actors,
  ActorType,
  DaprClient,
  DaprModule,
  InjectActors,
  OnReminder,
} from '../../lib/index.js';
import { ActorId, ActorProxyBuilder } from '../../lib/sdk/index.js';
import { Ctx } from '@nestjs/microservices';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

/** The chains that actors saw, by their ids. */
@Injectable()
class Chains {
  readonly seen = new Map<string, unknown[]>();
  /** How the call of a reminder ended. */
  readonly ends = new Map<string, string>();

  note(id: string, { headers }: ActorContext): void {
    const chains = this.seen.get(id) ?? [];
    this.seen.set(id, [...chains, headers['dapr-reentrancy-id']]);
  }
}

interface AccountState {
  outer: number;
  inner: number;
}

@ActorType('Account', { reentrancy: { enabled: true, maxStackDepth: 3 } })
class AccountActor extends Actor<AccountState> {
  constructor(
    @InjectActors(() => AccountActor)
    private readonly accounts: Actors<AccountActor>,
    @InjectActors(() => MirrorActor)
    private readonly mirrors: Actors<MirrorActor>,
    private readonly client: DaprClient,
    private readonly chains: Chains,
  ) {
    super();
  }

  async thereAndBack(@Ctx() context: ActorContext): Promise<unknown> {
    this.chains.note(this.id, context);
    this.state.set('outer', 1);
    return this.mirrors.get(`mirror of ${this.id}`).reflect(this.id);
  }

  async meet(@Ctx() context: ActorContext): Promise<unknown> {
    this.chains.note(this.id, context);
    const outer = await this.state.get('outer');
    this.state.set('inner', 1);
    return { seen: outer };
  }

  async byClient(): Promise<unknown> {
    this.state.set('outer', 1);
    return this.client.actor.invoke('Account', this.id, 'meet');
  }

  async setInnerAndFail(): Promise<void> {
    this.state.set('inner', 1);
    throw new Error('inner failed');
  }

  async catchInner(): Promise<string> {
    this.state.set('outer', 1);
    const inner = this.accounts.get(this.id).setInnerAndFail();
    return inner.then(
      () => 'no error',
      ({ message }: Error) => message,
    );
  }

  async failAfterInner(): Promise<void> {
    this.state.set('outer', 1);
    await this.accounts.get(this.id).setInner();
    throw new Error('outer failed');
  }

  async setInner(): Promise<void> {
    this.state.set('inner', 1);
  }

  async bothAtOnce(): Promise<void> {
    const me = this.accounts.get(this.id);
    await Promise.allSettled([me.setInner(), me.setInnerAndFail()]);
  }

  async read(): Promise<unknown> {
    return {
      outer: await this.state.get('outer'),
      inner: await this.state.get('inner'),
    };
  }

  async callMirror(id: string): Promise<void> {
    await this.mirrors.get(id).knot();
  }

  async throughItself(): Promise<string> {
    return this.accounts.get(this.id).pong();
  }

  async remindMyself(): Promise<void> {
    await this.reminders.set('ping', { dueTime: '0s' });
  }

  /** Dapr gives it no reentrancy id. */
  @OnReminder('ping')
  async onPing(): Promise<void> {
    const end = await this.throughItself().catch(
      ({ message }: Error) => message,
    );
    this.chains.ends.set(this.id, end);
  }

  pong(): string {
    return 'pong';
  }

  async dive(levels: number): Promise<number> {
    if (levels === 0) return 0;
    return 1 + (await this.accounts.get(this.id).dive(levels - 1));
  }
}

@ActorType('Mirror')
class MirrorActor extends Actor {
  constructor(
    private readonly actors: ActorProxyFactory,
    private readonly chains: Chains,
    private readonly client: DaprClient,
  ) {
    super();
  }

  async reflect(id: string, @Ctx() context?: ActorContext): Promise<unknown> {
    this.chains.note(id, context!);
    return this.actors.get(AccountActor, id).meet();
  }

  async knot(): Promise<void> {
    await this.actors.get(MirrorActor, this.id).knot();
  }

  async knotByClient(): Promise<void> {
    await this.client.actor.invoke('Mirror', this.id, 'knot');
  }

  async knotByBuilder(): Promise<void> {
    const builder = new ActorProxyBuilder(MirrorActor, this.client);
    await builder.build(new ActorId(this.id)).knot();
  }

  /** Through an actor that is no part of the knot. */
  async knotAround(): Promise<void> {
    await this.actors.get(AccountActor, 'around').callMirror(this.id);
  }
}

let ids = 0;

describe.each(platforms)('a chain of calls on %s', (_platform, adapter) => {
  let nest: NestRun;
  beforeAll(async () => {
    nest = await runNest({
      adapter: adapter(),
      imports: [DaprModule.forFeature([AccountActor, MirrorActor])],
      providers: [AccountActor, MirrorActor, Chains],
    });
  });
  afterAll(() => nest.close());

  const newAccount = () => {
    const id = `account-${ids++}`;
    return {
      id,
      account: nest.app.get(ActorProxyFactory).get(AccountActor, id),
      chains: () => new Set(nest.app.get(Chains).seen.get(id)),
      stored: async () => ({
        outer: await nest.client.actor.stateGet('Account', id, 'outer'),
        inner: await nest.client.actor.stateGet('Account', id, 'inner'),
      }),
    };
  };

  it('comes back to its actor at once, sees what is pending, and is stored as one [A16]', async () => {
    const { account, chains, stored } = newAccount();
    expect(await account.thereAndBack()).toEqual({ seen: 1 });
    expect(await stored()).toEqual({ outer: 1, inner: 1 });
    const [id, ...others] = chains();
    expect(id).toEqual(expect.any(String));
    expect(others).toEqual([]);
  });

  it('comes back by client.actor as well [A16]', async () => {
    const { account, stored } = newAccount();
    expect(await account.byClient()).toEqual({ seen: 1 });
    expect(await stored()).toEqual({ outer: 1, inner: 1 });
  });

  it('shares nothing with another that runs at the same time [A16]', async () => {
    const [one, other] = [newAccount(), newAccount()];
    await Promise.all([
      one.account.thereAndBack(),
      other.account.thereAndBack(),
      one.account.thereAndBack(),
    ]);
    expect(one.chains().size).toBe(2);
    expect(other.chains().size).toBe(1);
    const [id] = other.chains();
    expect(one.chains()).not.toContain(id);
  });

  it('goes no deeper than maxStackDepth [A16]', async () => {
    const { account } = newAccount();
    await expect(account.dive(2)).resolves.toBe(2);
    await expect(account.dive(3)).rejects.toThrow(/More than 3 calls of one/);
    // A daprd that counted the depth itself would never let anybody in again.
    await expect(account.dive(2)).resolves.toBe(2);
  });

  it.each(['knot', 'knotByClient', 'knotByBuilder', 'knotAround'] as const)(
    'that would wait for itself is refused in words: %s [A16]',
    async (method) => {
      const mirror = nest.app.get(ActorProxyFactory).get(MirrorActor, 'knot');
      await expect(mirror[method]()).rejects.toMatchObject({
        name: 'DaprBadRequestError',
        message: expect.stringMatching(
          /Mirror\/knot method "knot" was not called: it would wait for itself/,
        ),
      });
    },
  );

  it('that a reminder began can not come back, and is refused in words [A16]', async () => {
    const { id, account } = newAccount();
    await account.remindMyself();
    const { ends } = nest.app.get(Chains);
    await until(() => ends.has(id));
    expect(ends.get(id)).toMatch(/it would wait for itself.*timers/);
  });

  it('takes back what an inner call changed that threw, though the outer one goes on [A1]', async () => {
    const { account, stored } = newAccount();
    expect(await account.catchInner()).toBe('inner failed');
    expect(await stored()).toEqual({ outer: 1 });
    expect(await account.read()).toEqual({ outer: 1 });
  });

  it('stores nothing of an inner call when the outer one throws [A1]', async () => {
    const { account, stored } = newAccount();
    await expect(account.failAfterInner()).rejects.toThrow('outer failed');
    expect(await stored()).toEqual({});
    expect(await account.read()).toEqual({});
  });

  it('stores nothing where one of several inner calls at once threw [A1]', async () => {
    const { account, stored } = newAccount();
    await expect(account.bothAtOnce()).rejects.toThrow(/stored nothing/);
    expect(await stored()).toEqual({});
  });
});
