import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compilerOptions, errorsOf, programOf } from '../package/compile.js';
import { blocksOf } from './blocks.js';

const blocks = Object.fromEntries(
  pages()
    .flatMap(blocksOf)
    .map(({ file, text }) => [file, text]),
);

/** `nest new` writes these: https://github.com/nestjs/schematics */
const templates = 'node_modules/@nestjs/schematics/dist/lib/application/files';

describe('the TypeScript of the documentation', () => {
  it('compiles, every block on its own', () => {
    expect(errorsOf(programOf(blocks, compilerOptions()))).toEqual([]);
  });

  it("compiles, in the README's first example, under the settings of a new Nest app [I1]", () => {
    const [example = ''] = Object.entries(blocks)
      .filter(([file]) => file.startsWith('README.'))
      .map(([, text]) => text);
    const tsconfig = readFileSync(
      `${templates}/ts-esm/tsconfig.json`,
      'utf8',
    ).replace('<%= strict %>', 'true');
    const options = {
      ...compilerOptions(tsconfig),
      paths: compilerOptions().paths ?? {},
      types: ['node'],
      incremental: false,
    };
    expect(example).toContain('DaprModule.forRoot()');
    expect(errorsOf(programOf({ 'main.ts': example }, options))).toEqual([]);
  });
});

describe('the links of the documentation', () => {
  it('lead to files that are there', () => {
    const broken = pages().flatMap((page) =>
      linksOf(page)
        .filter((link) => !existsSync(join(dirname(page), link)))
        .map((link) => `${page} links to ${link}`),
    );
    expect(broken).toEqual([]);
  });
});

function pages(): string[] {
  return ['.', 'docs', ...samples()]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder).map((file) =>
        folder === '.' ? file : `${folder}/${file}`,
      ),
    )
    .filter((file) => file.endsWith('.md'));
}

function samples(): string[] {
  return readdirSync('sample').map((name) => `sample/${name}`);
}

/** Links to files, without their anchors. */
function linksOf(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#\s]+)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^\w+:/.test(link));
}
