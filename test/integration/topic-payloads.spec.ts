import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { PubSubContext, Subscribe } from '../../lib/index.js';
import { call } from '../conformance/wire.js';
import { deliver } from '../support/delivery.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

const BYTES = Buffer.from('fffe0080', 'hex');
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

interface Message {
  readonly payload: unknown;
  readonly context: PubSubContext;
}

const received: Message[] = [];
const bare: unknown[] = [];

@Controller()
class Handlers {
  @Subscribe('pubsub', 'payloads')
  @Subscribe('pubsub', 'raw', { rawPayload: true })
  onMessage(@Payload() payload: unknown, @Ctx() context: PubSubContext): void {
    received.push({ payload, context });
  }

  @Subscribe('pubsub', 'bare')
  onBare(payload: unknown): void {
    bare.push(payload);
  }
}

class Line {
  constructor(
    readonly sku: string,
    readonly note?: string,
  ) {}
}

class Order {
  readonly placed = new Date('2026-01-02T03:04:05Z');
  readonly lines = [new Line('book'), new Line('pen', 'blue')];
  readonly prices = new Map([['book', 10]]);
  readonly #secret = 'not part of it';
  get secret(): string {
    return this.#secret;
  }
}

describe.each(platforms)('a payload on %s', (_platform, adapter) => {
  let nest: NestRun;

  beforeAll(async () => {
    nest = await runNest({ adapter: adapter(), controllers: [Handlers] });
  });
  afterAll(() => nest.close());
  beforeEach(() => {
    received.length = 0;
  });

  const next = async (): Promise<Message> => {
    await until(() => received.length > 0);
    return received.shift() as Message;
  };
  /** Publishes bytes as they stand and gives what the handler got. */
  const send = async (
    body: string | Buffer,
    contentType?: string,
    topic = 'payloads',
  ): Promise<Message> => {
    const path = `/v1.0/publish/pubsub/${topic}`;
    const headers = { ...(contentType && { 'content-type': contentType }) };
    const answer = await call(nest.sidecar, 'POST', path, body, headers);
    expect(answer.status).toBe(204);
    return next();
  };
  const sendEvent = (event: object): Promise<Message> =>
    send(JSON.stringify(event), 'application/cloudevents+json');

  it.each<[string, string, string, unknown]>([
    ['0', 'application/json', '0', 0],
    ['false', 'application/json', 'false', false],
    ['an empty string', 'application/json', '""', ''],
    ['null', 'application/json', 'null', null],
    ['a string', 'application/json', '"123"', '123'],
    ['an array', 'application/json', '[1,null,["x"]]', [1, null, ['x']]],
    ['an empty array', 'application/json', '[]', []],
    ['an object', 'application/json', '{"a":{"b":1}}', { a: { b: 1 } }],
    [
      'JSON with a charset',
      'application/json; charset=utf-8',
      '{"a":1}',
      { a: 1 },
    ],
    ['a vendor’s JSON', 'application/vnd.shop.order+json', '{"a":1}', { a: 1 }],
    ['a vendor’s 0', 'application/vnd.shop.order+json', '0', 0],
    ['text', 'text/plain', 'grüße', 'grüße'],
    ['text that looks like JSON', 'text/plain', '{"a":1}', '{"a":1}'],
    ['empty text', 'text/plain', '', ''],
    ['XML', 'application/xml', '<a>1</a>', '<a>1</a>'],
    ['a form', 'application/x-www-form-urlencoded', 'a=1&b=2', 'a=1&b=2'],
    ['what only claims to be JSON', 'application/json', '{oops', '{oops'],
  ])('of %s arrives as it was sent [H6]', async (_what, type, body, value) => {
    expect((await send(body, type)).payload).toStrictEqual(value);
  });

  it('of bytes arrives as a Buffer of the same bytes [H6]', async () => {
    const { payload } = await send(BYTES, 'application/octet-stream');
    expect(Buffer.isBuffer(payload)).toBe(true);
    expect(payload).toEqual(BYTES);
  });

  it('of no bytes at all arrives as an empty Buffer [H6]', async () => {
    const { payload } = await send('', 'application/octet-stream');
    expect(payload).toEqual(Buffer.alloc(0));
  });

  it('that an event does not have is undefined, and null where it says null [H6]', async () => {
    const event = { specversion: '1.0', id: '1', source: 's', type: 't' };
    expect((await sendEvent(event)).payload).toBeUndefined();
    expect((await sendEvent({ ...event, data: null })).payload).toBeNull();
  });

  it.each<[string, string | undefined, unknown]>([
    ['of no known type is a Buffer', undefined, Buffer.from('{"a":1}')],
    ['of an image is a Buffer', 'image/png', Buffer.from('{"a":1}')],
    ['of JSON is parsed', 'application/json', { a: 1 }],
    ['of text is a string', 'text/plain', '{"a":1}'],
  ])('of an event in base64 %s [H6]', async (_what, type, value) => {
    const { payload } = await sendEvent({
      specversion: '1.0',
      id: '1',
      source: 's',
      type: 't',
      data_base64: Buffer.from('{"a":1}').toString('base64'),
      ...(type && { datacontenttype: type }),
    });
    expect(payload).toStrictEqual(value);
  });

  it.each<[string, unknown]>([
    ['0', 0],
    ['false', false],
    ['an empty string', ''],
    ['null', null],
    ['an object', { a: [1] }],
    ['a string', 'grüße'],
    ['bytes', BYTES],
  ])(
    'of %s goes through client and handler unchanged [C5]',
    async (_what, value) => {
      await nest.client.pubsub.publish('pubsub', 'payloads', value);
      expect((await next()).payload).toStrictEqual(value);
    },
  );

  it('of a class with nested objects, dates and maps arrives as its JSON [C1]', async () => {
    await nest.client.pubsub.publish('pubsub', 'payloads', new Order());
    const { payload, context } = await next();
    expect(payload).toStrictEqual({
      placed: '2026-01-02T03:04:05.000Z',
      lines: [{ sku: 'book' }, { sku: 'pen', note: 'blue' }],
      prices: { book: 10 },
    });
    expect(context.event.datacontenttype).toBe('application/json');
  });

  it('of a view over a larger buffer arrives as the bytes of the view [C2]', async () => {
    const whole = Uint8Array.from([9, 9, 1, 2, 3, 4, 5, 6, 9, 9]);
    await nest.client.pubsub.publish(
      'pubsub',
      'payloads',
      whole.subarray(2, 8),
    );
    expect((await next()).payload).toEqual(Buffer.from([1, 2, 3, 4, 5, 6]));
  });

  describe('without an envelope', () => {
    const publishRaw = (topic: string, data: unknown) =>
      nest.client.pubsub.publish('pubsub', topic, data, {
        metadata: { rawPayload: 'true' },
      });

    it.each<[string, object]>([
      ['an object', { b: 2, a: 1 }],
      ['an object with data of its own', { data: 1, id: 'x', type: 'y' }],
      ['an object whose specversion is no text', { specversion: 1 }],
    ])('is, for %s, the whole object [H6]', async (_what, object) => {
      await publishRaw('payloads', object);
      const { payload, context } = await next();
      expect(payload).toStrictEqual(object);
      expect(context.id).toBe('');
      expect(context.event.specversion).toBe('');
      expect(context.topic).toBe('payloads');
    });

    it.each<[string, unknown, Buffer]>([
      ['bytes', BYTES, BYTES],
      ['text', 'grüße', Buffer.from('grüße')],
      ['an object', { a: 1 }, Buffer.from('{"a":1}')],
      ['nothing', '', Buffer.alloc(0)],
    ])(
      'is, for %s on a raw topic, a Buffer of what was sent [H6]',
      async (_what, data, bytes) => {
        await publishRaw('raw', data);
        expect((await next()).payload).toEqual(bytes);
      },
    );

    it('is the bytes of the event where only the subscription is raw [H6]', async () => {
      await nest.client.pubsub.publish('pubsub', 'raw', { a: 1 });
      const { payload } = await next();
      const event: unknown = JSON.parse(String(payload));
      expect(event).toMatchObject({ specversion: '1.0', data: { a: 1 } });
    });
  });

  it('reaches an undecorated first parameter', async () => {
    await nest.client.pubsub.publish('pubsub', 'bare', { a: 1 });
    await until(() => bare.length > 0);
    expect(bare.shift()).toStrictEqual({ a: 1 });
  });

  it('comes with its event and what was published beside it', async () => {
    const { payload, context } = await sendEvent({
      specversion: '1.0',
      id: 'mine',
      source: 'test',
      type: 'order.placed',
      subject: 'o-1',
      time: '2024-01-01T00:00:00Z',
      datacontenttype: 'application/json',
      traceparent: TRACE,
      traceid: TRACE,
      tracestate: 'a=b',
      shop: 'berlin',
      data: { n: 1 },
    });
    expect(payload).toBe(context.event.data);
    expect(context).toMatchObject({
      pubsubName: 'pubsub',
      topic: 'payloads',
      id: 'mine',
      event: {
        id: 'mine',
        source: 'test',
        type: 'order.placed',
        specversion: '1.0',
        subject: 'o-1',
        time: '2024-01-01T00:00:00Z',
        datacontenttype: 'application/json',
        pubsubname: 'pubsub',
        topic: 'payloads',
        tracestate: 'a=b',
        data: { n: 1 },
      },
    });
    expect(context.event.extensions).toMatchObject({ shop: 'berlin' });
    expect(context.traceparent).toMatch(
      /^00-0af7651916cd43dd8448eb211c80319c-/,
    );
  });

  it('comes with the metadata of its publisher as headers', async () => {
    await nest.client.pubsub.publish('pubsub', 'payloads', 'x', {
      metadata: { tenant: 'Blue', 'cloudevent.subject': 'o-2' },
    });
    const { context } = await next();
    expect(context.headers).toMatchObject({
      tenant: 'Blue',
      pubsubname: 'pubsub',
    });
    expect(context.event.subject).toBe('o-2');
  });

  it.each<[string, string]>([
    ['broken JSON', '{oops'],
    ['an empty body', ''],
    ['an array', '[1]'],
    ['a string', '"x"'],
    ['null', 'null'],
    [
      'broken JSON in base64',
      `{"specversion":"1.0","datacontenttype":"application/json","data_base64":"${Buffer.from('{oops').toString('base64')}"}`,
    ],
  ])(
    'that can’t be read for %s reaches no handler and is answered 400 without a word of it',
    async (_what, body) => {
      const answer = await deliver(nest, 'payloads', body);
      expect(answer.status).toBe(400);
      expect(answer.text).not.toContain('oops');
      await nest.client.pubsub.publish('pubsub', 'payloads', 'sentinel');
      expect((await next()).payload).toBe('sentinel');
      expect(nest.log.all()).not.toContain('oops');
    },
  );
});
