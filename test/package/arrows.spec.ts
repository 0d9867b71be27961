import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { importsOfLibrary, type Import } from './imports.js';

const all = [
  'protocol',
  'errors',
  'contexts',
  'handlers',
  'client',
  'actors',
  'server',
];
/** What the files of a folder may import besides their own folder. The composition root is lib/ itself. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  errors: [],
  contexts: ['protocol', 'errors'],
  handlers: ['protocol', 'errors'],
  client: ['protocol', 'errors'],
  actors: ['client', 'contexts', 'protocol', 'errors'],
  server: all,
  sidecar: ['protocol', 'errors'],
  testing: ['sidecar', 'client', 'actors', 'server', 'dapr.module-definition'],
  cli: ['sidecar'],
  sdk: ['actors', 'client', 'protocol'],
};
/** What the types of a folder may be made of besides. */
const typeArrows: Readonly<Record<string, readonly string[]>> = {
  errors: ['protocol'],
  // The options of the module are what the test kit's `run` takes.
  testing: ['dapr.options'],
};

const imports = importsOfLibrary();

describe('the folders of the library', () => {
  it('import each other only along the arrows', () => {
    const against = imports.filter(
      ({ from, to, typeOnly }) =>
        to !== undefined &&
        !isRoot(from) &&
        folderOf(from) !== folderOf(to) &&
        !arrows[folderOf(from)]?.includes(folderOf(to)) &&
        !(typeOnly && typeArrows[folderOf(from)]?.includes(folderOf(to))),
    );
    expect(against.map(inWords)).toEqual([]);
  });

  it('never import an entry of the package', () => {
    const entries = ['index.ts', 'testing/index.ts', 'sdk/index.ts'];
    const against = imports.filter(
      ({ specifier, to }) =>
        specifier.startsWith('nestjs-dapr') ||
        (to !== undefined && entries.includes(to)),
    );
    expect(against.map(inWords)).toEqual([]);
  });

  it('meet the embedded sidecar only through a dynamic import and the test kit', () => {
    const against = imports.filter(
      ({ from, to, dynamic, typeOnly }) =>
        to !== undefined &&
        folderOf(to) === 'sidecar' &&
        isRoot(from) &&
        !dynamic &&
        !typeOnly,
    );
    expect(against.map(inWords)).toEqual([]);
  });
});

describe('the protocol and the embedded sidecar', () => {
  it('load neither Nest nor gRPC', () => {
    const loaded = filesLoadedBy((file) =>
      ['protocol', 'sidecar'].includes(folderOf(file)),
    );
    const against = imports.filter(
      ({ from, specifier, typeOnly, dynamic }) =>
        loaded.has(from) &&
        !typeOnly &&
        (specifier.startsWith('@nestjs/') ||
          (specifier.startsWith('@grpc/') && !dynamic)),
    );
    expect(against.map(inWords)).toEqual([]);
  });
});

describe('the packages that the library imports', () => {
  it('are dependencies or peers', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
      dependencies: object;
      peerDependencies: object;
    };
    const declared = [
      ...Object.keys(manifest.dependencies),
      ...Object.keys(manifest.peerDependencies),
    ];
    const against = imports.filter(
      ({ specifier, to }) =>
        to === undefined &&
        !specifier.startsWith('node:') &&
        !declared.includes(packageOf(specifier)),
    );
    expect(against.map(inWords)).toEqual([]);
  });

  it('are not the inner files of Nest', () => {
    const against = imports.filter(({ specifier }) =>
      /^@nestjs\/[^/]+\/./.test(specifier),
    );
    expect(against.map(inWords)).toEqual([]);
  });
});

/** `actors/runtime/turns.ts` lies in `actors`; `dapr.module.ts` in `dapr.module`. */
function folderOf(file: string): string {
  return file.includes('/')
    ? file.slice(0, file.indexOf('/'))
    : file.replace(/\.ts$/, '');
}

function isRoot(file: string): boolean {
  return !file.includes('/');
}

function packageOf(specifier: string): string {
  const [scope = '', name] = specifier.split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

/** The given files and every one that is evaluated with them. */
function filesLoadedBy(isStart: (file: string) => boolean): Set<string> {
  const loaded = new Set(
    imports.map(({ from }) => from).filter((file) => isStart(file)),
  );
  for (const file of loaded)
    for (const { from, to, typeOnly, dynamic } of imports)
      if (from === file && to !== undefined && !typeOnly && !dynamic)
        loaded.add(to);
  return loaded;
}

function inWords({ from, specifier }: Import): string {
  return `lib/${from} imports ${specifier}`;
}
