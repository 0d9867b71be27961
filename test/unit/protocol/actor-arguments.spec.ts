import { describe, expect, it } from '@jest/globals';
import {
  decodeArguments,
  encodeArguments,
} from '../../../lib/protocol/actor-arguments.js';

const JSON_TYPE = { 'content-type': 'application/json' };

function roundTrip(
  args: unknown[],
  bare: 'single' | 'spread',
  sending: 'single' | 'spread' = 'single',
): unknown[] {
  const { body = '', headers } = encodeArguments(args, sending);
  const sent = { ...JSON_TYPE, 'x-nestjs-dapr': '1', ...headers };
  return decodeArguments(Buffer.from(body), sent, bare);
}

describe('the arguments of an actor method on the wire', () => {
  it('are an empty body, a bare value, or a marked array', () => {
    expect(encodeArguments([])).toEqual({ headers: {} });
    expect(encodeArguments(['a'])).toEqual({ body: '"a"', headers: {} });
    expect(encodeArguments([['a', 'b']])).toEqual({
      body: '["a","b"]',
      headers: {},
    });
    expect(encodeArguments(['a', 1])).toEqual({
      body: '["a",1]',
      headers: { 'x-nestjs-dapr-args': '2' },
    });
  });

  it.each([
    [[]],
    [[null]],
    [[[]]],
    [[undefined, 1]],
    [['a', undefined, null, [1]]],
    [[{ a: 1 }, 'b']],
  ])('come back as they were: %j', (args) => {
    expect(roundTrip(args, 'single')).toEqual(args);
    expect(roundTrip(args, 'spread')).toEqual(args);
    expect(roundTrip(args, 'single', 'spread')).toEqual(args);
    expect(roundTrip(args, 'spread', 'spread')).toEqual(args);
  });

  it('are always a marked array where they are to be spread', () => {
    expect(encodeArguments(['a'], 'spread')).toEqual({
      body: '["a"]',
      headers: { 'x-nestjs-dapr-args': '1' },
    });
    expect(encodeArguments([], 'spread')).toEqual({ headers: {} });
  });

  it('end before those that are undefined', () => {
    expect(roundTrip([undefined], 'single')).toEqual([]);
    expect(roundTrip(['a', undefined, undefined], 'single')).toEqual(['a']);
  });

  it('tell the places of those that are undefined in front of others', () => {
    expect(encodeArguments([undefined, 1, undefined, 2])).toEqual({
      body: '[null,1,null,2]',
      headers: { 'x-nestjs-dapr-args': '4;absent=0,2' },
    });
  });

  it('can not be made longer by a header that lies', () => {
    const headers = { 'x-nestjs-dapr-args': '2;absent=7,-1,x,0' };
    expect(decodeArguments(Buffer.from('[1]'), headers, 'single')).toEqual([
      undefined,
    ]);
  });
});
