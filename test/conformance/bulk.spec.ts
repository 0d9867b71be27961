import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sidecarKind, startSidecar, type Sidecar } from '../support/sidecar.js';
import { component } from './components.js';
import { RecordingApp, type Answer } from './recording-app.js';
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

function bulk(): void {
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
      resources: component('pubsub.in-memory', 'pubsub'),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  function answerAll(batch: Batch, ...statuses: string[]): Answer {
    return {
      body: {
        statuses: batch.entries.flatMap(({ entryId }) =>
          statuses.map((status) => ({ entryId, status })),
        ),
      },
    };
  }

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
}

// Not served by the embedded sidecar.
if (sidecarKind === 'daprd') describe('bulk', bulk);
else
  describe('bulk', () => {
    it('publish is refused by the embedded sidecar', async () => {
      const sidecar = await startSidecar({
        resources: component('pubsub.in-memory', 'pubsub'),
      });
      try {
        const path = '/v1.0/publish/bulk/pubsub/t';
        const answer = await call(sidecar, 'POST', path, []);
        expect(answer.status).toBe(404);
      } finally {
        await sidecar.stop();
      }
    });
  });
