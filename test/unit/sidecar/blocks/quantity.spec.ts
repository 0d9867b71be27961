import { describe, expect, it } from '@jest/globals';
import { parseQuantity } from '../../../../lib/sidecar/blocks/quantity.js';

describe('a quantity', () => {
  it.each([
    ['0', 0],
    ['1048576', 1048576],
    ['10Ki', 10240],
    ['1.5Mi', 1572864],
    ['5k', 5000],
    ['2G', 2e9],
    ['1e3', 1000],
    ['1E', 1e18],
    ['1500m', 2],
    ['-1', -1],
  ])('%s is %d', (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });

  it.each(['', 'x', '5K', '1 Mi', 'Mi', '1MB', '1.2.3'])(
    '%j is none',
    (text) => {
      expect(parseQuantity(text)).toBeUndefined();
    },
  );
});
