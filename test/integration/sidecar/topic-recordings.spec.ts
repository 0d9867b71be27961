import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { component, resources } from '../../conformance/components.js';
import type { Answer } from '../../conformance/recording-app.js';
import { call } from '../../conformance/wire.js';
import { fixture, type Recording } from '../../support/recordings.js';
import { Stage } from '../../support/stage.js';

interface Exchange {
  readonly name: string;
  readonly publish: Recording['request'];
  readonly request: Recording['request'];
}
interface Outcome {
  readonly name: string;
  readonly answer: Answer | 'cut';
  readonly outcome: {
    readonly deliveries: number;
    readonly deadLettered: number;
    readonly gapsMs: readonly number[];
  };
}

const BROKERS = resources(
  component('pubsub.in-memory', 'mem'),
  component('pubsub.redis', 'red'),
);

/** Ids and times are never the same twice; a raw delivery may hold a whole event in base64. */
function masked(text: string): string {
  return (
    text
      .replace(/(?<="data_base64":")eyJ[^"]+/, (base64) =>
        Buffer.from(base64, 'base64').toString(),
      )
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
      .replace(/2026-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)/g, '<time>')
      // Go's way of writing a byte that is no UTF-8.
      .replaceAll('\\ufffd', '\ufffd')
  );
}

// Of the connection and of Go's client; the recordings are without them.
const IGNORED = [
  'accept-encoding',
  'connection',
  'content-length',
  'host',
  'user-agent',
];

describe('what daprd delivered for a publish', () => {
  let stage: Stage;

  beforeAll(async () => {
    const subscriptions = ['mem', 'red'].flatMap((pubsubname) => [
      { pubsubname, topic: 'ct', route: `/ct/${pubsubname}` },
      {
        pubsubname,
        topic: 'rawsub',
        route: `/rawsub/${pubsubname}`,
        metadata: { rawPayload: 'true' },
      },
    ]);
    stage = await Stage.open({
      appId: 'psapp',
      resources: BROKERS,
      subscriptions,
    });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it.each<Exchange>(fixture('sidecar-deliveries'))(
    'is delivered byte for byte: $name',
    async ({ publish, request }) => {
      const endpoint = `POST ${request.url}`;
      stage.app.on(endpoint, {});
      const body = publish.bodyBase64
        ? Buffer.from(publish.bodyBase64, 'base64')
        : (publish.body ?? '');
      const headers = Object.fromEntries(publish.headers ?? []);
      const { method, url } = publish;
      const answer = await call(stage.sidecar, method, url, body, headers);
      expect(answer.status).toBe(204);
      const received = await stage.app.next(endpoint);
      expect(masked(received.text)).toBe(masked(request.body ?? ''));
      const compared = Object.entries(received.headers).filter(
        ([name]) => !IGNORED.includes(name),
      );
      expect(Object.fromEntries(compared)).toEqual(
        Object.fromEntries(request.headers ?? []),
      );
    },
  );
});

describe('what became of a message by the answer of the application', () => {
  const RETRIES = `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: retries }
spec:
  policies:
    retries:
      twice: { policy: constant, duration: 150ms, maxRetries: 2 }
  targets:
    components:
      mem: { inbound: { retry: twice } }
      red: { inbound: { retry: twice } }
`;
  const SUBSCRIPTIONS = ['mem', 'red'].flatMap((pubsubname) => [
    { pubsubname, topic: 'o', route: '/o' },
    { pubsubname, topic: 'od', route: '/od', deadLetterTopic: 'odd' },
    { pubsubname, topic: 'odd', route: '/odd' },
  ]);
  let plain: Stage;
  let retrying: Stage;

  beforeAll(async () => {
    const subscriptions = SUBSCRIPTIONS;
    plain = await Stage.open({ resources: BROKERS, subscriptions });
    retrying = await Stage.open({
      resources: resources(BROKERS, RETRIES),
      subscriptions,
    });
  });
  afterAll(async () => {
    await plain[Symbol.asyncDispose]();
    await retrying[Symbol.asyncDispose]();
  });

  it.each<Outcome>(fixture('sidecar-outcomes'))(
    '$name',
    async ({ name, answer, outcome }) => {
      const stage = name.includes('retry policy') ? retrying : plain;
      const { app, clock, engine } = stage;
      const broker = name.includes('redis') ? 'red' : 'mem';
      const topic = name.includes('no deadLetterTopic') ? 'o' : 'od';
      const times: number[] = [];
      const before = app.received('POST /odd').length;
      app.on('POST /odd', {});
      app.on(`POST /${topic}`, () => {
        times.push(clock.now());
        return answer;
      });
      await stage.publish(`${broker}/${topic}`);
      await clock.advance('10s');
      await engine.idle();
      expect(times).toHaveLength(outcome.deliveries);
      expect(app.received('POST /odd').length - before).toBe(
        outcome.deadLettered,
      );
      const gaps = times.slice(1).map((time, index) => time - times[index]!);
      // daprd's are a millisecond or two longer than its policy's.
      expect(gaps).toEqual(outcome.gapsMs.map(() => 150));
    },
  );
});
