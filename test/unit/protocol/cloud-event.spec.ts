import { describe, expect, it } from '@jest/globals';
import {
  CloudEvent,
  CloudEventError,
  isExpired,
  readCloudEvent,
  wrapEvent,
  wrapRaw,
  type EventRecord,
} from '../../../lib/protocol/cloud-event.js';
import { goJson } from '../../../lib/protocol/go-json.js';
import { PayloadError } from '../../../lib/protocol/payload.js';
import { recordings, type Recording } from '../../support/recordings.js';

const NOW = Date.parse('2026-11-20T14:00:00.900Z');

const EVENT = {
  specversion: '1.0',
  id: '1',
  source: 'shop',
  type: 'order',
  datacontenttype: 'application/json',
};

describe('a delivered event', () => {
  it('shows its attributes, and all others as extensions', () => {
    const event = readCloudEvent({
      ...EVENT,
      subject: 's',
      time: '2026-11-20T14:00:00Z',
      topic: 'orders',
      pubsubname: 'pubsub',
      traceparent: '00-a',
      tracestate: '',
      traceid: '00-a',
      tenant: { id: 5 },
      data: { a: 1 },
    });
    expect(event).toBeInstanceOf(CloudEvent);
    expect(event).toMatchObject({
      ...EVENT,
      subject: 's',
      time: '2026-11-20T14:00:00Z',
      topic: 'orders',
      pubsubname: 'pubsub',
      traceparent: '00-a',
      tracestate: '',
      data: { a: 1 },
    });
    expect(event.extensions).toEqual({ traceid: '00-a', tenant: { id: 5 } });
  });

  it('may lack an id, which daprd adds only to what it wraps', () => {
    expect(readCloudEvent({ specversion: '1.0', data: 'x' }).id).toBe('');
  });

  it.each([0, false, '', null, [1, '2', null], { a: 1 }, 'text', '<a>1</a>'])(
    'has exactly the data that was sent: %j [H6]',
    (data) => {
      expect(readCloudEvent({ ...EVENT, data }).data).toEqual(data);
    },
  );

  it('has undefined as data where there is none [H6]', () => {
    expect(readCloudEvent(EVENT).data).toBeUndefined();
  });

  it.each<[string | undefined, string, unknown]>([
    [
      'application/octet-stream',
      '//4AgA==',
      Buffer.from([0xff, 0xfe, 0, 0x80]),
    ],
    [undefined, '//4AgA==', Buffer.from([0xff, 0xfe, 0, 0x80])],
    ['image/png', '//4AgA==', Buffer.from([0xff, 0xfe, 0, 0x80])],
    ['application/octet-stream', '', Buffer.alloc(0)],
    ['application/json', 'eyJhIjoxfQ==', { a: 1 }],
    ['text/plain; charset=utf-8', 'aGVsbG8=', 'hello'],
  ])('decodes base64 data of the type %s [H6]', (type, base64, data) => {
    const { datacontenttype: _, ...rest } = EVENT;
    const event = { ...rest, ...(type && { datacontenttype: type }) };
    expect(readCloudEvent({ ...event, data_base64: base64 }).data).toEqual(
      data,
    );
  });

  it.each<[string, string, unknown]>([
    ['application/vnd.acme+json', '{"a":1}', { a: 1 }],
    ['application/vnd.acme+json', 'no json', 'no json'],
    ['application/json', '{"a":1}', '{"a":1}'],
    ['text/plain', '{"a":1}', '{"a":1}'],
  ])(
    'of the type %s has text as %j [H6]',
    (datacontenttype, data, expected) => {
      expect(readCloudEvent({ ...EVENT, datacontenttype, data }).data).toEqual(
        expected,
      );
    },
  );

  it('that is an object without specversion is the data itself', () => {
    const event = readCloudEvent({ b: 2, a: 1, id: 'x' });
    expect(event.data).toEqual({ b: 2, a: 1, id: 'x' });
    expect(event).toMatchObject({ id: '', type: '', specversion: '' });
    expect(event.topic).toBeUndefined();
  });

  it.each([[[1]], ['text'], [5], [null], [undefined]])(
    'that is no object is refused: %j',
    (json) => {
      expect(() => readCloudEvent(json)).toThrow(PayloadError);
    },
  );

  it('whose base64 is not the JSON it says is refused', () => {
    const event = { ...EVENT, data_base64: 'e29vcHM=' };
    expect(() => readCloudEvent(event)).toThrow(PayloadError);
  });

  it('can be made by hand', () => {
    const event = new CloudEvent({ id: '1', source: 's', type: 't', data: 5 });
    expect(event).toMatchObject({
      specversion: '1.0',
      extensions: {},
      data: 5,
    });
  });
});

const wrap = (
  body: string,
  contentType?: string,
  metadata: Record<string, string> = {},
): EventRecord =>
  wrapEvent({
    body: Buffer.from(body),
    contentType,
    topic: 't',
    pubsubname: 'p',
    source: 'app',
    metadata,
    traceparent: '',
    now: NOW,
    newId: 'new',
  }).event;

describe('the event that a publish becomes', () => {
  it.each<[string, string | undefined, unknown, string | undefined]>([
    ['plain text', undefined, 'plain text', 'text/plain'],
    ['{oops', 'application/json', '{oops', 'application/json'],
    ['', 'application/json', '', 'application/json'],
    ['null', 'application/json', null, 'application/json'],
    ['<a>1</a>', 'application/xml', '<a>1</a>', 'application/xml'],
  ])('holds %j of the type %s', (body, type, data, datacontenttype) => {
    expect(wrap(body, type)).toMatchObject({ data, datacontenttype });
  });

  it('keeps vendor JSON as text, which the reader turns into JSON', () => {
    const event = wrap('{"a":1}', 'application/vnd.acme+json');
    expect(event['data']).toBe('{"a":1}');
    expect(readCloudEvent(event).data).toEqual({ a: 1 });
  });

  it('holds protobuf events as base64', () => {
    const event = wrap('abc', 'application/cloudevents+protobuf');
    expect(event).toMatchObject({ data_base64: 'YWJj' });
  });

  it('fills in what a given event lacks, but neither id nor datacontenttype', () => {
    const event = wrap('{"data":"x"}', 'application/cloudevents+json');
    expect(Object.keys(event).sort()).toEqual([
      'data',
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
    expect(event).toMatchObject({
      source: 'Dapr',
      type: 'com.dapr.event.sent',
    });
  });

  it.each(['[1]', '"x"', 'null', '', '{oops'])(
    'can not be made of %j sent as an event',
    (body) => {
      expect(() => wrap(body, 'application/cloudevents+json')).toThrow(
        CloudEventError,
      );
    },
  );

  it.each<[Record<string, string>, string | undefined]>([
    [{ ttlInSeconds: '100' }, '2026-11-20T14:01:40Z'],
    [{ TTLINSECONDS: '100' }, '2026-11-20T14:01:40Z'],
    [{ ttl: '1h' }, '2026-11-20T15:00:00Z'],
    [{ ttlInSeconds: '0' }, '2026-11-20T14:00:00Z'],
    [{ ttlInSeconds: '-1' }, undefined],
    [{ ttlInSeconds: 'abc' }, undefined],
    [{ ttlInSeconds: '' }, undefined],
    [{}, undefined],
  ])('expires by its metadata: %j', (metadata, expiration) => {
    expect(wrap('1', 'application/json', metadata)['expiration']).toBe(
      expiration,
    );
  });

  it('may live longer than dates go', () => {
    const event = wrap('1', undefined, { ttlInSeconds: '99999999999999999' });
    expect(event['expiration']).toBe('2319-03-02T13:47:17Z');
  });

  it('reads overrides without case, and passes over empty ones', () => {
    expect(
      wrap('1', undefined, { 'CloudEvent.Type': 'a', 'cloudevent.id': '' }),
    ).toMatchObject({ type: 'a', id: 'new', source: 'app' });
  });
});

describe('an event', () => {
  it.each<[unknown, boolean]>([
    ['2026-11-20T14:00:00Z', true],
    ['2026-11-20T14:00:01Z', false],
    ['2026-11-20T19:30:00+05:30', true],
    ['soon', false],
    ['', false],
    [undefined, false],
  ])('with the expiration %j has expired: %j', (expiration, expired) => {
    expect(isExpired({ expiration }, NOW)).toBe(expired);
  });
});

describe('what a real daprd made of a publish', () => {
  const deliveries = recordings('topic-delivery');

  /** `… to pubsub.redis` and `… from red` are the two ends of one message. */
  const subject = ({ name }: Recording): string =>
    name
      .replace(/^(delivery of a publish with|publish with|publish) /, '')
      .replace(/: the publish to| (to|from)(?= \S+$)/, ' on')
      .replace(/ pubsub\.in-memory$/, ' mem')
      .replace(/ pubsub\.redis$/, ' red');
  const delivered = new Map(deliveries.map((d) => [subject(d), d]));
  const pairs = recordings('publish').flatMap((publish) => {
    const delivery = delivered.get(subject(publish));
    return delivery ? [[subject(publish), publish, delivery] as const] : [];
  });

  const bodyOf = ({ request }: Recording): Buffer =>
    request.bodyBase64
      ? Buffer.from(request.bodyBase64, 'base64')
      : Buffer.from(request.body ?? '');

  it('was recorded', () => expect(pairs.length).toBeGreaterThan(20));

  it.each(pairs)(
    'is what we make of it, byte for byte: %s',
    (_, publish, delivery) => {
      const url = new URL(publish.request.url, 'http://daprd');
      const [, , , pubsubname, topic] = url.pathname.split('/') as string[];
      const headers = new Map(
        publish.request.headers?.map(([name, value]) => [name, value]),
      );
      const theirs = JSON.parse(delivery.request.body!) as EventRecord;
      const input = {
        body: bodyOf(publish),
        topic: topic!,
        pubsubname: pubsubname!,
        newId: String(theirs['id']),
      };
      const metadata = Object.fromEntries(
        [...url.searchParams].map(([name, value]) => [
          name.replace('metadata.', ''),
          value,
        ]),
      );
      const wrapped = wrapEvent({
        ...input,
        contentType: headers.get('content-type'),
        source: 'psapp',
        metadata,
        traceparent: headers.get('traceparent') ?? '',
        tracestate: headers.get('tracestate') ?? '',
        now: NOW,
      }).event;
      const raw = 'rawPayload' in metadata ? input.body : undefined;
      const ours =
        topic === 'rawsub'
          ? wrapRaw({ ...input, body: raw ?? asIn(innerOf(theirs), wrapped) })
          : wrapped;
      expect(asIn(theirs, ours).toString()).toBe(
        // Go escapes the character that it puts for broken UTF-8.
        delivery.request.body!.replaceAll('\\ufffd', '\ufffd'),
      );
    },
  );

  /** Our event as bytes, with what changes from run to run taken from theirs. */
  function asIn(theirs: EventRecord, ours: EventRecord): Buffer {
    const volatile = ['id', 'time', 'expiration'].filter(
      (name) => name in theirs && name in ours,
    );
    const taken = volatile.map((name) => [name, theirs[name]]);
    return Buffer.from(
      goJson({ ...ours, ...(Object.fromEntries(taken) as EventRecord) }),
    );
  }

  /** The wrapped event that a raw subscription gets as bytes. */
  function innerOf(event: EventRecord): EventRecord {
    const bytes = Buffer.from(String(event['data_base64']), 'base64');
    return JSON.parse(bytes.toString()) as EventRecord;
  }

  it.each(deliveries.map((d) => [d.name, d] as const))(
    'is read with its data: %s [H6]',
    (_, { request }) => {
      const json = JSON.parse(request.body!) as EventRecord;
      const { data, id, topic } = readCloudEvent(json);
      expect({ id, topic }).toEqual({ id: json['id'], topic: json['topic'] });
      const { data_base64: base64 } = json;
      expect(data).toEqual(
        typeof base64 === 'string'
          ? Buffer.from(base64, 'base64')
          : json['data'],
      );
    },
  );
});
