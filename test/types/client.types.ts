// Compiled, never run: what must be accepted, and after @ts-expect-error what must not.
import {
  CommunicationProtocol,
  DaprClient,
  HttpMethod,
} from '../../lib/index.js';
import { Temporal } from '../../lib/sdk/index.js';

export async function actors(client: DaprClient): Promise<void> {
  await client.actor.invoke('Cart', 'a', 'add', 'book', { timeout: 500 });
  await client.actor.invoke(HttpMethod.PUT, 'Cart', 'a', 'add', 'book');
  await client.actor.invoke('DELETE', 'Cart', 'a', 'add', 'book');
  // @ts-expect-error actors have no such verb
  await client.actor.invoke(HttpMethod.PATCH, 'Cart', 'a', 'add', 'book');
  // @ts-expect-error nor this one
  await client.actor.invoke('HEAD', 'Cart', 'a', 'add', 'book');
}

/** Names of the documentation that `@dapr/dapr` does not have any more. */
export async function olderNames(): Promise<void> {
  const client = new DaprClient('dapr', '3500', CommunicationProtocol.GRPC);
  const { success } = await client.lock.tryLock('redislock', 'a', 'me', 1000);
  await client.actor.invoke('PUT', 'DemoActorTimerImpl', 'actor-id', 'init');
  await client.actor.timerCreate('DemoActorTimerImpl', 'actor-id', 'timer', {
    callback: 'method-to-excute-on-actor',
    dueTime: Temporal.Duration.from({ seconds: 2 }),
    period: Temporal.Duration.from({ seconds: 1 }),
  });
  await client.actor.timerDelete('DemoActorTimerImpl', 'actor-id', 'timer');
  console.log(success);
}
