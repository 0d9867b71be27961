import { describe, expect, it } from '@jest/globals';
import { readBulk } from '../../../lib/protocol/bulk.js';
import { recordings } from '../../support/recordings.js';

const event = { specversion: '1.0', id: 'e', source: 's', type: 't', data: 1 };
const EVENT = 'application/cloudevents+json';

function recorded(name: string): unknown {
  const one = recordings('bulk').find((recording) => recording.name === name);
  return JSON.parse(one?.request.body ?? '');
}

describe('a bulk delivery', () => {
  it('of daprd has an event for each entry, decoded by its content type [H7]', () => {
    const { entries, broken } = readBulk(recorded('bulk delivery 1 from red'));
    expect(broken).toEqual([]);
    expect(entries.map(({ data }) => data)).toEqual([
      'two',
      { n: 1 },
      { n: 4 },
      Buffer.from([3, 255]),
    ]);
    expect(entries[2]).toMatchObject({
      entryId: '0b9b0ca7-8a12-4685-b10b-8e96dbb02570',
      event: { id: 'b4', source: 's', type: 't', topic: 'bk' },
      contentType: EVENT,
      metadata: { k: 'v' },
    });
  });

  it('of daprd has raw messages as their bytes [H7]', () => {
    const { entries } = readBulk(
      recorded('bulk delivery of a raw payload from red'),
    );
    expect(entries).toHaveLength(1);
    expect(entries[0]?.data).toEqual(Buffer.from('rawtext'));
    expect(entries[0]?.event).toMatchObject({ id: '', specversion: '' });
  });

  it.each<[string, unknown, unknown]>([
    ['application/json', { a: 1 }, { a: 1 }],
    ['application/vnd.shop+json', [0], [0]],
    ['text/plain; charset=utf-8', 'grüße', 'grüße'],
    ['application/xml', '<a/>', '<a/>'],
    ['application/octet-stream', '//4AgA==', Buffer.from('fffe0080', 'hex')],
    ['image/png', '', Buffer.alloc(0)],
  ])('reads an entry of %s [H7]', (contentType, sent, data) => {
    const { entries } = readBulk({
      entries: [{ entryId: '1', event: sent, contentType }],
    });
    expect(entries[0]?.data).toEqual(data);
  });

  it('without content types is read by what the entries are [H7]', () => {
    const { entries } = readBulk({
      entries: [
        { entryId: '1', event },
        { entryId: '2', event: 'AAE=' },
      ],
    });
    expect(entries.map(({ data }) => data)).toEqual([1, Buffer.from([0, 1])]);
  });

  it.each<[string, object]>([
    ['an event that is text', { event: 'x', contentType: EVENT }],
    ['an event that is missing', { contentType: EVENT }],
    [
      'an event without the JSON it claims',
      {
        event: {
          ...event,
          data_base64: 'e29vcHM=',
          datacontenttype: 'application/json',
        },
        contentType: EVENT,
      },
    ],
    ['bytes that are no base64', { event: '%', contentType: 'image/png' }],
    ['bytes that are a number', { event: 1, contentType: 'image/png' }],
  ])('with %s is read but for that entry [H7]', (_what, entry) => {
    const { entries, broken } = readBulk({
      entries: [
        { entryId: 'bad', ...entry },
        { entryId: 'good', event, contentType: EVENT },
      ],
    });
    expect(broken.map(({ entryId }) => entryId)).toEqual(['bad']);
    expect(entries.map(({ entryId }) => entryId)).toEqual(['good']);
  });

  it('leaves out entries that no answer could name', () => {
    const entries = [null, 1, { event }, { entryId: 1, event }];
    expect(readBulk({ entries })).toEqual({ entries: [], broken: [] });
  });

  it.each([[null], [[]], ['x'], [{}], [{ entries: {} }], [event]])(
    'is not %j',
    (json) => {
      expect(() => readBulk(json)).toThrow('must have a list of entries');
    },
  );
});
