// `npm run newcomer` runs this file in a new Nest app too, under that app's own test runner.
import { expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Actor, ActorType, DaprModule } from 'nestjs-dapr';
import { EmbeddedSidecar } from 'nestjs-dapr/testing';

@ActorType('Counter')
class Counter extends Actor<{ count: number }> {
  async add(): Promise<number> {
    const count = (await this.state.get('count', 0)) + 1;
    this.state.set('count', count);
    return count;
  }
}

@Module({ imports: [DaprModule.forRoot()], providers: [Counter] })
class CounterModule {}

it('a first spec needs a module, an actor and the embedded sidecar, and no settings', async () => {
  await using dapr = await EmbeddedSidecar.start();
  await dapr.run(Test.createTestingModule({ imports: [CounterModule] }));

  await dapr.actor(Counter, 'a').add();

  expect(await dapr.actor(Counter, 'a').add()).toBe(2);
});
