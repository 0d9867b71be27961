import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { backings, startBacking, type Backing } from '../support/backing.js';
import { Gate } from '../support/gate.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component, resources } from './components.js';
import { RecordingApp, type Answer, type Received } from './recording-app.js';
import { call, errorOf, messageOf } from './wire.js';

interface Entry {
  readonly entryId: string;
  readonly event: { data: unknown } | string;
  readonly metadata: Record<string, string>;
  readonly contentType: string;
}
interface Batch {
  readonly entries: readonly Entry[];
}

function answerAll(batch: Batch, ...statuses: string[]): Answer {
  return {
    body: {
      statuses: batch.entries.flatMap(({ entryId }) =>
        statuses.map((status) => ({ entryId, status })),
      ),
    },
  };
}

describe('bulk', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;

  beforeAll(async () => {
    const bulkSubscribe = {
      enabled: true,
      maxMessagesCount: 10,
      maxAwaitDurationMs: 50,
    };
    app
      .on('GET /dapr/subscribe', {
        body: [
          { pubsubname: 'pubsub', topic: 'single', route: '/single' },
          {
            pubsubname: 'pubsub',
            topic: 'batch',
            route: '/batch',
            deadLetterTopic: 'dead',
            bulkSubscribe,
          },
          {
            pubsubname: 'pubsub',
            topic: 'raw',
            route: '/raw',
            metadata: { rawPayload: 'true' },
            bulkSubscribe,
          },
          { pubsubname: 'pubsub', topic: 'dead', route: '/dead' },
        ],
      })
      .on('POST /single', {})
      .on('POST /raw', ({ json }) => answerAll(json as Batch, 'SUCCESS'))
      .on('POST /dead', {});
    await app.listen();
    sidecar = await startSidecar({
      appId: 'bulk',
      app,
      resources: resources(
        component('pubsub.in-memory', 'pubsub'),
        component('pubsub.in-memory', 'closed', { allowedTopics: 'open' }),
      ),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  describe('publish', () => {
    const publish = (body: unknown, topic = 'single', query = '') =>
      call(sidecar, 'POST', `/v1.0/publish/bulk/pubsub/${topic}${query}`, body);

    it('delivers each entry as an event by its content type', async () => {
      app.forget();
      const answer = await publish([
        { entryId: '1', event: { a: 1 }, contentType: 'application/json' },
        { entryId: '2', event: 'text', contentType: 'text/plain' },
        {
          entryId: '3',
          event: '//4=',
          contentType: 'application/octet-stream',
        },
        {
          entryId: '4',
          event: { id: 'own', type: 't', data: 1 },
          contentType: 'application/cloudevents+json',
        },
      ]);
      expect(answer.status).toBe(204);
      expect(answer.text).toBe('');
      const deliveries = await app.count('POST /single', 4);
      const events = deliveries.map(({ json }) => json as object);
      expect(events).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ data: { a: 1 }, source: 'bulk' }),
          expect.objectContaining({ data: 'text' }),
          expect.objectContaining({ data_base64: '//4=' }),
          expect.objectContaining({ id: 'own', type: 't', data: 1 }),
        ]),
      );
    });

    it('adds request metadata only to entries that have some of their own', async () => {
      app.forget();
      await publish(
        [
          {
            entryId: '1',
            event: 'a',
            contentType: 'text/plain',
            metadata: { own: 'x' },
          },
          { entryId: '2', event: 'b', contentType: 'text/plain' },
        ],
        'single',
        '?metadata.shared=y',
      );
      const deliveries = await app.count('POST /single', 2);
      const headers = Object.fromEntries(
        deliveries.map(({ json, headers: { own, shared } }) => [
          (json as { data: string }).data,
          { own, shared },
        ]),
      );
      expect(headers.a).toEqual({ own: 'x', shared: 'y' });
      expect(headers.b).toEqual({ own: undefined, shared: undefined });
    });

    it('of no entries is answered 204', async () => {
      expect((await publish([])).status).toBe(204);
    });

    it.each<[string, unknown, string]>([
      ['that is not JSON', '{oops', 'DAPR_PUBSUB_UNMARSHAL_EVENTS'],
      [
        'whose entry has no id',
        [{ event: 1, contentType: 'application/json' }],
        'DAPR_PUBSUB_MARSHAL_EVENTS',
      ],
      [
        'with an id twice',
        [
          { entryId: 'a', event: 1, contentType: 'application/json' },
          { entryId: 'a', event: 1, contentType: 'application/json' },
        ],
        'DAPR_PUBSUB_MARSHAL_EVENTS',
      ],
      [
        'of an object as text',
        [{ entryId: 'a', event: { x: 1 }, contentType: 'text/plain' }],
        'DAPR_PUBSUB_MARSHAL_ENVELOPE',
      ],
      ['that is no list', '{}', 'DAPR_PUBSUB_UNMARSHAL_EVENTS'],
      ['with no body', '', 'DAPR_PUBSUB_UNMARSHAL_EVENTS'],
      [
        'whose entry has an id that is no text',
        [{ entryId: 1, event: 1, contentType: 'application/json' }],
        'DAPR_PUBSUB_UNMARSHAL_EVENTS',
      ],
      [
        'with a number that is too large',
        '[{"entryId":"a","event":1e400,"contentType":"application/json"}]',
        'DAPR_PUBSUB_UNMARSHAL_EVENTS',
      ],
      [
        'with something that is no base64',
        [
          {
            entryId: 'a',
            event: 'AAAA!',
            contentType: 'application/octet-stream',
          },
        ],
        'DAPR_PUBSUB_MARSHAL_ENVELOPE',
      ],
      [
        'without a content type',
        [{ entryId: 'a', event: 'x' }],
        'DAPR_PUBSUB_MARSHAL_ENVELOPE',
      ],
      [
        'that is too large',
        ' '.repeat(4 * 1024 * 1024 + 1),
        'DAPR_PUBSUB_UNMARSHAL_EVENTS',
      ],
      [
        'of a vendor type',
        [{ entryId: 'a', event: {}, contentType: 'application/vnd.x+json' }],
        'DAPR_PUBSUB_MARSHAL_ENVELOPE',
      ],
    ])('%s is answered 400', async (_what, body, reason) => {
      const answer = await publish(body);
      expect(errorOf(answer)).toEqual({
        status: 400,
        errorCode: 'ERR_PUBSUB_EVENTS_SER',
        reason,
      });
    });

    it('of something that is no CloudEvent is answered 500', async () => {
      const contentType = 'application/cloudevents+json';
      const answer = await publish([{ entryId: 'a', event: [1], contentType }]);
      expect(errorOf(answer)).toEqual({
        status: 500,
        errorCode: 'ERR_PUBSUB_CLOUD_EVENTS_SER',
        reason: 'DAPR_PUBSUB_CLOUD_EVENT_CREATION',
      });
    });

    it('with a rawPayload that is no boolean is answered 400', async () => {
      const answer = await publish([], 'single', '?metadata.rawPayload=maybe');
      expect(errorOf(answer)).toMatchObject({
        status: 400,
        errorCode: 'ERR_PUBSUB_REQUEST_METADATA',
      });
    });

    it('to a topic outside the scopes of the app is answered 403', async () => {
      const path = '/v1.0/publish/bulk/closed/other';
      const answer = await call(sidecar, 'POST', path, []);
      expect(errorOf(answer)).toMatchObject({
        status: 403,
        errorCode: 'ERR_PUBSUB_FORBIDDEN',
      });
    });

    it('takes content types without regard to case and parameters', async () => {
      app.forget();
      await publish([
        { entryId: '1', event: { a: 1 }, contentType: 'Application/JSON; x=y' },
        { entryId: '2', event: '<a/>', contentType: 'application/xml' },
        { entryId: '3', contentType: 'application/json' },
      ]);
      const deliveries = await app.count('POST /single', 3);
      expect(deliveries.map(({ json }) => json)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            data: { a: 1 },
            datacontenttype: 'Application/JSON; x=y',
          }),
          expect.objectContaining({ data: '<a/>' }),
          expect.objectContaining({ data: null }),
        ]),
      );
    });

    it('goes out raw where the request says so, and only the request', async () => {
      app.forget();
      const contentType = 'application/json';
      const event = { id: 'raw', r: 1 };
      await publish(
        [{ entryId: '1', event, contentType }],
        'single',
        '?metadata.rawPayload=true',
      );
      expect((await app.next('POST /single')).json).toEqual(event);
      const metadata = { rawPayload: 'true', 'cloudevent.type': 'own' };
      await publish([{ entryId: '1', event, contentType, metadata }]);
      expect((await app.next('POST /single')).json).toMatchObject({
        data: event,
        type: 'own',
      });
    });

    it('without a topic is for a pub/sub named bulk', async () => {
      const answer = await call(
        sidecar,
        'POST',
        '/v1.0/publish/bulk/pubsub',
        [],
      );
      expect(messageOf(answer)).toBe('pubsub bulk is not found');
    });

    it('to an unknown pub/sub is answered 404', async () => {
      const answer = await call(
        sidecar,
        'POST',
        '/v1.0/publish/bulk/nope/t',
        [],
      );
      expect(errorOf(answer)).toMatchObject({
        status: 404,
        errorCode: 'ERR_PUBSUB_NOT_FOUND',
      });
      expect(messageOf(answer)).toBe('pubsub nope is not found');
    });

    it('has an alpha address too', async () => {
      const path = '/v1.0-alpha1/publish/bulk/pubsub/single';
      expect((await call(sidecar, 'POST', path, [])).status).toBe(204);
    });
  });

  describe('delivery', () => {
    const publish = (topic: string, text: string, query = '') =>
      call(sidecar, 'POST', `/v1.0/publish/pubsub/${topic}${query}`, text);

    it('wraps events in a batch', async () => {
      app.forget();
      app.on('POST /batch', ({ json }) => answerAll(json as Batch, 'SUCCESS'));
      await publish('batch', 'x', '?metadata.k=v');
      const delivery = await app.next('POST /batch');
      expect(delivery.headers).toMatchObject({
        'content-type': 'application/json',
        pubsubname: 'pubsub',
      });
      expect(delivery.json).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        type: 'com.dapr.event.sent.bulk',
        topic: 'batch',
        pubsubname: 'pubsub',
        metadata: { pubsubName: 'pubsub' },
        entries: [
          {
            entryId: expect.stringMatching(/^[0-9a-f-]{36}$/),
            event: expect.objectContaining({ data: 'x', source: 'bulk' }),
            metadata: { k: 'v' },
            contentType: 'application/cloudevents+json',
          },
        ],
      });
    });

    it('tells of an entry without metadata, and of its trace', async () => {
      app.forget();
      const entry = { entryId: '1', event: 'x', contentType: 'text/plain' };
      const path = '/v1.0/publish/bulk/pubsub/batch';
      const traceparent =
        '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      await call(sidecar, 'POST', path, [entry], { traceparent });
      const { json, headers } = await app.next('POST /batch');
      expect((json as Batch).entries[0]?.metadata).toBeNull();
      expect(headers.traceparent).toMatch(
        /^00-0af7651916cd43dd8448eb211c80319c/,
      );
    });

    it('of raw payloads holds their bytes as base64', async () => {
      await publish('raw', 'hello', '?metadata.rawPayload=true');
      const { json } = await app.next('POST /raw');
      const [entry] = (json as Batch).entries;
      expect(entry).toMatchObject({
        event: Buffer.from('hello').toString('base64'),
        contentType: 'application/octet-stream',
      });
    });

    it.each<[string, (batch: Batch) => Answer, boolean]>([
      ['SUCCESS for the entry', (b) => answerAll(b, 'SUCCESS'), false],
      ['DROP for the entry', (b) => answerAll(b, 'DROP'), true],
      ['RETRY for the entry', (b) => answerAll(b, 'RETRY'), true],
      ['an unknown status', (b) => answerAll(b, 'success'), true],
      ['an empty status', (b) => answerAll(b, ''), true],
      ['no status for the entry', () => ({ body: { statuses: [] } }), true],
      ['SUCCESS and then RETRY', (b) => answerAll(b, 'SUCCESS', 'RETRY'), true],
      ['an empty body', () => ({}), true],
      ['a body that is not JSON', () => ({ body: 'SUCCESS' }), true],
      ['500', () => ({ status: 500 }), true],
      ['404', () => ({ status: 404 }), false],
    ])(
      'answered with %s is dead-lettered or not',
      async (_what, answer, dead) => {
        app.forget();
        app.on('POST /batch', ({ json }) => answer(json as Batch));
        await publish('batch', 'x');
        await app.next('POST /batch');
        app.on('POST /batch', ({ json }) =>
          answerAll(json as Batch, 'SUCCESS'),
        );
        await publish('batch', 'end');
        await app.next('POST /batch');
        await publish('dead', 'end');
        await app.until(
          () =>
            app
              .received('POST /dead')
              .some(({ text }) => text.includes('"end"')),
          'the end of dead',
        );
        expect(app.received('POST /batch')).toHaveLength(2);
        expect(app.received('POST /dead')).toHaveLength(dead ? 2 : 1);
      },
    );
  });
});

const RETRY = `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata:
  name: policy
spec:
  policies:
    timeouts:
      short: 500ms
    retries:
      thrice:
        policy: constant
        duration: 20ms
        maxRetries: 2
        matching:
          httpStatusCodes: "500"
  targets:
    components:
      retried:
        inbound:
          retry: thrice
      timed:
        inbound:
          retry: thrice
          timeout: short
`;

// The component of Dapr that is in memory makes batches of one.
const collecting = backings.filter((name) => name === 'redis');
describe.each(collecting)('bulk deliveries on %s', (name) => {
  const app = new RecordingApp();
  let backing: Backing;
  let sidecar: Sidecar;
  /** Publishes all at once, so that none is late for the batch of the others, however slow the machine. */
  const publish = async (
    path: string,
    ...messages: { n: number; type?: string }[]
  ): Promise<void> => {
    const entries = messages.map(({ n, type }) => ({
      entryId: `${n}`,
      event: { n },
      contentType: 'application/json',
      metadata: type && { 'cloudevent.type': type },
    }));
    const target = `/v1.0/publish/bulk/${path}`;
    expect((await call(sidecar, 'POST', target, entries)).status).toBe(204);
  };
  const numbers = ({ json }: Received): number[] =>
    (json as Batch).entries
      .map(({ event }) => (event as { data: { n: number } }).data.n)
      .sort((a, b) => a - b);
  const answerBy =
    (status: (n: number) => string) =>
    ({ json }: Received): Answer => ({
      body: {
        statuses: (json as Batch).entries.map(({ entryId, event }) => ({
          entryId,
          status: status((event as { data: { n: number } }).data.n),
        })),
      },
    });

  beforeAll(async () => {
    const bulkSubscribe = { enabled: true, maxMessagesCount: 4 };
    const retried = { pubsubname: 'retried', deadLetterTopic: 'dead' };
    app
      .on('GET /dapr/subscribe', {
        body: [
          {
            pubsubname: 'pubsub',
            topic: 'many',
            route: '/many',
            bulkSubscribe: { ...bulkSubscribe, maxAwaitDurationMs: 300 },
          },
          {
            pubsubname: 'pubsub',
            topic: 'full',
            route: '/full',
            bulkSubscribe: { ...bulkSubscribe, maxAwaitDurationMs: 60_000 },
          },
          {
            ...retried,
            topic: 'ruled',
            routes: {
              rules: [{ match: 'event.type == "w"', path: '/w' }],
              default: '/d',
            },
            bulkSubscribe,
          },
          { pubsubname: 'retried', topic: 'dead', route: '/dead' },
          {
            pubsubname: 'timed',
            topic: 'slow',
            route: '/slow',
            deadLetterTopic: 'dead',
            bulkSubscribe,
          },
          { pubsubname: 'timed', topic: 'dead', route: '/dead' },
        ],
      })
      .on('POST /dead', {});
    await app.listen();
    backing = await startBacking(name);
    sidecar = await startSidecar({
      appId: 'batches',
      app,
      resources: resources(
        backing.component('pubsub', 'pubsub'),
        backing.component('pubsub', 'retried'),
        backing.component('pubsub', 'timed'),
        RETRY,
      ),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await backing?.stop();
    await app.close();
  });

  it('hold what came within their time', async () => {
    app.on('POST /many', ({ json }) => answerAll(json as Batch, 'SUCCESS'));
    const begun = performance.now();
    await publish('pubsub/many', { n: 1 }, { n: 2 }, { n: 3 });
    const delivery = await app.next('POST /many');
    expect(numbers(delivery)).toEqual([1, 2, 3]);
    expect(delivery.at - begun).toBeGreaterThan(250);
  });

  it('go out at once when they are full', async () => {
    app.on('POST /full', ({ json }) => answerAll(json as Batch, 'SUCCESS'));
    await publish('pubsub/full', { n: 1 }, { n: 2 }, { n: 3 }, { n: 4 });
    // Their time is a minute, for which this does not wait.
    const delivery = await app.next('POST /full');
    expect(numbers(delivery)).toEqual([1, 2, 3, 4]);
  });

  it('are one for each route, and only what failed comes again, whatever the status', async () => {
    app.forget();
    app
      .on(
        'POST /w',
        answerBy((n) => (n === 4 ? 'RETRY' : 'SUCCESS')),
      )
      .on(
        'POST /d',
        answerBy((n) => (n === 2 ? 'RETRY' : 'SUCCESS')),
      );
    await publish(
      'retried/ruled',
      { n: 1 },
      { n: 2 },
      { n: 3, type: 'w' },
      { n: 4, type: 'w' },
    );
    const dead = await app.count('POST /dead', 2);
    expect(app.received('POST /w').map(numbers)).toEqual([[3, 4], [4], [4]]);
    expect(app.received('POST /d').map(numbers)).toEqual([[1, 2], [2], [2]]);
    const lost = dead.map(({ json }) => (json as { data: object }).data);
    expect(lost).toEqual(expect.arrayContaining([{ n: 2 }, { n: 4 }]));
  });

  it('are retried whatever status fails them', async () => {
    app.forget();
    app.on('POST /d', { status: 503 });
    await publish('retried/ruled', { n: 1 });
    await app.next('POST /dead');
    expect(app.received('POST /d')).toHaveLength(3);
  });

  it('are retried no more once all is well, and what was dropped is dead', async () => {
    app.forget();
    app.on(
      'POST /d',
      answerBy((n) => {
        if (n === 2) return 'DROP';
        return app.received('POST /d').length < 2 ? 'RETRY' : 'SUCCESS';
      }),
    );
    await publish('retried/ruled', { n: 1 }, { n: 2 });
    await app.count('POST /d', 2);
    const { json } = await app.next('POST /dead');
    expect(json).toMatchObject({ data: { n: 2 } });
    expect(app.received('POST /d').map(numbers)).toEqual([[1, 2], [1]]);
  });

  it('are cut when they take too long', async () => {
    app.forget();
    const gate = new Gate();
    app.on('POST /slow', gate.answer);
    await publish('timed/slow', { n: 1 });
    await app.next('POST /dead');
    gate.open();
    expect(app.received('POST /slow')).toHaveLength(3);
  });
});
