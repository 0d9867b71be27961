import { describe, expect, it } from '@jest/globals';
import { readErrorBody } from '../../../lib/protocol/error-codes.js';
import { recordings } from '../../support/recordings.js';

describe('the body of an error answer', () => {
  it.each<[string, string, unknown]>([
    [
      'an error of Dapr',
      '{"errorCode":"E","message":"m","details":[{"a":1}]}',
      { errorCode: 'E', message: 'm', details: [{ a: 1 }] },
    ],
    [
      'one without details',
      '{"errorCode":"E","message":"m"}',
      { errorCode: 'E', message: 'm' },
    ],
    ['a message alone', '{"message":"m"}', { message: 'm' }],
    [
      'members of other types',
      '{"errorCode":5,"message":null,"details":{}}',
      {},
    ],
    ['plain text', 'not found\n', { message: 'not found' }],
    ['other JSON', '[1]', {}],
    ['null', 'null', {}],
    ['nothing', '', {}],
  ])('tells what it holds: %s', (_, body, expected) => {
    expect(readErrorBody(body)).toEqual(expected);
  });

  it.each(
    ['publish', 'actors-api'].flatMap((topic) =>
      recordings(topic)
        .filter(({ response }) => response.status >= 400)
        .map((r) => [r.name, r.response.body!] as const),
    ),
  )('tells the code and message that a real daprd gave: %s', (_, body) => {
    expect(readErrorBody(body)).toEqual({
      ...(JSON.parse(body) as object),
      errorCode: expect.stringMatching(/^ERR_/),
      message: expect.any(String),
    });
  });
});
