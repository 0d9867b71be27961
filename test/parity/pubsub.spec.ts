import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  DaprBadRequestError,
  DaprError,
  DaprNotFoundError,
  DaprPermissionError,
} from '../../lib/index.js';
import { component, resources } from '../conformance/components.js';
import { RecordingApp } from '../conformance/recording-app.js';
import { describeParity } from './parity.js';

class Order {
  readonly placed = new Date(0);
  constructor(readonly id: number) {}
}

const BYTES = Buffer.from('00fffe80', 'hex');
const app = new RecordingApp();

beforeAll(async () => {
  app.on('GET /dapr/subscribe', {
    body: ['orders', 'raw', 'a/b c+ü'].map((topic, index) => ({
      pubsubname: 'broker',
      topic,
      route: index === 2 ? '/odd' : `/${topic}`,
    })),
  });
  for (const path of ['orders', 'raw', 'odd']) app.on(`POST /${path}`, {});
  await app.listen();
});
beforeEach(() => app.forget());
afterAll(() => app.close());

describeParity(
  'publishing',
  {
    appId: 'shop',
    app,
    resources: (backing) =>
      resources(
        backing.component('pubsub', 'broker'),
        component('pubsub.in-memory', 'scoped', { allowedTopics: 'a' }),
      ),
  },
  (run) => {
    it.each<[string, unknown, string | undefined, object]>([
      [
        'a class instance',
        new Order(1),
        undefined,
        { data: { id: 1, placed: '1970-01-01T00:00:00.000Z' } },
      ],
      ['a Map', new Map([['a', 1]]), undefined, { data: { a: 1 } }],
      ['text', 'grüße', undefined, { data: 'grüße' }],
      ['text as JSON', 'text', 'application/json', { data: 'text' }],
      [
        'JSON text of a vendor',
        '{"a":1}',
        'application/v+json',
        { data: '"{\\"a\\":1}"' },
      ],
      [
        'an object of a vendor',
        { a: 1 },
        'application/v+json',
        { data: '{"a":1}' },
      ],
      ['XML', '<a/>', 'application/xml', { data: '<a/>' }],
      ['zero', 0, undefined, { data: 0 }],
      ['false', false, undefined, { data: false }],
      ['null', null, undefined, { data: null }],
      ['an empty text', '', undefined, { data: '' }],
      ['nothing', undefined, undefined, { data: '' }],
      ['bytes', BYTES, undefined, { data_base64: BYTES.toString('base64') }],
      [
        'a view of bytes',
        new Uint8Array(BYTES.buffer, BYTES.byteOffset + 1, 2),
        undefined,
        { data_base64: BYTES.subarray(1, 3).toString('base64') },
      ],
      ['bytes of a type', BYTES, 'application/octet-stream', {}],
    ])('wraps %s [C1] [C2] [C5]', async (_what, data, contentType, members) => {
      await expect(
        run.client.pubsub.publish('broker', 'orders', data, {
          ...(contentType && { contentType }),
        }),
      ).resolves.toEqual({});
      const { json } = await app.next('POST /orders');
      expect(json).toMatchObject({
        source: 'shop',
        type: 'com.dapr.event.sent',
        datacontenttype: contentType ?? expect.any(String),
        ...members,
      });
    });

    it.each([
      [{ a: 1 }, 'application/json'],
      ['text', 'text/plain'],
      [BYTES, 'application/octet-stream'],
      [undefined, 'text/plain'],
    ])('says what the data is where nobody does: %j', async (data, type) => {
      await run.client.pubsub.publish('broker', 'orders', data);
      const { json } = await app.next('POST /orders');
      expect(json).toMatchObject({ datacontenttype: type });
    });

    it('publishes an event as it is', async () => {
      const event = {
        specversion: '1.0',
        id: 'e1',
        source: 'own',
        type: 'own.type',
        data: { a: 1 },
      };
      const contentType = 'application/cloudevents+json';
      await run.client.pubsub.publish('broker', 'orders', event, {
        contentType,
      });
      expect((await app.next('POST /orders')).json).toMatchObject(event);
      const text = JSON.stringify(event);
      await run.client.pubsub.publish('broker', 'orders', text, {
        contentType,
      });
      expect((await app.next('POST /orders')).json).toMatchObject(event);
    });

    it('publishes an object with what every event has as an event', async () => {
      const event = {
        specversion: '1.0',
        id: 'e1',
        source: 'own',
        type: 'own.type',
        data: { a: 1 },
      };
      await run.client.pubsub.publish('broker', 'orders', event);
      expect((await app.next('POST /orders')).json).toMatchObject(event);
      await run.client.pubsub.publishBulk('broker', 'orders', [
        event,
        { event, entryID: 'own' },
      ]);
      for (const { json } of await app.count('POST /orders', 3))
        expect(json).toMatchObject(event);
    });

    it.each<[string, object, string | undefined]>([
      ['that lacks one', { id: '1', source: 's', type: 't' }, undefined],
      [
        'whose id is no text',
        { id: 1, source: 's', type: 't', specversion: '1.0' },
        undefined,
      ],
      [
        'that is said to be JSON',
        { id: '1', source: 's', type: 't', specversion: '1.0' },
        'application/json',
      ],
    ])('wraps an object %s', async (_what, data, contentType) => {
      const options = { contentType };
      await run.client.pubsub.publish('broker', 'orders', data, options);
      expect((await app.next('POST /orders')).json).toMatchObject({ data });
      await run.client.pubsub.publishBulk('broker', 'orders', [
        { event: data, contentType },
      ]);
      expect((await app.next('POST /orders')).json).toMatchObject({ data });
    });

    it('publishes a raw payload, and metadata', async () => {
      const metadata = { rawPayload: true, own: 'o', 'Mixed-Case': 'm' };
      await run.client.pubsub.publish(
        'broker',
        'raw',
        { b: 1, a: 2 },
        { metadata },
      );
      const { text, headers } = await app.next('POST /raw');
      expect(text).toBe('{"b":1,"a":2}');
      expect(headers).toMatchObject({ own: 'o', 'mixed-case': 'm' });
    });

    it('publishes metadata of the event', async () => {
      const metadata = { 'cloudevent.subject': 's ü+&=', ttlInSeconds: 60 };
      await run.client.pubsub.publish('broker', 'orders', 1, { metadata });
      expect((await app.next('POST /orders')).json).toMatchObject({
        subject: 's ü+&=',
        expiration: expect.any(String),
      });
    });

    it('reaches a topic of any name [C4]', async () => {
      await run.client.pubsub.publish('broker', 'a/b c+ü', 1);
      expect((await app.next('POST /odd')).json).toMatchObject({
        topic: 'a/b c+ü',
      });
    });

    it('to an unknown component names what to check [C3]', async () => {
      const failed = run.client.pubsub.publish('nope', 'orders', 1);
      await expect(failed).rejects.toThrow(DaprNotFoundError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_PUBSUB_NOT_FOUND',
        // Dapr's own statuses differ.
        status: run.protocol === 'HTTP' ? 404 : 400,
        details: [{ reason: 'DAPR_PUBSUB_NOT_FOUND' }],
      });
      await expect(failed).rejects.toThrow(
        /pubsub\.publish "nope" topic "orders".*resources/,
      );
    });

    it('to a topic that is not allowed is refused [C3]', async () => {
      const failed = run.client.pubsub.publish('scoped', 'orders', 1);
      await expect(failed).rejects.toThrow(DaprPermissionError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_PUBSUB_FORBIDDEN',
        status: 403,
        details: [{}, { reason: 'DAPR_PUBSUB_FORBIDDEN' }],
      });
      await expect(failed).rejects.toThrow(/publishingScopes/);
    });

    it('of an event that is none is refused', async () => {
      const contentType = 'application/cloudevents+json';
      const failed = run.client.pubsub.publish('broker', 'orders', [1], {
        contentType,
      });
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_PUBSUB_CLOUD_EVENTS_SER',
        status: run.protocol === 'HTTP' ? 500 : 400,
      });
    });

    it('with a rawPayload that is no boolean is refused', async () => {
      const failed = run.client.pubsub.publish('broker', 'orders', 1, {
        metadata: { rawPayload: 'maybe' },
      });
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_PUBSUB_REQUEST_METADATA',
        status: 400,
      });
    });

    it('of more than 4 MiB is refused', async () => {
      const large = Buffer.alloc(5 * 1024 * 1024);
      const failed = run.client.pubsub.publish('broker', 'orders', large);
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE',
        status: run.protocol === 'HTTP' ? 500 : 429,
      });
    });

    it.each([
      ['', 'orders'],
      ['broker', ''],
    ])('to component %j and topic %j is refused', async (name, topic) => {
      const failed = run.client.pubsub.publish(name, topic, 1);
      await expect(failed).rejects.toThrow(DaprBadRequestError);
    });

    it('of what can’t be sent is refused before it goes out', async () => {
      const failed = run.client.pubsub.publish('broker', 'orders', { a: 1n });
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toMatchObject({ status: undefined });
    });

    it('ends with its signal [C8]', async () => {
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(
        run.client.pubsub.publish('broker', 'orders', 1, { signal }),
      ).rejects.toThrow('enough');
    });

    it('publishes several messages at once', async () => {
      const answer = await run.client.pubsub.publishBulk('broker', 'orders', [
        new Order(1),
        'text',
        { event: BYTES },
        { event: null, entryID: 'own', metadata: { mine: 'm' } },
        0,
        { event: '<a/>', contentType: 'text/xml' },
      ]);
      expect(answer).toEqual({ failedMessages: [] });
      const events = (await app.count('POST /orders', 6)).map(
        ({ json }) => json,
      );
      for (const members of [
        { data: { id: 1, placed: '1970-01-01T00:00:00.000Z' } },
        { data: 'text', datacontenttype: 'text/plain' },
        { data_base64: BYTES.toString('base64') },
        { data: null },
        { data: 0, datacontenttype: 'application/json' },
        { data: '<a/>', datacontenttype: 'text/xml' },
      ])
        expect(events).toContainEqual(expect.objectContaining(members));
    });

    it('gives metadata of all to each of several messages', async () => {
      const messages = [{ event: 'a' }, { event: 'b', metadata: { own: 'o' } }];
      await run.client.pubsub.publishBulk('broker', 'orders', messages, {
        common: 1,
        own: 'all',
      });
      const headers = (await app.count('POST /orders', 2)).map(
        ({ json, headers: { common, own } }) => [
          (json as { data: string }).data,
          common,
          own,
        ],
      );
      expect(headers.sort()).toEqual([
        ['a', '1', 'all'],
        ['b', '1', 'o'],
      ]);
    });

    it('of several messages refuses an id given twice', async () => {
      const entry = { event: 1, entryID: 'same' };
      const failed = run.client.pubsub.publishBulk('broker', 'orders', [
        entry,
        entry,
      ]);
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_PUBSUB_EVENTS_SER',
        status: 400,
      });
      expect(app.endpoints).toEqual([]);
    });

    it.each<[string, new (...parts: never[]) => DaprError, string]>([
      ['nope', DaprNotFoundError, 'ERR_PUBSUB_NOT_FOUND'],
      ['scoped', DaprPermissionError, 'ERR_PUBSUB_FORBIDDEN'],
    ])(
      'of several messages to %s is refused',
      async (name, kind, errorCode) => {
        const failed = run.client.pubsub.publishBulk(name, 'orders', [
          'a',
          'b',
        ]);
        await expect(failed).rejects.toThrow(kind);
        await expect(failed).rejects.toMatchObject({ errorCode });
      },
    );

    it('of several messages takes a type of a vendor over gRPC only', async () => {
      const message = { event: { a: 1 }, contentType: 'application/v+json' };
      const published = run.client.pubsub.publishBulk('broker', 'orders', [
        message,
      ]);
      if (run.protocol === 'HTTP')
        return expect(published).rejects.toThrow(DaprBadRequestError);
      await published;
      expect((await app.next('POST /orders')).json).toMatchObject({
        data: '{"a":1}',
      });
    });
  },
);
