import { describe, expect, it } from '@jest/globals';
import {
  decodeLenient,
  decodePayload,
  encodePayload,
  PayloadError,
  toJson,
} from '../../../lib/protocol/payload.js';

class Money {
  readonly currency: string;
  readonly amount: number;
  readonly at: Date | undefined;
  readonly #secret = 1;

  constructor(amount: number, at?: Date) {
    this.currency = 'EUR';
    this.amount = amount;
    this.at = at;
  }

  get secret(): number {
    return this.#secret;
  }
}

class Masked {
  constructor(readonly number: string) {}

  toJSON(): unknown {
    return { last: this.number.slice(-2), tags: new Set(['a']) };
  }
}

const DAY = new Date('2026-11-20T14:00:00.000Z');
const BYTES = new Uint8Array([9, 9, 1, 2, 3, 4, 5, 6, 9]).subarray(2, 8);

describe('a value as JSON', () => {
  it.each<[string, unknown, string]>([
    ['a class instance', new Money(1), '{"currency":"EUR","amount":1}'],
    ['a Date', DAY, '"2026-11-20T14:00:00.000Z"'],
    ['a Map', new Map([['a', 1]]), '{"a":1}'],
    ['a Map with numbers as keys', new Map([[2, 'b']]), '{"2":"b"}'],
    ['a Set', new Set([1, 'a']), '[1,"a"]'],
    [
      'a nested DTO',
      { m: new Map([['x', new Money(1, DAY)]]), s: [new Set([DAY])] },
      '{"m":{"x":{"currency":"EUR","amount":1,"at":"2026-11-20T14:00:00.000Z"}},"s":[["2026-11-20T14:00:00.000Z"]]}',
    ],
    [
      'an instance with toJSON',
      [new Masked('1234')],
      '[{"last":"34","tags":["a"]}]',
    ],
    ['a URL', { url: new URL('http://a.test/') }, '{"url":"http://a.test/"}'],
    ['a boxed number', { n: Object(5) as unknown }, '{"n":5}'],
    ['an object without prototype', Object.create(null), '{}'],
  ])('keeps what %s holds [C1]', (_, value, json) => {
    expect(toJson(value)).toBe(json);
  });

  it.each<[unknown, string]>([
    [0, '0'],
    [false, 'false'],
    ['', '""'],
    [null, 'null'],
    ['123', '"123"'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    [1.5e-7, '1.5e-7'],
    [[], '[]'],
    [{}, '{}'],
  ])('is the value itself: %j [C5]', (value, json) => {
    expect(toJson(value)).toBe(json);
  });

  it('leaves undefined members and functions out [A8]', () => {
    expect(toJson({ a: undefined, b: () => 1, c: 1 })).toBe('{"c":1}');
    expect(toJson({ m: new Map(), a: undefined, c: 1 })).toBe('{"m":{},"c":1}');
  });

  it('holds nested bytes as base64 [A8]', () => {
    expect(
      toJson({
        buffer: Buffer.from('hello'),
        view: BYTES,
        words: new Uint16Array([258]),
        data: new DataView(BYTES.buffer, 2, 2),
        array: new Uint8Array([1]).buffer,
      }),
    ).toBe(
      '{"buffer":"aGVsbG8=","view":"AQIDBAUG","words":"AgE=","data":"AQI=","array":"AQ=="}',
    );
  });

  it('takes an object twice', () => {
    const shared = { m: new Map([['a', 1]]) };
    expect(toJson([shared, shared])).toBe('[{"m":{"a":1}},{"m":{"a":1}}]');
  });

  it('keeps a key named __proto__ a key', () => {
    const value: unknown = JSON.parse('{"__proto__":{"a":1}}');
    expect(toJson([value, new Set()])).toBe('[{"__proto__":{"a":1}},[]]');
  });

  it('goes as deep as the value', () => {
    let value: unknown = new Map([['end', 1]]);
    for (let depth = 0; depth < 300; depth++) value = [value];
    expect(toJson(value)).toBe(`${'['.repeat(300)}{"end":1}${']'.repeat(300)}`);
  });

  const cycle: Record<string, unknown> = { a: [{}] };
  (cycle['a'] as Record<string, unknown>[])[0]!['back'] = cycle;

  it.each<[string, unknown, string]>([
    ['a BigInt', 1n, "the value is a BigInt, which JSON can't carry"],
    [
      'a nested BigInt',
      { items: [{}, { price: 1n }] },
      'items[1].price is a BigInt',
    ],
    ['a BigInt in a Map', { m: new Map([['k', 1n]]) }, 'm.k is a BigInt'],
    ['NaN', { a: NaN }, 'a is NaN'],
    ['Infinity', [Infinity], '[0] is Infinity'],
    [
      'an integer beyond 2^53',
      { id: 2 ** 53 },
      'id is an integer beyond 2^53, which Dapr would round',
    ],
    ['an invalid Date', { at: new Date(NaN) }, 'at is an invalid Date'],
    ['a Promise', { a: Promise.resolve(1) }, 'a is a Promise; await it first'],
    [
      'a ReadableStream',
      { a: new Blob(['x']).stream() },
      'a is a ReadableStream; read it first, or give a Readable (Readable.fromWeb) where one is taken',
    ],
    [
      'a Blob',
      new Blob(['x']),
      'the value is a Blob; give its bytes (await blob.arrayBuffer())',
    ],
    [
      'a File',
      [new File(['x'], 'x.txt')],
      '[0] is a File; give its bytes (await file.arrayBuffer())',
    ],
    [
      'URLSearchParams',
      new URLSearchParams({ a: 'b' }),
      'the value is URLSearchParams; give its text (String(parameters)), and say its content type where there is one',
    ],
    [
      'FormData',
      { form: new FormData() },
      'form is FormData, which is no JSON; give its fields (Object.fromEntries(form))',
    ],
    [
      'a Map with objects as keys',
      { m: new Map([[{}, 1]]) },
      'm is a Map with a key that is neither text nor number',
    ],
    ['a cycle', cycle, 'a[0].back is an object that holds itself'],
    ['undefined', undefined, 'undefined has no JSON form'],
    ['a function', () => 1, 'function has no JSON form'],
    ['a symbol', Symbol('s'), 'symbol has no JSON form'],
  ])('refuses %s in words that say where it is [A8]', (_, value, message) => {
    expect(() => toJson(value)).toThrow(PayloadError);
    expect(() => toJson(value)).toThrow(message);
  });
});

describe('a value as a body', () => {
  it.each<[string, unknown, string | undefined, string, string]>([
    ['an object', { a: 1 }, undefined, '{"a":1}', 'application/json'],
    [
      'a class instance',
      new Money(1),
      undefined,
      '{"currency":"EUR","amount":1}',
      'application/json',
    ],
    [
      'a Date',
      DAY,
      undefined,
      '"2026-11-20T14:00:00.000Z"',
      'application/json',
    ],
    ['a Map', new Map([['a', 1]]), undefined, '{"a":1}', 'application/json'],
    [
      'an object of a vendor type',
      { a: 1 },
      'application/vnd.acme+json',
      '{"a":1}',
      'application/vnd.acme+json',
    ],
    ['text', 'hello', undefined, 'hello', 'text/plain'],
    [
      'text of another type',
      '<a/>',
      'application/xml',
      '<a/>',
      'application/xml',
    ],
    [
      'text under a JSON type',
      'hi',
      'application/json; charset=utf-8',
      '"hi"',
      'application/json; charset=utf-8',
    ],
    [
      'an event written out',
      '{"id":"1"}',
      'application/cloudevents+json',
      '{"id":"1"}',
      'application/cloudevents+json',
    ],
  ])('is sent with its type: %s [C1]', (_, value, given, body, contentType) => {
    expect(encodePayload(value, given)).toEqual({ body, contentType });
  });

  it.each<[unknown, string]>([
    [0, '0'],
    [false, 'false'],
    [null, 'null'],
  ])('is sent as it is: %j [C5]', (value, body) => {
    const contentType = 'application/json';
    expect(encodePayload(value)).toEqual({ body, contentType });
  });

  it('is empty text for empty text, and none for undefined [C5]', () => {
    expect(encodePayload('')).toEqual({ body: '', contentType: 'text/plain' });
    expect(encodePayload(undefined)).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['a view over a larger buffer', BYTES],
    ['a Buffer', Buffer.from(BYTES)],
    ['an ArrayBuffer', Uint8Array.from(BYTES).buffer],
    ['a DataView', new DataView(BYTES.buffer, BYTES.byteOffset, 6)],
  ])('is exactly the bytes of %s [C2]', (_, value) => {
    const encoded = encodePayload(value);
    expect(encoded?.contentType).toBe('application/octet-stream');
    expect(encoded?.body).toEqual(Buffer.from([1, 2, 3, 4, 5, 6]));
    expect(encodePayload(value, 'image/png')?.contentType).toBe('image/png');
  });
});

describe('a body as a value', () => {
  it.each<[string, string, string | undefined, unknown]>([
    ['JSON', '{"a":1}', 'application/json', { a: 1 }],
    ['JSON with a charset', '[1]', 'Application/JSON; charset=utf-8', [1]],
    ['JSON behind a byte order mark', '\ufeff1', 'application/json', 1],
    ['a JSON primitive', 'false', 'application/json', false],
    ['vendor JSON', '"a"', 'application/problem+json', 'a'],
    ['text', '1', 'text/plain', '1'],
    ['XML', '<a/>', 'application/xml', '<a/>'],
    ['SVG', '<svg/>', 'image/svg+xml', '<svg/>'],
    ['a form', 'a=1&b=2', 'application/x-www-form-urlencoded', 'a=1&b=2'],
    ['JSON without a type', '{"a":1}', undefined, { a: 1 }],
    ['text without a type', 'grüß', undefined, 'grüß'],
    ['nothing under a JSON type', '', 'application/json', undefined],
    ['nothing without a type', '', undefined, undefined],
    ['empty text', '', 'text/plain', ''],
    ['no bytes', '', 'application/octet-stream', Buffer.alloc(0)],
  ])('is read by its type: %s [H6]', (_, body, contentType, value) => {
    expect(decodePayload(Buffer.from(body), contentType)).toEqual(value);
  });

  it.each(['application/octet-stream', 'image/png', undefined])(
    'stays bytes that are no text under the type %s [H6]',
    (contentType) => {
      const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
      expect(decodePayload(bytes, contentType)).toBe(bytes);
    },
  );

  it('is refused when it is not the JSON it claims to be, without a word of it', () => {
    const read = (): unknown =>
      decodePayload(Buffer.from('topsecret'), 'application/json');
    expect(read).toThrow(PayloadError);
    expect(read).toThrow(/^the body is not JSON, as its content type says$/);
  });

  it.each<[string, Buffer, unknown]>([
    ['JSON', Buffer.from('{"a":1}'), { a: 1 }],
    ['text', Buffer.from('hello'), 'hello'],
    ['nothing', Buffer.alloc(0), undefined],
    ['bytes', Buffer.from([0xff, 0x00]), Buffer.from([0xff, 0x00])],
  ])(
    'is read leniently where nothing true is known of it: %s',
    (_, body, value) => {
      expect(decodeLenient(body)).toEqual(value);
    },
  );
});
