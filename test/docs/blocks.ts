import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { compilerOptions } from '../package/compile.js';

/** A block of TypeScript in a page of the documentation. */
export interface Block {
  /** Beside the page, so that a relative import means what a reader takes it for. */
  readonly file: string;
  /** Has the line numbers of the page, so that an error tells where it stands. */
  readonly text: string;
}

export function blocksOf(page: string): Block[] {
  const markdown = readFileSync(page, 'utf8');
  const fences = /^```(?:ts|typescript)\b.*\n([^]*?)^```$/gm;
  return [...markdown.matchAll(fences)].map(({ index, 1: text = '' }, n) => {
    const line = markdown.slice(0, index).split('\n').length;
    return {
      file: page.replace(/md$/, `${n}.ts`),
      text: '\n'.repeat(line) + text,
    };
  });
}

/** Runs a block and gives what it exports; it can import these modules and no others. */
export function exportsOf(
  { file, text }: Block,
  modules: Readonly<Record<string, object>>,
): Record<string, unknown> {
  const { outputText } = ts.transpileModule(text, {
    fileName: file,
    compilerOptions: {
      ...compilerOptions(),
      module: ts.ModuleKind.CommonJS,
      sourceMap: false,
    },
  });
  const load = (specifier: string): object => {
    const module = modules[specifier];
    if (module) return module;
    throw new Error(`${file} imports ${specifier}, which its spec must name`);
  };
  const exports = {};
  // In Jest's own realm, which node:vm would leave.
  // oxlint-disable-next-line typescript/no-implied-eval
  new Function('require', 'exports', outputText)(load, exports);
  return exports;
}
