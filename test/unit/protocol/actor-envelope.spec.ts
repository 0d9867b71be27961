import { describe, expect, it } from '@jest/globals';
import {
  errorEnvelope,
  isEnvelope,
  resultEnvelope,
  scheduledData,
} from '../../../lib/protocol/actor-envelope.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('the envelope of an actor answer', () => {
  it('has no result where the method returned nothing', () => {
    expect(resultEnvelope(undefined)).toBe('{"x-nestjs-dapr":1}');
    expect(resultEnvelope(null)).toBe('{"x-nestjs-dapr":1,"result":null}');
    expect(resultEnvelope({ a: 1 })).toBe(
      '{"x-nestjs-dapr":1,"result":{"a":1}}',
    );
  });

  it('is known by its mark', () => {
    expect(isEnvelope(JSON.parse(resultEnvelope(1)))).toBe(true);
    expect(
      isEnvelope(JSON.parse(errorEnvelope({ name: 'E', message: 'm' }))),
    ).toBe(true);
    for (const other of [null, 1, 'x', {}, { 'x-nestjs-dapr': '1' }, []])
      expect(isEnvelope(other)).toBe(false);
  });

  it('is taken off data that comes back as base64, and nothing else is touched', () => {
    expect(scheduledData(base64(resultEnvelope([1])))).toEqual([1]);
    const later = '{"x-nestjs-dapr":2,"result":[1],"more":true}';
    expect(scheduledData(base64(later))).toEqual([1]);
    for (const data of [
      undefined,
      null,
      { 'x-nestjs-dapr': 1 },
      'text',
      base64('text'),
      base64('{"x-nestjs-dapr":broken'),
      base64('{"x-nestjs-dapr-more":1}'),
      base64(resultEnvelope(undefined)),
    ])
      expect(scheduledData(data)).toBe(data);
  });
});
