// Compiled, never run: what must be accepted, and after @ts-expect-error what must not.
import { DaprClient, HttpMethod } from '../../lib/index.js';

export async function actors(client: DaprClient): Promise<void> {
  await client.actor.invoke('Cart', 'a', 'add', 'book', { timeout: 500 });
  await client.actor.invoke(HttpMethod.PUT, 'Cart', 'a', 'add', 'book');
  await client.actor.invoke('DELETE', 'Cart', 'a', 'add', 'book');
  // @ts-expect-error actors have no such verb
  await client.actor.invoke(HttpMethod.PATCH, 'Cart', 'a', 'add', 'book');
  // @ts-expect-error nor this one
  await client.actor.invoke('HEAD', 'Cart', 'a', 'add', 'book');
}
