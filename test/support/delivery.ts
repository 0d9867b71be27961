import type { OutgoingHttpHeaders } from 'node:http';
import type { SubscriptionEntry } from '../../lib/protocol/subscription.js';
import { call, type WireAnswer } from '../conformance/wire.js';
import { routeOf } from './nest-app.js';
import type { NestRun } from './nest-run.js';

/** What a Nest application itself answers, without its sidecar in between. */
export function callApp(
  nest: NestRun,
  verb: string,
  path: string,
  body?: unknown,
  headers?: OutgoingHttpHeaders,
): Promise<WireAnswer> {
  return call(addressOf(nest), verb, path, body, headers);
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
  const path = await routeOf(addressOf(nest), topic);
  return callApp(nest, 'POST', path, body, {
    'content-type': 'application/cloudevents+json',
  });
}

function addressOf({ url }: NestRun): { readonly httpPort: number } {
  return { httpPort: Number(new URL(url).port) };
}
