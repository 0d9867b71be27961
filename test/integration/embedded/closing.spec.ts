import { Module } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { Actor, ActorType, DaprModule } from '../../../lib/index.js';
import { EmbeddedSidecar } from '../../../lib/testing/index.js';
import { until } from '../../support/until.js';

let isInside = false;
let release: () => void = () => undefined;

@ActorType('Account')
class AccountActor extends Actor<{ balance: number }> {
  async deposit(amount: number): Promise<number> {
    this.state.set('balance', amount);
    isInside = true;
    await new Promise<void>((resolve) => (release = resolve));
    return amount;
  }

  balance(): Promise<number> {
    return this.state.get('balance', 0);
  }
}

@Module({ imports: [DaprModule.forRoot()], providers: [AccountActor] })
class BankModule {}

it('a turn that runs when its app is closed ends well, and what it changed is stored [H20]', async () => {
  await using dapr = await EmbeddedSidecar.start();
  const app = await dapr.run(BankModule);
  const deposited = dapr.actor(AccountActor, 'a').deposit(7);
  await until(() => isInside);
  const closed = app.close();
  await new Promise((resolve) => setImmediate(resolve));
  release();
  expect(await deposited).toBe(7);
  await closed;
  await dapr.run(BankModule);
  expect(await dapr.actor(AccountActor, 'a').balance()).toBe(7);
});
