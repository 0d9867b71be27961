import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component, resources } from './components.js';
import { RecordingApp, type Answering } from './recording-app.js';
import { call } from './wire.js';

type Outcome = 'success' | 'drop' | 'retry';

const ANSWERS: readonly [string, Answering, Outcome][] = [
  ['200 without a body', { status: 200 }, 'success'],
  ['204', { status: 204 }, 'success'],
  [
    '201 with an object without status',
    { status: 201, body: { a: 1 } },
    'success',
  ],
  ['200 with {"status":"SUCCESS"}', { body: { status: 'SUCCESS' } }, 'success'],
  ['200 with {"status":""}', { body: { status: '' } }, 'success'],
  ['200 with {"status":1}', { body: { status: 1 } }, 'success'],
  ['200 with a JSON array', { body: ['RETRY'] }, 'success'],
  ['200 with text', { body: 'RETRY' }, 'success'],
  [
    '202 with {"status":"DROP"}',
    { status: 202, body: { status: 'DROP' } },
    'drop',
  ],
  ['404', { status: 404 }, 'drop'],
  ['200 with {"status":"RETRY"}', { body: { status: 'RETRY' } }, 'retry'],
  ['200 with {"status":"success"}', { body: { status: 'success' } }, 'retry'],
  ['200 with {"status":"shipped"}', { body: { status: 'shipped' } }, 'retry'],
  ['302', { status: 302, headers: { location: '/other' } }, 'retry'],
  ['400', { status: 400 }, 'retry'],
  ['401', { status: 401 }, 'retry'],
  ['500', { status: 500, body: { status: 'SUCCESS' } }, 'retry'],
  ['503', { status: 503 }, 'retry'],
  ['a closed connection', 'cut', 'retry'],
];

const POLICY = `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata:
  name: policy
spec:
  policies:
    retries:
      thrice:
        policy: constant
        duration: 20ms
        maxRetries: 2
  targets:
    components:
      pubsub:
        inbound:
          retry: thrice
`;

describe.each([
  { policy: 'no retry policy', attempts: 1, yaml: [] },
  { policy: 'a retry policy of two retries', attempts: 3, yaml: [POLICY] },
])('with $policy', ({ attempts, yaml }) => {
  const app = new RecordingApp();
  let sidecar: Sidecar;

  beforeAll(async () => {
    app
      .on('GET /dapr/subscribe', {
        body: [
          { pubsubname: 'pubsub', topic: 'plain', route: '/plain' },
          {
            pubsubname: 'pubsub',
            topic: 'kept',
            route: '/kept',
            deadLetterTopic: 'dead',
          },
          { pubsubname: 'pubsub', topic: 'dead', route: '/dead' },
        ],
      })
      .on('POST /dead', {});
    await app.listen();
    sidecar = await startSidecar({
      app,
      resources: resources(component('pubsub.in-memory', 'pubsub'), ...yaml),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  const publish = async (topic: string, text: string): Promise<void> => {
    const answer = await call(
      sidecar,
      'POST',
      `/v1.0/publish/pubsub/${topic}`,
      text,
    );
    expect(answer.status).toBe(204);
  };
  const data = (topic: string): unknown[] =>
    app
      .received(`POST /${topic}`)
      .map(({ json }) => (json as { data: unknown }).data);
  /** One subscription is served in order: when the end has come, all before it is over. */
  const settle = async (topic: string): Promise<void> => {
    await publish(topic, 'end');
    await app.until(() => data(topic).includes('end'), `the end of ${topic}`);
  };
  const answerOnce = (topic: string, answering: Answering): void => {
    app.on(`POST /${topic}`, ({ json }) => {
      if ((json as { data: unknown }).data === 'end') return {};
      return typeof answering === 'function' ? {} : answering;
    });
  };

  it.each(ANSWERS)(
    'a message answered with %s is delivered as often as it should be',
    async (_what, answering, outcome) => {
      app.forget();
      answerOnce('plain', answering);
      await publish('plain', 'x');
      await settle('plain');
      const count = outcome === 'retry' ? attempts : 1;
      expect(data('plain')).toEqual([...Array<string>(count).fill('x'), 'end']);
    },
  );

  it.each(ANSWERS)(
    'a message answered with %s goes to the dead letter topic unless it succeeded',
    async (_what, answering, outcome) => {
      app.forget();
      answerOnce('kept', answering);
      await publish('kept', 'x');
      await settle('kept');
      await settle('dead');
      const count = outcome === 'retry' ? attempts : 1;
      expect(data('kept')).toEqual([...Array<string>(count).fill('x'), 'end']);
      expect(data('dead')).toEqual(
        outcome === 'success' ? ['end'] : ['x', 'end'],
      );
    },
  );

  it('each attempt delivers the same event', async () => {
    app.forget();
    answerOnce('plain', { status: 500 });
    await publish('plain', 'x');
    await settle('plain');
    const bodies = app.received('POST /plain').map(({ text }) => text);
    expect(new Set(bodies.slice(0, -1)).size).toBe(1);
  });

  it('a dead letter is the same event, with its own topic and metadata', async () => {
    app.forget();
    answerOnce('kept', { status: 500 });
    await call(sidecar, 'POST', '/v1.0/publish/pubsub/kept?metadata.k=v', 'x');
    const dead = await app.next('POST /dead');
    const [first] = app.received('POST /kept');
    expect(dead.text).toBe(first?.text);
    expect(dead.json).toMatchObject({ topic: 'kept' });
    expect(dead.headers.k).toBe('v');
  });
});

describe('topics', () => {
  it('are served each for itself: a slow handler holds up only its own topic', async () => {
    const app = new RecordingApp();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    app
      .on('GET /dapr/subscribe', {
        body: [
          { pubsubname: 'pubsub', topic: 'slow', route: '/slow' },
          { pubsubname: 'pubsub', topic: 'quick', route: '/quick' },
        ],
      })
      .on('POST /slow', () => gate.then(() => ({})))
      .on('POST /quick', {});
    await app.listen();
    const sidecar = await startSidecar({
      app,
      resources: component('pubsub.in-memory', 'pubsub'),
    });
    try {
      await call(sidecar, 'POST', '/v1.0/publish/pubsub/slow', '1');
      const second = call(sidecar, 'POST', '/v1.0/publish/pubsub/slow', '2');
      await app.next('POST /slow');
      await call(sidecar, 'POST', '/v1.0/publish/pubsub/quick', 'x');
      await app.next('POST /quick');
      expect(app.received('POST /slow')).toHaveLength(1);
      release();
      await app.next('POST /slow');
      expect((await second).status).toBe(204);
    } finally {
      release();
      await sidecar.stop();
      await app.close();
    }
  });

  it('are delivered to a handler in the order of their publishing', async () => {
    const app = new RecordingApp();
    app
      .on('GET /dapr/subscribe', {
        body: [{ pubsubname: 'pubsub', topic: 't', route: '/t' }],
      })
      .on('POST /t', {});
    await app.listen();
    const sidecar = await startSidecar({
      app,
      resources: component('pubsub.in-memory', 'pubsub'),
    });
    try {
      const texts = Array.from({ length: 20 }, (_, index) => `m${index}`);
      for (const text of texts)
        await call(sidecar, 'POST', '/v1.0/publish/pubsub/t', text);
      const deliveries = await app.count('POST /t', texts.length);
      expect(
        deliveries.map(({ json }) => (json as { data: string }).data),
      ).toEqual(texts);
    } finally {
      await sidecar.stop();
      await app.close();
    }
  });
});
