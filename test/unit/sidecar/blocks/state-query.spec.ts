import { describe, expect, it } from '@jest/globals';
import {
  readQuery,
  runQuery,
} from '../../../../lib/sidecar/blocks/state-query.js';

const ROWS = [
  ['a', { n: 1, tag: 'x', deep: { yes: true } }],
  ['b', { n: 10, tag: 'y' }],
  ['c', { n: 2, tag: null }],
  ['d', 'no object'],
] as const;

const run = (query: object): { keys: string[]; token: string | undefined } => {
  const entries = ROWS.map(
    ([key, value]) =>
      [
        key,
        {
          value: Buffer.from(JSON.stringify(value)),
          isOpaque: false,
          etag: '1',
        },
      ] as const,
  );
  const { items, token } = runQuery(entries, readQuery(query));
  return { keys: items.map(({ key }) => key), token };
};

describe('a state query', () => {
  it.each<[object, string[]]>([
    [{}, ['a', 'b', 'c', 'd']],
    [{ filter: {} }, ['a', 'b', 'c', 'd']],
    [{ filter: { EQ: { n: 1 } } }, ['a']],
    [{ filter: { EQ: { n: '1' } } }, ['a']],
    [{ filter: { EQ: { 'deep.yes': true } } }, ['a']],
    [{ filter: { NEQ: { tag: 'x' } } }, ['b']],
    [{ filter: { GT: { n: 2 } } }, ['b']],
    [{ filter: { GTE: { n: 2 } } }, ['b', 'c']],
    [{ filter: { LT: { n: 2 } } }, ['a']],
    [{ filter: { LTE: { n: 2 } } }, ['a', 'c']],
    [{ filter: { IN: { tag: ['x', 'y'] } } }, ['a', 'b']],
    [{ filter: { AND: [{ GT: { n: 1 } }, { LT: { n: 10 } }] } }, ['c']],
    [{ filter: { OR: [{ EQ: { n: 1 } }, { EQ: { n: 2 } }] } }, ['a', 'c']],
    [{ filter: { EQ: { 'toString.name': 'x' } } }, []],
  ])('of %j finds %j', (query, keys) => {
    expect(run(query).keys).toEqual(keys);
  });

  it('sorts numbers as numbers, and takes one page after the other', () => {
    const filter = { GT: { n: 0 } };
    const sort = [{ key: 'n', order: 'DESC' }];
    expect(run({ filter, sort, page: { limit: 2 } })).toEqual({
      keys: ['b', 'c'],
      token: '2',
    });
    expect(run({ filter, sort, page: { limit: 2, token: '2' } })).toEqual({
      keys: ['a'],
      token: '3',
    });
  });

  it.each<[object, string]>([
    [{ filter: { LIKE: { n: 1 } } }, 'unsupported filter "LIKE"'],
    [
      { filter: { EQ: { n: 1 }, NEQ: { n: 2 } } },
      'filter unit must have a single element',
    ],
    [{ filter: { EQ: 1 } }, 'EQ filter must be a map'],
    [
      { filter: { EQ: { a: 1, b: 2 } } },
      'EQ filter must contain a single key/value pair',
    ],
    [{ filter: { IN: { a: 1 } } }, 'IN filter value must be an array'],
    [{ filter: { AND: {} } }, 'AND filter must be an array'],
    [
      { filter: { OR: [{ EQ: { a: 1 } }] } },
      'OR filter must contain at least two entries',
    ],
    [{ page: { token: 'x' } }, 'strconv.ParseInt: parsing "x": invalid syntax'],
  ])('of %j is refused', (query, message) => {
    expect(() => readQuery(query)).toThrow(message);
  });
});
