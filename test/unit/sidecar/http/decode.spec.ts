import { describe, expect, it } from '@jest/globals';
import { DecodeError } from '../../../../lib/sidecar/http/decode-error.js';
import { decodeJson } from '../../../../lib/sidecar/http/decode.js';

const decode = (text: string): unknown => decodeJson(Buffer.from(text));

describe('decoding a body as daprd does', () => {
  it.each([
    ['', 'EOF'],
    [' ', 'EOF'],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['{x', "invalid character 'x' looking for beginning of object key string"],
    ['{', 'unexpected EOF'],
    ['[1', 'unexpected EOF'],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['{"a" 1', "invalid character '1' after object key"],
    ['{"a":}', "invalid character '}' looking for beginning of value"],
    ['{"a":1 "b"', "invalid character '\"' after object key:value pair"],
    [
      '{"a":1,}',
      "invalid character '}' looking for beginning of object key string",
    ],
    ['tru', 'unexpected EOF'],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['nulx', "invalid character 'x' in literal null (expecting 'l')"],
    ['"abc', 'unexpected EOF'],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\q"', "invalid character 'q' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['-', 'unexpected EOF'],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1e+x', "invalid character 'x' in exponent of numeric literal"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ['[1}', "invalid character '}' after array element"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
    ['\0', "invalid character '\\x00' looking for beginning of value"],
  ])('names what is wrong with %j', (text, message) => {
    expect(() => decode(text)).toThrow(new DecodeError(message));
  });

  it.each([
    [String.raw`"\ud800"`, '\ufffd'],
    [String.raw`"\uDC00\uD83D"`, '\ufffd\ufffd'],
    [String.raw`"\ud83d\ude00"`, '\u{1f600}'],
    [String.raw`"\\ud800"`, String.raw`\ud800`],
    [String.raw`"\\\ud800x"`, '\\\ufffdx'],
    [String.raw`{"\udfff":1}`, { '\ufffd': 1 }],
  ])('replaces halves of surrogate pairs: %s', (text, value) => {
    expect(decode(text)).toEqual(value);
  });

  it('refuses a number beyond a double, where any value may stand', () => {
    const any = (text: string) => decodeJson(Buffer.from(text), 'S.value');
    for (const text of ['1e400', '[-1E+309]', `{"a":1${'0'.repeat(400)}}`])
      expect(() => any(text)).toThrow(DecodeError);
    for (const text of ['1e308', '1e-400', '"1e400"', '["\\"",1e30]'])
      expect(any(text)).toEqual(JSON.parse(text));
    expect(decode('1e400')).toBe(Infinity);
  });

  it.each([
    ['{"a":1}x', { a: 1 }],
    ['1x', 1],
    ['01', 0],
    ['"a"b', 'a'],
    [' [1, {"b":null}] ]', [1, { b: null }]],
  ])('takes the first value of %j and leaves the rest', (text, value) => {
    expect(decode(text)).toEqual(value);
  });
});
