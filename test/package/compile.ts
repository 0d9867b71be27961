import { resolve } from 'node:path';
import ts from 'typescript';

/** Text of files that are not on disk, by path relative to the repository. */
export type VirtualFiles = Readonly<Record<string, string>>;

/** The compiler options of this repository, or of the given tsconfig text. */
export function compilerOptions(tsconfig?: string): ts.CompilerOptions {
  const config = tsconfig
    ? ts.parseConfigFileTextToJson('tsconfig.json', tsconfig)
    : ts.readConfigFile('tsconfig.json', (file) => ts.sys.readFile(file));
  return ts.parseJsonConfigFileContent(config.config, ts.sys, process.cwd())
    .options;
}

/** A program over files that are not on disk and all that they import. */
export function programOf(
  files: VirtualFiles,
  options: ts.CompilerOptions,
): ts.Program {
  const texts = new Map(
    Object.entries(files).map(([file, text]) => [resolve(file), text]),
  );
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (file) => texts.has(file) || disk.fileExists(file),
    readFile: (file) => texts.get(file) ?? disk.readFile(file),
    getSourceFile: (file, settings, ...rest) => {
      const text = texts.get(file);
      return text === undefined
        ? disk.getSourceFile(file, settings, ...rest)
        : ts.createSourceFile(file, text, settings);
    },
  };
  const roots = [...texts.keys()].filter((file) => file.endsWith('.ts'));
  return ts.createProgram(
    roots,
    { ...options, moduleDetection: ts.ModuleDetectionKind.Force },
    host,
  );
}

/** What the compiler says against the root files of a program, as `file:line: message`. */
export function errorsOf(program: ts.Program): string[] {
  const roots = program.getRootFileNames().map((file) => resolve(file));
  const folder = `${process.cwd()}/`;
  return [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...roots.flatMap((file) => {
      const source = program.getSourceFile(file);
      return [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ];
    }),
  ].map(({ file, start = 0, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, ' ');
    if (!file) return message;
    const { line } = file.getLineAndCharacterOfPosition(start);
    return `${file.fileName.replace(folder, '')}:${line + 1}: ${message}`;
  });
}
