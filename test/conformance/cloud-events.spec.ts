import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component } from './components.js';
import { RecordingApp, type Received } from './recording-app.js';
import { call } from './wire.js';

const ZEROS = '00-00000000000000000000000000000000-0000000000000000-00';
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const BYTES = Buffer.from('fffe0080', 'hex');

describe('a CloudEvent', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;

  beforeAll(async () => {
    app
      .on('GET /dapr/subscribe', {
        body: [
          { pubsubname: 'pubsub', topic: 'forms', route: '/forms' },
          {
            pubsubname: 'pubsub',
            topic: 'kept',
            route: '/kept',
            deadLetterTopic: 'dead',
          },
          { pubsubname: 'pubsub', topic: 'dead', route: '/dead' },
          {
            pubsubname: 'pubsub',
            topic: 'unread',
            route: '/unread',
            deadLetterTopic: 'dead-raw',
          },
          {
            pubsubname: 'pubsub',
            topic: 'dead-raw',
            route: '/dead-raw',
            metadata: { rawPayload: 'true' },
          },
          {
            pubsubname: 'pubsub',
            topic: 'raw',
            route: '/raw',
            metadata: { rawPayload: 'true' },
          },
        ],
      })
      .on('POST /forms', {})
      .on('POST /kept', {})
      .on('POST /dead', {})
      .on('POST /dead-raw', {})
      .on('POST /raw', {});
    await app.listen();
    sidecar = await startSidecar({
      appId: 'events',
      app,
      resources: component('pubsub.in-memory', 'pubsub'),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  /** Publishes to the topic of that name and gives what its route received. */
  async function deliver(
    topic: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
    query = '',
  ): Promise<Received> {
    const path = `/v1.0/publish/pubsub/${topic}${query}`;
    const answer = await call(sidecar, 'POST', path, body, headers);
    expect(answer.status).toBe(204);
    return app.next(`POST /${topic}`);
  }
  const typed = (type: string) => ({ 'content-type': type });

  describe('that the sidecar makes', () => {
    it.each<[string, string, string, unknown]>([
      [
        'an object',
        'application/json',
        '{"a":{"b":[1,2]}}',
        { a: { b: [1, 2] } },
      ],
      ['an array', 'application/json', '[1,"2"]', [1, '2']],
      ['a number', 'application/json', '0', 0],
      ['a string', 'application/json', '"x"', 'x'],
      ['an empty string', 'application/json', '""', ''],
      ['false', 'application/json', 'false', false],
      ['null', 'application/json', 'null', null],
      [
        'JSON with a charset',
        'application/json; charset=utf-8',
        '{"a":1}',
        { a: 1 },
      ],
      ['JSON in upper case', 'Application/JSON', '{"a":1}', { a: 1 }],
      ['JSON that does not parse', 'application/json', '{oops', '{oops'],
      ['text', 'text/plain', 'grüße', 'grüße'],
      ['text with parameters', 'text/plain; charset=utf-8', 'x', 'x'],
      ['XML', 'application/xml', '<a>1</a>', '<a>1</a>'],
      ['JSON of a vendor', 'application/vnd.x+json', '{"a":1}', '{"a":1}'],
      ['a form', 'application/x-www-form-urlencoded', 'a=1&b=2', 'a=1&b=2'],
    ])('of %s (%s) holds it as data', async (_what, type, body, data) => {
      const delivery = await deliver('forms', body, typed(type));
      expect(delivery.json).toMatchObject({ datacontenttype: type, data });
      expect(delivery.json).not.toHaveProperty('data_base64');
    });

    it.each(['application/octet-stream', 'application/cloudevents+protobuf'])(
      'of %s holds its bytes as data_base64',
      async (type) => {
        const delivery = await deliver('forms', BYTES, typed(type));
        expect(delivery.json).toMatchObject({
          datacontenttype: type,
          data_base64: BYTES.toString('base64'),
        });
        expect(delivery.json).not.toHaveProperty('data');
      },
    );

    it('of bytes of another type has broken them into text', async () => {
      const delivery = await deliver('forms', BYTES, typed('image/png'));
      expect(delivery.json).toMatchObject({ data: '\ufffd\ufffd\0\ufffd' });
    });

    it('of a body without a content type is text', async () => {
      const delivery = await deliver('forms', 'x');
      expect(delivery.json).toMatchObject({
        datacontenttype: 'text/plain',
        data: 'x',
      });
    });

    it('of an empty body holds an empty text', async () => {
      const delivery = await deliver('forms', '');
      expect(delivery.json).toMatchObject({
        datacontenttype: 'text/plain',
        data: '',
      });
    });

    it('has its members and those of its data in alphabetical order', async () => {
      const body = '{"z":1,"a":{"y":1,"b":2}}';
      const { text } = await deliver('forms', body, typed('application/json'));
      expect(text).toContain('"data":{"a":{"b":2,"y":1},"z":1}');
      expect(Object.keys(JSON.parse(text))).toEqual([
        'data',
        'datacontenttype',
        'id',
        'pubsubname',
        'source',
        'specversion',
        'time',
        'topic',
        'traceid',
        'traceparent',
        'tracestate',
        'type',
      ]);
    });

    it('keeps all digits of a large integer and escapes markup', async () => {
      const body = '{"n":12345678901234567890,"s":"<&>"}';
      const { text } = await deliver('forms', body, typed('application/json'));
      expect(text).toContain('"n":12345678901234567890');
      expect(text).toContain('"s":"\\u003c\\u0026\\u003e"');
    });

    it('names its publisher, its topic and its time', async () => {
      const { json } = await deliver('forms', 'x');
      const event = json as Record<string, string>;
      expect(event).toMatchObject({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        specversion: '1.0',
        type: 'com.dapr.event.sent',
        source: 'events',
        topic: 'forms',
        pubsubname: 'pubsub',
        traceid: '',
        traceparent: '',
        tracestate: '',
      });
      expect(event.time).toMatch(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/,
      );
      const age = Date.now() - Date.parse(event.time as string);
      expect(Math.abs(age)).toBeLessThan(60_000);
    });

    it('takes its attributes from publish metadata', async () => {
      const query = new URLSearchParams({
        'metadata.cloudevent.id': 'my-id',
        'metadata.cloudevent.source': 'my-source',
        'metadata.cloudevent.type': 'my-type',
        'metadata.cloudevent.subject': 'my-subject',
        'metadata.cloudevent.traceid': TRACE,
        'metadata.cloudevent.traceparent': TRACE,
        'metadata.cloudevent.tracestate': 'a=b',
      });
      const { json } = await deliver('forms', 'x', {}, `?${query}`);
      expect(json).toMatchObject({
        id: 'my-id',
        source: 'my-source',
        type: 'my-type',
        subject: 'my-subject',
        traceid: TRACE,
        traceparent: TRACE,
        tracestate: 'a=b',
      });
    });

    it('reads the names of those attributes without regard to case', async () => {
      const query = '?metadata.CloudEvent.Type=my-type';
      const { json } = await deliver('forms', 'x', {}, query);
      expect(json).toMatchObject({ type: 'my-type' });
    });

    it('carries the trace of its publisher', async () => {
      const { json, headers } = await deliver('forms', 'x', {
        traceparent: TRACE,
        tracestate: 'a=b',
      });
      expect(json).toMatchObject({
        traceid: TRACE,
        traceparent: TRACE,
        tracestate: 'a=b',
      });
      expect(headers.traceparent).toMatch(
        /^00-0af7651916cd43dd8448eb211c80319c-/,
      );
      expect(headers).not.toHaveProperty('tracestate');
    });

    it('with ttlInSeconds tells when it expires, in UTC', async () => {
      const query = '?metadata.ttlInSeconds=100';
      const { json } = await deliver('forms', 'x', {}, query);
      const { expiration } = json as Record<string, string>;
      expect(expiration).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const left = Date.parse(expiration as string) - Date.now();
      expect(left).toBeGreaterThan(60_000);
      expect(left).toBeLessThan(140_000);
    });
  });

  describe('that the publisher made', () => {
    const cloudEvent = typed('application/cloudevents+json');

    it('is delivered as it is, but for its topic and pub/sub', async () => {
      const event = {
        specversion: '1.0',
        id: 'mine',
        source: 'test',
        type: 'widget',
        datacontenttype: 'application/json',
        data: { z: 1 },
        ext1: 'x',
        time: '2024-01-01T00:00:00Z',
        subject: 'sub',
        topic: 'other',
        pubsubname: 'other',
      };
      const { json } = await deliver(
        'forms',
        JSON.stringify(event),
        cloudEvent,
      );
      expect(json).toEqual({
        ...event,
        topic: 'forms',
        pubsubname: 'pubsub',
        traceid: '',
        traceparent: '',
        tracestate: '',
      });
    });

    it('keeps its binary data', async () => {
      const event = { specversion: '1.0', id: '1', data_base64: '//4AgA==' };
      const { json } = await deliver(
        'forms',
        JSON.stringify(event),
        cloudEvent,
      );
      expect(json).toMatchObject({ data_base64: '//4AgA==' });
      expect(json).not.toHaveProperty('data');
    });

    it('gets what it lacks, but neither an id nor a datacontenttype', async () => {
      const { json } = await deliver('forms', '{"data":1}', cloudEvent);
      expect(json).toEqual({
        data: 1,
        specversion: '1.0',
        type: 'com.dapr.event.sent',
        source: 'Dapr',
        time: expect.any(String),
        topic: 'forms',
        pubsubname: 'pubsub',
        traceid: '',
        traceparent: '',
        tracestate: '',
      });
    });

    it('is not changed by publish metadata', async () => {
      const body = '{"id":"mine","type":"mine","data":1}';
      const query =
        '?metadata.cloudevent.id=other&metadata.cloudevent.type=other';
      const { json } = await deliver('forms', body, cloudEvent, query);
      expect(json).toMatchObject({ id: 'mine', type: 'mine' });
    });

    it('whose expiration has passed goes to no handler, not even as a dead letter', async () => {
      const expired =
        '{"id":"old","data":1,"expiration":"2020-01-01T00:00:00Z"}';
      const path = '/v1.0/publish/pubsub/kept';
      await call(sidecar, 'POST', path, expired, cloudEvent);
      const fresh = await deliver('kept', 'fresh');
      expect(fresh.json).toMatchObject({ data: 'fresh' });
      const dead = await deliver('dead', 'next');
      expect(dead.json).toMatchObject({ data: 'next' });
    });
  });

  describe('in a delivery', () => {
    it('comes as POST of structured JSON, with its pub/sub and trace as headers', async () => {
      const { headers } = await deliver('forms', 'x');
      expect(headers).toMatchObject({
        'content-type': 'application/cloudevents+json',
        pubsubname: 'pubsub',
        traceparent: ZEROS,
      });
      expect(headers).not.toHaveProperty('dapr-api-token');
    });

    it('comes with all publish metadata as headers, the reserved keys too', async () => {
      const query =
        '?metadata.foo=bar&metadata.Foo2=Bar2&metadata.ttlInSeconds=100&metadata.cloudevent.type=t';
      const { headers } = await deliver('forms', 'x', {}, query);
      expect(headers).toMatchObject({
        foo: 'bar',
        foo2: 'Bar2',
        ttlinseconds: '100',
        'cloudevent.type': 't',
      });
    });

    it('takes the first value of metadata that is given twice', async () => {
      const query = '?metadata.foo=1&metadata.foo=2';
      const { headers } = await deliver('forms', 'x', {}, query);
      expect(headers.foo).toBe('1');
    });
  });

  describe('that is none, since the publisher said rawPayload,', () => {
    const raw = '?metadata.rawPayload=true';

    it('is delivered to a usual subscription as it is when it is a JSON object', async () => {
      const body = '{"b":2,"a":1}';
      const { text, headers } = await deliver('forms', body, {}, raw);
      expect(text).toBe(body);
      expect(headers).not.toHaveProperty('traceparent');
    });

    it('goes to the dead letter topic when it is no JSON object', async () => {
      const path = `/v1.0/publish/pubsub/unread${raw}`;
      await call(sidecar, 'POST', path, 'hello');
      const dead = await app.next('POST /dead-raw');
      expect(dead.json).toMatchObject({
        topic: 'dead-raw',
        data_base64: Buffer.from('hello').toString('base64'),
      });
      expect(app.received('POST /unread')).toEqual([]);
    });

    it('is lost where not even the dead letter topic takes raw payloads', async () => {
      await call(sidecar, 'POST', `/v1.0/publish/pubsub/kept${raw}`, 'hello');
      const after = await deliver('kept', 'fresh');
      expect(after.json).toMatchObject({ data: 'fresh' });
      const dead = await deliver('dead', 'next');
      expect(dead.json).toMatchObject({ data: 'next' });
    });

    it('is wrapped as bytes for a subscription to raw payloads', async () => {
      const { json, headers } = await deliver('raw', 'hello', {}, raw);
      expect(json).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        data_base64: Buffer.from('hello').toString('base64'),
        datacontenttype: 'application/octet-stream',
        pubsubname: 'pubsub',
        source: 'Dapr',
        specversion: '1.0',
        topic: 'raw',
        type: 'com.dapr.event.sent',
      });
      expect(headers.rawpayload).toBe('true');
      expect(headers).not.toHaveProperty('traceparent');
    });

    it('is the whole event when only the subscription is raw', async () => {
      const { json } = await deliver(
        'raw',
        '{"a":1}',
        typed('application/json'),
      );
      const { data_base64 } = json as { data_base64: string };
      const inner: unknown = JSON.parse(
        Buffer.from(data_base64, 'base64').toString(),
      );
      expect(inner).toMatchObject({ data: { a: 1 }, source: 'events' });
    });
  });
});
