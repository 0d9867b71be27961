import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component, resources } from './components.js';
import { grpcCall } from './grpc-wire.js';
import { RecordingApp } from './recording-app.js';

const BYTES = Buffer.from('00fffe80', 'hex');

describe('publishing over gRPC', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;

  beforeAll(async () => {
    app.on('GET /dapr/subscribe', {
      body: ['orders', 'raw'].map((topic) => ({
        pubsubname: 'mem',
        topic,
        route: `/${topic}`,
      })),
    });
    app.on('POST /orders', {}).on('POST /raw', {});
    await app.listen();
    sidecar = await startSidecar({
      appId: 'publisher',
      app,
      resources: resources(
        component('pubsub.in-memory', 'mem'),
        component('pubsub.in-memory', 'scoped', { allowedTopics: 'a' }),
      ),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  const publish = (
    data: string | Buffer,
    dataContentType: string,
    {
      pubsubName = 'mem',
      topic = 'orders',
      metadata = {},
      headers = {},
    }: {
      pubsubName?: string;
      topic?: string;
      metadata?: Record<string, string>;
      headers?: Record<string, string>;
    } = {},
  ) =>
    grpcCall(
      sidecar,
      'publishEvent',
      { pubsubName, topic, data: Buffer.from(data), dataContentType, metadata },
      headers,
    );
  const bulk = (
    entries: readonly {
      entryId?: string;
      event: string | Buffer;
      contentType?: string;
      metadata?: Record<string, string>;
    }[],
    topic = 'orders',
    metadata: Record<string, string> = {},
    method: 'bulkPublishEvent' | 'bulkPublishEventAlpha1' = 'bulkPublishEvent',
    pubsubName = 'mem',
  ) =>
    grpcCall(sidecar, method, {
      pubsubName,
      topic,
      metadata,
      entries: entries.map(
        ({ entryId = '', event, contentType = '', metadata: own = {} }) => ({
          entryId,
          event: Buffer.from(event),
          contentType,
          metadata: own,
        }),
      ),
    });

  it.each<[string, string | Buffer, string, object]>([
    ['JSON', '{"b":1,"a":"<"}', 'application/json', { data: { b: 1, a: '<' } }],
    [
      'JSON of a vendor',
      '{"a":1}',
      'application/vnd.a+json',
      { data: '{"a":1}' },
    ],
    ['text', 'grüße', 'text/plain', { data: 'grüße' }],
    ['XML', '<a/>', 'application/xml', { data: '<a/>' }],
    [
      'bytes',
      BYTES,
      'application/octet-stream',
      { data_base64: BYTES.toString('base64') },
    ],
    ['no type', 'x', '', { data: 'x', datacontenttype: 'text/plain' }],
    ['nothing', '', 'application/json', { data: '' }],
  ])('wraps %s into an event', async (_what, data, type, members) => {
    expect((await publish(data, type)).code).toBe(0);
    const { json, headers } = await app.next('POST /orders');
    expect(json).toMatchObject({
      datacontenttype: type || 'text/plain',
      type: 'com.dapr.event.sent',
      source: 'publisher',
      topic: 'orders',
      pubsubname: 'mem',
      ...members,
    });
    expect(headers['content-type']).toBe('application/cloudevents+json');
  });

  it('passes an event on as it is', async () => {
    const event = {
      specversion: '1.0',
      id: 'g1',
      source: 's',
      type: 't',
      data: 1,
    };
    await publish(JSON.stringify(event), 'application/cloudevents+json');
    expect((await app.next('POST /orders')).json).toMatchObject(event);
  });

  it('passes a raw payload on as it is', async () => {
    const metadata = { rawPayload: 'true' };
    await publish('{"b":2,"a":1}', 'application/json', {
      topic: 'raw',
      metadata,
    });
    expect((await app.next('POST /raw')).text).toBe('{"b":2,"a":1}');
  });

  it('takes metadata for the event and for the delivery', async () => {
    const metadata = { 'cloudevent.subject': 'sub', own: 'o' };
    await publish('1', 'application/json', { metadata });
    const { json, headers } = await app.next('POST /orders');
    expect(json).toMatchObject({ subject: 'sub' });
    expect(headers).toMatchObject({ own: 'o' });
  });

  it('carries the trace of the call', async () => {
    const headers = {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    };
    await publish('1', 'application/json', { headers });
    const { json } = await app.next('POST /orders');
    expect((json as { traceparent: string }).traceparent).toContain(
      '0af7651916cd43dd8448eb211c80319c',
    );
  });

  const resource = (name: string, description: string) => ({
    '@type': 'type.googleapis.com/google.rpc.ResourceInfo',
    resource_type: 'pubsub',
    resource_name: name,
    owner: '',
    description,
  });
  const info = (reason: string, metadata: Record<string, string> = {}) => ({
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    domain: 'dapr.io',
    reason,
    metadata,
  });

  it('to an unknown component is refused', async () => {
    const metadata = { a: 'b' };
    expect(
      await publish('1', '', { pubsubName: 'nope', metadata }),
    ).toMatchObject({
      code: 3,
      message: 'pubsub nope is not found',
      details: [info('DAPR_PUBSUB_NOT_FOUND')],
    });
  });

  it.each([
    ['', 'orders', 'pubsub name is empty', 'DAPR_PUBSUB_NAME_EMPTY'],
    ['mem', '', 'topic is empty in pubsub mem', 'DAPR_PUBSUB_TOPIC_NAME_EMPTY'],
  ])(
    'to component %j and topic %j is refused',
    async (pubsubName, topic, message, reason) => {
      const metadata = { a: 'b' };
      expect(
        await publish('1', '', { pubsubName, topic, metadata }),
      ).toMatchObject({
        code: 3,
        message,
        details: [resource(pubsubName, message), info(reason, metadata)],
      });
    },
  );

  it('to a topic that is not allowed is refused', async () => {
    const message = 'topic orders is not allowed for app id publisher';
    const answer = await publish('1', '', { pubsubName: 'scoped' });
    expect(answer).toMatchObject({
      code: 7,
      message,
      details: [
        resource('scoped', message),
        info('DAPR_PUBSUB_FORBIDDEN', { error: message, topic: 'orders' }),
      ],
    });
  });

  it('of an event that is none is refused', async () => {
    const answer = await publish('[1]', 'application/cloudevents+json');
    expect(answer).toMatchObject({
      code: 3,
      message: 'cannot create cloudevent',
      details: [
        resource('mem', 'cannot create cloudevent'),
        info('DAPR_PUBSUB_CLOUD_EVENT_CREATION', {
          appID: 'publisher',
          error:
            'json: cannot unmarshal array into Go value of type map[string]interface {}',
        }),
      ],
    });
  });

  it('with a rawPayload that is no boolean is refused', async () => {
    const metadata = { rawPayload: 'maybe' };
    const answer = await publish('1', '', { metadata });
    expect(answer).toMatchObject({
      code: 3,
      details: [{}, info('DAPR_PUBSUB_METADATA_DESERIALIZATION', metadata)],
    });
  });

  it.each(['bulkPublishEvent', 'bulkPublishEventAlpha1'] as const)(
    'publishes several messages at once by %s',
    async (method) => {
      const entries = [
        { entryId: '1', event: '{"a":1}', contentType: 'application/json' },
        { entryId: '2', event: 'x', contentType: 'text/plain' },
        { entryId: '3', event: BYTES, contentType: 'application/octet-stream' },
        { entryId: '4', event: '{"v":1}', contentType: 'application/v+json' },
        { entryId: '5', event: 'y' },
      ];
      const before = app.received('POST /orders').length;
      const answer = await bulk(entries, 'orders', {}, method);
      expect(answer.code).toBe(0);
      expect(answer.response).toEqual({ failedEntries: [] });
      const all = await app.count('POST /orders', before + 5);
      const events = all.slice(before).map(({ json }) => json);
      for (const members of [
        { data: { a: 1 } },
        { data: 'x' },
        { data_base64: BYTES.toString('base64') },
        { data: '{"v":1}' },
        { data: 'y', datacontenttype: 'text/plain' },
      ])
        expect(events).toContainEqual(expect.objectContaining(members));
      for (let i = 0; i < 5; i += 1) await app.next('POST /orders');
    },
  );

  it('gives metadata of all only to messages that have some of their own', async () => {
    const entries = [
      { entryId: 'own', event: 'own', metadata: { mine: 'm' } },
      { entryId: 'none', event: 'none' },
    ];
    const before = app.received('POST /orders').length;
    await bulk(entries, 'orders', { common: 'c' });
    const all = await app.count('POST /orders', before + 2);
    const headersOf = (data: string) =>
      all
        .slice(before)
        .find(({ json }) => (json as { data: unknown }).data === data)?.headers;
    expect(headersOf('own')).toMatchObject({ mine: 'm', common: 'c' });
    expect(headersOf('none')).not.toHaveProperty('common');
    for (let i = 0; i < 2; i += 1) await app.next('POST /orders');
  });

  it.each([
    [
      [
        { entryId: '1', event: '1' },
        { entryId: '1', event: '2' },
      ],
    ],
    [[{ event: '1' }]],
  ])('of several messages refuses ids that are none: %j', async (entries) => {
    const words =
      'error marshaling events to bytes for topic orders pubsub mem. error: entryId is duplicated or not present for entry';
    expect(await bulk(entries)).toMatchObject({
      code: 3,
      message: words,
      details: [
        resource('mem', words),
        info('DAPR_PUBSUB_MARSHAL_EVENTS', {
          appID: 'publisher',
          error: 'entryId is duplicated or not present for entry',
        }),
      ],
    });
  });

  it('of several messages is refused for a topic that is not allowed', async () => {
    const entries = [{ entryId: '1', event: '1' }];
    const answer = await bulk(entries, 'b', {}, 'bulkPublishEvent', 'scoped');
    expect(answer).toMatchObject({ code: 7 });
  });

  it('of no messages at all is fine', async () => {
    expect((await bulk([])).code).toBe(0);
  });
});
