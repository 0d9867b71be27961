import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Actor,
  Actors,
  ActorProxyFactory,
  ActorType,
  DaprClient,
  DaprModule,
  InjectActors,
  ServerDapr,
  Subscribe,
} from '../../lib/index.js';
import { Gate } from '../support/gate.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

let gate = new Gate();
let working = 0;
const delivered: number[] = [];

async function work(): Promise<void> {
  working += 1;
  await gate.opened;
}

@ActorType('Account', { reentrancy: { enabled: true } })
class AccountActor extends Actor<{ total: number }> {
  constructor(
    @InjectActors(() => BankActor) private readonly banks: Actors<BankActor>,
    @InjectActors(() => AccountActor)
    private readonly accounts: Actors<AccountActor>,
  ) {
    super();
  }

  async depositMyself(amount: number): Promise<number> {
    await work();
    return this.accounts.get(this.id).deposit(amount);
  }

  async depositByBank(amount: number): Promise<number> {
    await work();
    return this.banks.get('bank').deposit(this.id, amount);
  }

  async deposit(amount: number): Promise<number> {
    const total = (await this.state.get('total', 0)) + amount;
    this.state.set('total', total);
    return total;
  }
}

@ActorType('Bank')
class BankActor extends Actor {
  constructor(
    @InjectActors(AccountActor)
    private readonly accounts: Actors<AccountActor>,
  ) {
    super();
  }

  deposit(id: string, amount: number): Promise<number> {
    return this.accounts.get(id).deposit(amount);
  }
}

@Controller()
class Payments {
  constructor(
    @InjectActors(BankActor) private readonly banks: Actors<BankActor>,
  ) {}

  @Subscribe('pubsub', 'payments', { deadLetterTopic: 'dead' })
  async onPayment(@Payload() amount: number): Promise<void> {
    await work();
    delivered.push(await this.banks.get('bank').deposit('payee', amount));
  }
}

describe.each(platforms)('an app on %s that ends', (_platform, adapter) => {
  let nest: NestRun;
  let outside: DaprClient;

  beforeEach(async () => {
    gate = new Gate();
    working = 0;
    delivered.length = 0;
    nest = await runNest({
      adapter: adapter(),
      imports: [DaprModule.forFeature([AccountActor, BankActor])],
      controllers: [Payments],
      providers: [AccountActor, BankActor],
    });
    outside = new DaprClient({ httpEndpoint: nest.sidecar.url });
  });
  afterEach(async () => {
    gate.open();
    await outside.stop();
    await nest.close();
  });

  const call = (id: string, method: string) =>
    outside.actor.invoke('Account', id, method, 5);

  /** Begins to end the app, and resolves to what resolves when it has. */
  const end = async (): Promise<{ closed: Promise<void> }> => {
    const { drain } = nest.app.get(ServerDapr);
    const closed = nest.app.close();
    await until(() => drain.isShuttingDown);
    return { closed };
  };

  it.each(['depositMyself', 'depositByBank'])(
    'takes the calls that a running turn waits for, and no others: %s [H20] [A16]',
    async (method) => {
      const turn = call('a', method);
      await until(() => working === 1);
      const { closed } = await end();
      await expect(call('b', 'deposit')).rejects.toMatchObject({ status: 503 });
      gate.open();
      await expect(turn).resolves.toBe(5);
      await closed;
    },
  );

  it('takes the calls of actors that a delivery waits for [H20]', async () => {
    await nest.client.pubsub.publish('pubsub', 'payments', 7);
    await until(() => working === 1);
    const { closed } = await end();
    gate.open();
    await closed;
    expect(delivered).toEqual([7]);
  });

  it('ends though something in it never stops calling actors [H20]', async () => {
    const accounts = nest.app.get(ActorProxyFactory);
    let calls = 0;
    const calling = Array.from({ length: 10 }, async (_, index) => {
      const account = accounts.get(AccountActor, `${index}`);
      for (let refusals = 0; refusals < 3; calls++)
        await account.deposit(1).catch(() => refusals++);
    });
    await until(() => calls > 50);
    await nest.app.close();
    await Promise.all(calling);
  });
});
