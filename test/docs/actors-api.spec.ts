import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { titlesOf } from './spec-titles.js';

const PAGE = resolve('docs/actors-api.md');
const LINK = /\[([^\]]+)\]\((\.\.\/test\/[^)]+)\)/g;

const links = [...readFileSync(PAGE, 'utf8').matchAll(LINK)].map(
  ([, sentence = '', path = '']) => ({ sentence, path }),
);

describe('the page of the actor API', () => {
  it('has a spec for every row', () => {
    const rows = readFileSync(PAGE, 'utf8')
      .split('\n')
      .filter(
        (line) =>
          line.startsWith('| ') && !/^\| (-+|there|the page) /.test(line),
      );
    expect(rows.filter((row) => !row.includes('(../test/'))).toEqual([]);
  });

  it.each(links)('names a spec that runs: $sentence', ({ sentence, path }) => {
    expect(titlesOf(resolve('docs', path))).toContain(sentence);
  });
});
