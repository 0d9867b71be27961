import { describe, expect, it } from '@jest/globals';
import {
  anyOfJson,
  EMPTY_VALUE,
  jsonOfAny,
} from '../../../lib/protocol/any-value.js';
import { valueJson } from '../../../lib/protocol/value-json.js';
import { VALUE_TYPE } from '../../../lib/protocol/job.js';

describe('JSON in an Any', () => {
  it.each([
    'null',
    'true',
    '0',
    '-1.5e+21',
    '9007199254740991',
    '""',
    '"grüße<&>\u2028"',
    '[]',
    '{}',
    '[1,"a",null,[{}],{"x":null}]',
    '{"a":{"b":[false]},"c":""}',
  ])('keeps %s', (json) => {
    const any = anyOfJson(json);
    expect(any.typeUrl).toBe(VALUE_TYPE);
    expect(jsonOfAny(any)).toEqual(JSON.parse(json));
  });

  it('is the same as daprd’s', () => {
    expect(anyOfJson('{"a":1}').value.toString('base64')).toBe(
      'KhAKDgoBYRIJEQAAAAAAAPA/',
    );
  });

  it('is nothing where nothing is set', () => {
    expect(jsonOfAny(EMPTY_VALUE)).toBeUndefined();
  });
});

describe('the JSON of a Value', () => {
  it('has its keys in order, and escapes no more than it must', () => {
    expect(valueJson({ b: [{ d: 1, c: '<>&' }], a: null })).toBe(
      '{"a":null,"b":[{"c":"<>&","d":1}]}',
    );
  });
});
