import { describe, expect, it } from '@jest/globals';
import { DecodeError } from '../../../../lib/sidecar/http/decode-error.js';
import { decodeProtoJson } from '../../../../lib/sidecar/http/proto-json.js';

const FIELDS = {
  text: 'string',
  optionalText: 'string?',
  count: 'int32',
  size: 'uint32?',
  share: 'double?',
  flag: 'bool?',
  wait: 'duration?',
  any: 'value?',
  object: 'struct?',
  names: { list: 'string' },
  labels: { map: 'string' },
  part: { message: { name: 'string' } },
  parts: { list: { message: { name: 'string' } } },
  choice: {
    message: { one: { message: {} }, other: 'string?' },
    oneof: 'pkg.Message.choice',
  },
} as const;

const EMPTY = { text: '', count: 0, names: [], labels: {}, parts: [] };
const decode = (text: string): object =>
  JSON.parse(
    JSON.stringify(decodeProtoJson(Buffer.from(text), FIELDS)),
  ) as object;

describe('a message in protobuf’s JSON', () => {
  it.each<[string, object]>([
    ['', {}],
    [' {} ', {}],
    ['{"text":"a","optional_text":"b"}', { text: 'a', optionalText: 'b' }],
    ['{"count":"-3","size":4294967295}', { count: -3, size: 4_294_967_295 }],
    ['{"count":1e2,"size":1.0}', { count: 100, size: 1 }],
    ['{"share":"1.5","flag":false}', { share: 1.5, flag: false }],
    ['{"wait":"1.5s"}', { wait: 1500 }],
    ['{"any":null,"text":null,"part":null,"names":null}', { any: null }],
    ['{"any":[1,{"a":"\\u00e4"}]}', { any: [1, { a: 'ä' }] }],
    ['{"object":{"a":null}}', { object: { a: null } }],
    ['{"names":["a","b"]}', { names: ['a', 'b'] }],
    ['{"labels":{"a":"b"}}', { labels: { a: 'b' } }],
    [
      '{"part":{"name":"a"},"parts":[{},{"name":"b"}]}',
      { part: { name: 'a' }, parts: [{ name: '' }, { name: 'b' }] },
    ],
    ['{"choice":{"one":null,"other":"x"}}', { choice: { other: 'x' } }],
    ['{"unknown":{"a":[1,"}"]},"text":"a"}', { text: 'a' }],
  ])('%s is read', (text, values) => {
    expect(decode(text)).toEqual({ ...EMPTY, ...values });
  });

  it.each<[string, string]>([
    ['[]', 'syntax error (line 1:1): unexpected token ['],
    ['{', 'unexpected EOF'],
    ['{"text"', 'unexpected EOF'],
    ['{"text":"a"} {', 'syntax error (line 1:14): unexpected token {'],
    ['{\n  "text": tru }', 'syntax error (line 2:11): invalid value tru'],
    ['{text:1}', 'syntax error (line 1:2): invalid value text'],
    ['{"text" "a"}', 'syntax error (line 1:9): unexpected token "a"'],
    ['{"text":"a" "b"}', 'syntax error (line 1:13): unexpected token "b"'],
    ['{"text":1}', '(line 1:9): invalid value for string field text: 1'],
    [
      '{"count":2147483648}',
      '(line 1:10): invalid value for int32 field count: 2147483648',
    ],
    ['{"size":-1}', '(line 1:9): invalid value for uint32 field size: -1'],
    ['{"size":""}', '(line 1:9): invalid value for uint32 field size: ""'],
    [
      '{"flag":"true"}',
      '(line 1:9): invalid value for bool field flag: "true"',
    ],
    ['{"wait":5}', 'syntax error (line 1:9): unexpected token 5'],
    ['{"wait":"5"}', '(line 1:9): invalid google.protobuf.Duration value "5"'],
    ['{"object":[]}', 'syntax error (line 1:11): unexpected token ['],
    ['{"names":{}}', 'syntax error (line 1:10): unexpected token {'],
    [
      '{"labels":{"a":1}}',
      '(line 1:16): invalid value for string field value: 1',
    ],
    ['{"any":1e999}', '(line 1:8): invalid google.protobuf.Value: 1e999'],
    ['{"text":"a","text":"b"}', '(line 1:13): duplicate field "text"'],
    [
      '{"choice":{"other":"a","one":{}}}',
      '(line 1:24): error parsing "one", oneof pkg.Message.choice is already set',
    ],
  ])('%s is refused', (text, problem) => {
    expect(() => decode(text)).toThrow(DecodeError);
    expect(() => decode(text)).toThrow(`proto: ${problem}`);
  });
});
