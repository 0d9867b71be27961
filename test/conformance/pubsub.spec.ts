import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { backings, startBacking, type Backing } from '../support/backing.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { resources } from './components.js';
import { RecordingApp } from './recording-app.js';
import { call } from './wire.js';

const RETRY = `apiVersion: dapr.io/v1alpha1
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
      retried:
        inbound:
          retry: thrice
`;

describe.each(backings)('pub/sub on %s', (name) => {
  const app = new RecordingApp();
  let backing: Backing;
  let sidecar: Sidecar;
  const publish = async (path: string, body: unknown): Promise<void> => {
    const answer = await call(sidecar, 'POST', `/v1.0/publish/${path}`, body);
    expect(answer.status).toBe(204);
  };

  beforeAll(async () => {
    app.on('GET /dapr/subscribe', {
      body: [
        { pubsubname: 'pubsub', topic: 'orders', route: '/orders' },
        {
          pubsubname: 'pubsub',
          topic: 'kept',
          route: '/kept',
          deadLetterTopic: 'dead',
        },
        { pubsubname: 'pubsub', topic: 'dead', route: '/dead' },
        {
          pubsubname: 'retried',
          topic: 'again',
          route: '/retried',
          deadLetterTopic: 'again-dead',
        },
        { pubsubname: 'retried', topic: 'again-dead', route: '/retried-dead' },
        {
          pubsubname: 'pubsub',
          topic: 'ruled',
          routes: {
            rules: [{ match: 'event.data.total > 100', path: '/large' }],
            default: '/small',
          },
        },
      ],
    });
    for (const path of ['orders', 'dead', 'retried-dead', 'large', 'small'])
      app.on(`POST /${path}`, {});
    await app.listen();
    backing = await startBacking(name);
    sidecar = await startSidecar({
      appId: 'pubsub',
      app,
      resources: resources(
        backing.component('pubsub', 'pubsub'),
        backing.component('pubsub', 'retried'),
        RETRY,
      ),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await backing?.stop();
    await app.close();
  });

  it('delivers what was published, wrapped as an event', async () => {
    await publish('pubsub/orders?metadata.k=v', { a: 1 });
    const { json, headers } = await app.next('POST /orders');
    expect(json).toMatchObject({
      data: { a: 1 },
      datacontenttype: 'application/json',
      source: 'pubsub',
      topic: 'orders',
      pubsubname: 'pubsub',
    });
    expect(headers).toMatchObject({
      'content-type': 'application/cloudevents+json',
      pubsubname: 'pubsub',
      k: 'v',
    });
  });

  it('hands metadata on in UTF-8, byte by byte', async () => {
    app.forget();
    await publish(
      `pubsub/orders?metadata.k=${encodeURIComponent('für 🎁')}`,
      'x',
    );
    const { headers } = await app.next('POST /orders');
    expect(Buffer.from(String(headers['k']), 'latin1').toString()).toBe(
      'für 🎁',
    );
  });

  it.each([200, 204, 304])(
    'reads a %i without a body that is said to be gzip',
    async (status) => {
      app.forget();
      const headers = { 'content-encoding': 'gzip' };
      app.on('POST /orders', { status, headers });
      await publish('pubsub/orders', 'first');
      await publish('pubsub/orders', 'second');
      await app.until(
        () =>
          app.received('POST /orders').some(({ text }) => /second/.test(text)),
        'the second message',
      );
      app.on('POST /orders', {});
    },
  );

  it('asks the app for gzip, and reads it', async () => {
    app.forget();
    app.on('POST /kept', {
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync('{"status":"DROP"}'),
    });
    await publish('pubsub/kept', 'x');
    const { headers } = await app.next('POST /kept');
    expect(headers).toMatchObject({
      'accept-encoding': 'gzip',
      'user-agent': 'Go-http-client/1.1',
    });
    await app.next('POST /dead');
  });

  it('delivers every one of many messages', async () => {
    app.forget();
    const numbers = Array.from({ length: 30 }, (_, index) => index);
    for (const number of numbers) await publish('pubsub/orders', { number });
    const deliveries = await app.count('POST /orders', numbers.length);
    const got = deliveries.map(
      ({ json }) => (json as { data: { number: number } }).data.number,
    );
    expect(got.sort((a, b) => a - b)).toEqual(numbers);
  });

  it('routes by rules', async () => {
    await publish('pubsub/ruled', { total: 101 });
    await app.next('POST /large');
    await publish('pubsub/ruled', { total: 1 });
    await app.next('POST /small');
  });

  it.each<[string, object]>([
    ['RETRY', { body: { status: 'RETRY' } }],
    ['DROP', { body: { status: 'DROP' } }],
    ['500', { status: 500 }],
    ['404', { status: 404 }],
  ])(
    'sends a message answered with %s to the dead letter topic after one delivery',
    async (_what, answer) => {
      app.forget();
      app.on('POST /kept', answer);
      await publish('pubsub/kept', 'x');
      const dead = await app.next('POST /dead');
      expect(dead.json).toMatchObject({ data: 'x', topic: 'kept' });
      expect(app.received('POST /kept')).toHaveLength(1);
    },
  );

  it('retries as the policy says before that', async () => {
    app.on('POST /retried', { status: 500 });
    await publish('retried/again', 'x');
    await app.next('POST /retried-dead');
    expect(app.received('POST /retried')).toHaveLength(3);
  });

  it('stops retrying once the app is content', async () => {
    app.forget();
    app.on('POST /retried', () => ({
      status: app.received('POST /retried').length < 2 ? 500 : 200,
    }));
    await publish('retried/again', 'first');
    await app.count('POST /retried', 2);
    app.on('POST /retried', { body: { status: 'DROP' } });
    await publish('retried/again', 'second');
    const dead = await app.next('POST /retried-dead');
    expect(dead.json).toMatchObject({ data: 'second' });
    expect(app.received('POST /retried')).toHaveLength(3);
  });
});

describe('a broker that apps share', () => {
  it('gives each app its own copy', async () => {
    if (!backings.includes('redis')) return;
    const backing = await startBacking('redis');
    const apps = await Promise.all(
      ['one', 'two'].map((topic) =>
        new RecordingApp()
          .on('GET /dapr/subscribe', {
            body: [
              { pubsubname: 'pubsub', topic: 'shared', route: `/${topic}` },
            ],
          })
          .on(`POST /${topic}`, {})
          .listen(),
      ),
    );
    const [one, two] = apps as [RecordingApp, RecordingApp];
    const component = backing.component('pubsub', 'pubsub');
    const first = await startSidecar({
      appId: 'one',
      app: one,
      resources: component,
    });
    const second = await startSidecar({
      appId: 'two',
      app: two,
      resources: component,
      beside: first,
    });
    try {
      await call(first, 'POST', '/v1.0/publish/pubsub/shared', 'x');
      const deliveries = [
        await one.next('POST /one'),
        await two.next('POST /two'),
      ];
      for (const { json } of deliveries)
        expect(json).toMatchObject({ data: 'x', source: 'one' });
    } finally {
      await second.stop();
      await first.stop();
      await backing.stop();
      for (const app of apps) await app.close();
    }
  });
});
