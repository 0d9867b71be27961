import { HttpException, Injectable, NotFoundException } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Actor,
  ActorContext,
  ActorProxyFactory,
  Actors,
  ActorType,
  CommunicationProtocolEnum,
  DaprModule,
  InjectActors,
  type ActorProxyOptions,
} from '../../lib/index.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { until } from '../support/until.js';

@Injectable()
class Journal {
  readonly begun = new Set<string>();
  readonly aborted = new Set<string>();
}

@ActorType('Account', {
  reentrancy: { enabled: true },
  maxConcurrentTurns: 1,
  state: { keys: true, version: 1, upcast: (stored) => stored },
})
class AccountActor extends Actor<{ total: number }> {
  constructor(
    private readonly journal: Journal,
    @InjectActors(() => AccountActor)
    private readonly accounts: Actors<AccountActor>,
    @InjectActors(() => BankActor) private readonly banks: Actors<BankActor>,
  ) {
    super();
  }

  async deposit(amount: number): Promise<number> {
    const total = (await this.state.get('total', 0)) + amount;
    this.state.set('total', total);
    return total;
  }

  async depositTwice(amount: number): Promise<number> {
    await this.deposit(amount);
    await this.state.save();
    return this.accounts.get(this.id).deposit(amount);
  }

  /** Of the same type, which takes one turn at a time. */
  async depositTo(id: string, amount: number): Promise<number> {
    return this.banks.get('bank').deposit(id, amount);
  }

  async fail(): Promise<void> {
    this.state.set('total', -1);
    throw new NotFoundException('no such account');
  }

  keys(): Promise<string[]> {
    return this.state.keys();
  }

  async wait(@Ctx() { signal }: ActorContext): Promise<void> {
    this.journal.begun.add(this.id);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    this.journal.aborted.add(this.id);
  }
}

@ActorType('Bank')
class BankActor extends Actor {
  constructor(
    @InjectActors(AccountActor)
    private readonly accounts: Actors<AccountActor>,
    @InjectActors(() => BankActor) private readonly banks: Actors<BankActor>,
  ) {
    super();
  }

  deposit(id: string, amount: number): Promise<number> {
    return this.accounts.get(id).deposit(amount);
  }

  knot(): Promise<void> {
    return this.banks.get(this.id).knot();
  }
}

describe('actors that are called over gRPC', () => {
  let nest: NestRun;
  beforeAll(async () => {
    nest = await runNest({
      adapter: new ExpressAdapter(),
      imports: [DaprModule.forFeature([AccountActor, BankActor])],
      providers: [AccountActor, BankActor, Journal],
      dapr: {
        communicationProtocol: CommunicationProtocolEnum.GRPC,
        actors: { errors: [HttpException] },
      },
    });
  });
  afterAll(() => nest.close());

  const account = (id: string, options?: ActorProxyOptions) =>
    nest.app.get(ActorProxyFactory).get(AccountActor, id, options);

  it('come back to themselves, save, and keep their keys and versions [A16]', async () => {
    expect(await account('a').depositTwice(5)).toBe(10);
    expect(await account('a').keys()).toEqual(['total']);
    expect(await nest.client.actor.stateGet('Account', 'a', 'total')).toEqual({
      'x-nestjs-dapr': 1,
      version: 1,
      value: 10,
    });
  });

  it('know a call that their own turn waits for', async () => {
    expect(await account('b').depositTo('c', 5)).toBe(5);
    const bank = nest.app.get(ActorProxyFactory).get(BankActor, 'knot');
    await expect(bank.knot()).rejects.toThrow(/it would wait for itself/);
  });

  it('have their errors restored, and nothing of a failed turn stored [A1] [A7]', async () => {
    await account('d').deposit(5);
    await expect(account('d').fail()).rejects.toBeInstanceOf(HttpException);
    await expect(account('d').fail()).rejects.toMatchObject({
      status: 404,
      message: 'no such account',
    });
    expect(await account('d').deposit(0)).toBe(5);
  });

  it('are told when their caller gives up', async () => {
    const controller = new AbortController();
    const call = account('e', { signal: controller.signal }).wait();
    const { begun, aborted } = nest.app.get(Journal);
    await until(() => begun.has('e'));
    controller.abort();
    await expect(call).rejects.toBe(controller.signal.reason);
    await until(() => aborted.has('e'));
  });
});
