import type { SubscriptionEntry } from '../../lib/protocol/subscription.js';
import { call, type WireAnswer } from '../conformance/wire.js';
import type { NestRun } from './nest-run.js';

/** What a Nest application itself answers, without a sidecar in between. */
export function callApp(
  nest: NestRun,
  ...request: Parameters<typeof call> extends [unknown, ...infer Rest]
    ? Rest
    : never
): Promise<WireAnswer> {
  return call({ httpPort: Number(new URL(nest.url).port) }, ...request);
}

/** The subscriptions that the application tells its sidecar. */
export async function subscriptionsOf(
  nest: NestRun,
): Promise<readonly SubscriptionEntry[]> {
  const answer = await callApp(nest, 'GET', '/dapr/subscribe');
  return answer.json as SubscriptionEntry[];
}

/** Posts a body to the default route of a topic, as a sidecar would. */
export async function deliver(
  nest: NestRun,
  topic: string,
  body: unknown,
): Promise<WireAnswer> {
  const entry = (await subscriptionsOf(nest)).find(
    (each) => each.topic === topic,
  );
  const path = entry?.route ?? entry?.routes?.default;
  if (path === undefined) throw new Error(`no route for the topic ${topic}`);
  return callApp(nest, 'POST', path, body, {
    'content-type': 'application/cloudevents+json',
  });
}
