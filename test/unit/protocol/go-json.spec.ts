import { describe, expect, it } from '@jest/globals';
import { goJson, parseExactJson } from '../../../lib/protocol/go-json.js';

describe('JSON as Go writes it', () => {
  it.each<[unknown, string]>([
    [
      { z: 1, a: { c: 2, b: [3, null, true] } },
      '{"a":{"b":[3,null,true],"c":2},"z":1}',
    ],
    [{ 10: 'a', 9: 'b', B: 1, a: 2 }, '{"10":"a","9":"b","B":1,"a":2}'],
    ['<x>&', String.raw`"\u003cx\u003e\u0026"`],
    [{ '<': '\u2028\u2029' }, String.raw`{"\u003c":"\u2028\u2029"}`],
    ['"\\\n\u0000ü/', String.raw`"\"\\\n\u0000ü/"`],
    [{ '\udc00': 'a\ud83d' }, '{"\ufffd":"a\ufffd"}'],
    ['\u{1f600}', '"\u{1f600}"'],
    [{ a: undefined, b: 1.5 }, '{"b":1.5}'],
    [9007199254740993n, '9007199254740993'],
    [[undefined], '[null]'],
    [undefined, 'null'],
    [1e21, '1e+21'],
  ])('has its keys in order and its brackets escaped: %p', (value, json) => {
    expect(goJson(value)).toBe(json);
  });
});

describe('JSON that is only passed on', () => {
  it.each<[string, unknown]>([
    ['{"big":9007199254740993}', { big: 9007199254740993n }],
    [
      '[-9007199254740993, 9007199254740991]',
      [-9007199254740993n, 9007199254740991],
    ],
    [
      '{"9007199254740993":"9007199254740993"}',
      { '9007199254740993': '9007199254740993' },
    ],
    ['["a\\"9007199254740993"]', ['a"9007199254740993']],
    ['1234567890123456.5', 1234567890123456.5],
    ['{"a":1}', { a: 1 }],
  ])('keeps all digits of an integer: %s', (text, value) => {
    expect(parseExactJson(text)).toEqual(value);
  });

  it.each(['', '{oops', '90071992547409930 x'])('must be JSON: %j', (text) => {
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
  });
});
