import ts from 'typescript';
import { compilerOptions } from '../package/compile.js';

const CLASSES = [
  'AbstractActor',
  'ActorId',
  'ActorProxyBuilder',
  'DaprClient',
  'DaprServer',
];

/** Members of these classes that are no building blocks. */
const MACHINERY = ['options', 'client', 'daprClient', 'daprServer'];

/**
 * The names of the official SDK that code can hold: its exports, the public members of its main classes, and those of
 * their building blocks, such as `client.state`.
 */
export function namesOfSdk(): string[] {
  const file = 'node_modules/@dapr/dapr/index.d.ts';
  const program = ts.createProgram([file], compilerOptions());
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  const exported = module ? checker.getExportsOfModule(module) : [];
  const members = exported
    .filter(({ name }) => CLASSES.includes(name))
    .map((symbol) => checker.getAliasedSymbol(symbol))
    .flatMap((symbol) => membersOf(checker.getDeclaredTypeOfSymbol(symbol)));
  const ofBlocks = members
    .filter(({ name }) => !MACHINERY.includes(name))
    .flatMap((member) => membersOf(checker.getTypeOfSymbol(member)));
  const names = [...exported, ...members, ...ofBlocks].map(({ name }) => name);
  return [...new Set(names)].sort();
}

function membersOf(type: ts.Type): ts.Symbol[] {
  const isPublic = ({ valueDeclaration }: ts.Symbol): boolean =>
    valueDeclaration !== undefined &&
    !(ts.getCombinedModifierFlags(valueDeclaration) & ts.ModifierFlags.Private);
  return type.getProperties().filter(isPublic);
}
